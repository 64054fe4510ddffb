"""The conformance suite of openspf.org for RFC 7208: scenarios, each a table of DNS records and cases.

It is carried by the source package of pyspf, fetched by pip from whatever index pip is set up for when a test first
wants it, checked against the hash that requirements/dev.txt has too, and kept in `.cache/` below the project.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.mailauth.spf.zone import TIMEOUT, Zone

VERSION = "2.0.14"
SHA256 = "57a7ef01bda090173aafb6af0106251686ed73f03db4e911fcd34c57fc347186"
FILE = f"pyspf-{VERSION}/test/rfc7208-tests.yml"
CACHE = Path(__file__).parents[3] / ".cache"


class Case(NamedTuple):
    """One case: `results` are those allowed, the preferred one first; `explanation` None is not looked at."""

    name: str
    scenario: str
    client: str
    helo: str
    reverse_path: str
    results: tuple[str, ...]
    explanation: str | None
    table: dict[str, Any]

    @property
    def zone(self) -> Zone:
        return Zone(self.table)


def fetch() -> Path:
    """Give the path of the source package, fetched when it is not in the cache; OSError when it cannot be."""
    kept = CACHE / f"pyspf-{VERSION}.tar.gz"
    if kept.exists():
        return kept
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        command = [
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "download",
            "--quiet",
            "--no-deps",
        ]
        command += ["--no-binary", "pyspf", "--dest", folder, f"pyspf=={VERSION}"]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False
            )
        except subprocess.TimeoutExpired as late:
            raise OSError(f"pip could not fetch pyspf in {late.timeout:.0f} seconds") from late
        if done.returncode:
            raise OSError(f"pip could not fetch pyspf: {done.stderr.strip()[-300:]}")
        (packed,) = Path(folder).glob("*.tar.gz")
        digest = hashlib.sha256(packed.read_bytes()).hexdigest()
        if digest != SHA256:
            raise OSError(f"pyspf {VERSION} has the hash {digest}, not the pinned one")
        # Several test runs may come here at once: the last one wins, all have the same octets.
        packed.replace(kept)
    return kept


def cases() -> list[Case]:
    """Read all cases. Raises OSError when the package cannot be fetched."""
    with tarfile.open(fetch()) as package:
        file = package.extractfile(FILE)
        assert file is not None
        scenarios = list(yaml.safe_load_all(file))
    return [
        Case(
            name,
            scenario["description"],
            case["host"],
            case["helo"],
            case["mailfrom"],
            tuple([case["result"]] if isinstance(case["result"], str) else case["result"]),
            case.get("explanation"),
            _table(scenario["zonedata"]),
        )
        for scenario in scenarios
        for name, case in scenario["tests"].items()
    ]


def _table(zonedata: dict[str, list[Any]]) -> dict[str, Any]:
    """Turn the suite's zone data into a table: lists of one-entry maps, or the word TIMEOUT.

    Records marked "SPF" are those of TXT too, as long as the name has no TXT records of its own ("NONE" among them):
    the suite was written when SPF was a type. TIMEOUT is what any kind gets that has no records.
    """
    table: dict[str, Any] = {}
    for name, entries in zonedata.items():
        records: dict[str, list[str]] = {}
        for entry in entries:
            if entry != TIMEOUT:
                ((kind, value),) = entry.items()
                records.setdefault(kind, []).append(_presented(kind, value))
        spf = records.pop("SPF", [])
        if "TXT" not in records and spf:
            records["TXT"] = spf
        records["TXT"] = [text for text in records.get("TXT", []) if text != "NONE"]
        if TIMEOUT in entries:
            kinds = ("A", "AAAA", "MX", "PTR", "TXT")
            table[name] = {kind: records.get(kind) or TIMEOUT for kind in kinds}
        else:
            table[name] = records
    return table


def _presented(kind: str, value: Any) -> str:
    """Give a record as `mail.dns.Answer` has it."""
    if kind == "MX":
        return f"{value[0]} {value[1].lower().removesuffix('.')}"
    if kind in ("TXT", "SPF"):
        return value if isinstance(value, str) else "".join(value)
    return value.lower().removesuffix(".") if kind == "PTR" else value
