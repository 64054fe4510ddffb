"""The project speaks of itself alone: no machine it was written on, no place packages come from."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]

# Written so that none of them matches itself.
FORBIDDEN = {
    "an address of a package registry": r"https?://[^ \"]*(pypi|pythonhosted|npm|/simple/|mirror|proxy)",
    "a path of some machine": r"(^|[^A-Za-z0-9_.])/(work|farm|root|home)/|/tmp/[s]etup",
    "a place that is not the project": r"farm-(bench|studio)|\bCEO\b",
    "an author that is not a person": r"(?i)coding[ ]assistant|language[ ]model",
}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, timeout=30, check=True)
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_holds_what_is_not_the_projects_own() -> None:
    found = []
    for path in tracked():
        octets = path.read_bytes()
        if b"\0" in octets:
            continue
        for number, line in enumerate(octets.decode(errors="replace").splitlines(), 1):
            found += [
                f"{path.relative_to(ROOT)}:{number} holds {what}"
                for what, pattern in FORBIDDEN.items()
                if re.search(pattern, line)
            ]
    assert found == []


def test_the_requirements_hold_names_versions_and_hashes_only() -> None:
    line = re.compile(r"[a-z0-9-]+==[0-9a-z.]+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    for path in (ROOT / "requirements").glob("*.txt"):
        odd = [text for text in path.read_text().splitlines() if not line.fullmatch(text)]
        assert odd == [], path.name
