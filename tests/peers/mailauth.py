"""The npm package mailauth, with DKIM, ARC and DMARC of its own kind: installed when a test first wants it.

By `npm install` from whatever registry npm is set up for, into `.cache/` below the project, never as a part of it.
It asks no DNS: the records it may know are handed over with the jobs.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.peers.corpus import CACHE

PACKAGE = "mailauth"
VERSION = "7.1.0"
SCRIPT = Path(__file__).with_suffix(".cjs")


def install() -> Path:
    """Give the folder that the package is installed in; OSError when it cannot be had."""
    kept = CACHE / f"{PACKAGE}-{VERSION}"
    if kept.exists():
        return kept
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        place = Path(folder, "place")
        place.mkdir()
        command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        done = subprocess.run(
            [*command, "--prefix", str(place), f"{PACKAGE}@{VERSION}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=place,
            timeout=300,
            check=False,
        )
        if done.returncode:
            said = (done.stderr or done.stdout).decode(errors="replace").strip()[-300:]
            raise OSError(f"npm could not install {PACKAGE}: {said}")
        try:
            place.rename(kept)
        except OSError:  # another test run was here first
            shutil.rmtree(place)
    return kept


def job(act: str, message: bytes, **options: Any) -> dict[str, Any]:
    """Make one job for `ask`."""
    return {"act": act, "message": base64.b64encode(message).decode(), "options": options}


def ask(folder: Path, records: Mapping[str, str], jobs: Sequence[dict[str, Any]]) -> list[Any]:
    """Have all jobs done by one process, and give the answers in their order."""
    done = subprocess.run(
        ["node", str(SCRIPT), str(folder)],
        input=json.dumps({"records": records, "jobs": jobs}).encode(),
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    answers = json.loads(done.stdout)
    assert len(answers) == len(jobs)
    return list(answers)


@pytest.fixture(scope="session")
def mailauth() -> Path:
    """Give the folder of the installed package."""
    try:
        return install()
    except OSError as error:
        pytest.skip(str(error))
