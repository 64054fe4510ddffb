"""The source of Mail::DKIM, which carries the public ARC test suite (by ValiMail) and a collection of DKIM messages.

Fetched when a test first wants it, as a Debian source package by apt from the archive that the machine's own
sources name, checked against a pinned hash, and kept in `.cache/` below the project. Never a part of the project.
"""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.peers.corpus import CACHE

PACKAGE = "libmail-dkim-perl"
SUITE = "trixie"  # the release of Debian whose version is pinned here; nothing of it is installed
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
FILE = "libmail-dkim-perl_1.20240923.orig.tar.gz"
SHA256 = "45de46f5dc4d23bcb6ad6401759881dd43968eab20e73f6f79d9557467de20ee"
TOP = "Mail-DKIM-1.20240923/t/"


def fetch() -> Path:
    """Give the path of the source, fetched when it is not in the cache; OSError when it cannot be."""
    kept = CACHE / FILE
    if kept.exists():
        return kept
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        _apt_source(Path(folder))
        fetched = Path(folder, FILE)
        digest = hashlib.sha256(fetched.read_bytes()).hexdigest()
        if digest != SHA256:
            raise OSError(f"{FILE} has the hash {digest}, not the pinned one")
        fetched.replace(kept)
    return kept


def _apt_source(folder: Path) -> None:
    """Have apt fetch the upstream part of the source package into a folder, with lists of its own beside it."""
    for name in ("lists/partial", "archives/partial", "parts"):
        (folder / name).mkdir(parents=True)
    known = _run(
        folder, ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Origin: Debian"]
    ).splitlines()
    archives = [address for address in known if "security" not in address]
    if not archives:
        raise OSError("apt knows no Debian archive here: apt-get update first")
    (folder / "sources.list").write_text(f"deb-src [signed-by={KEYRING}] {archives[0]} {SUITE} main\n")
    options = [
        f"Dir::Etc::SourceList={folder}/sources.list",
        f"Dir::Etc::SourceParts={folder}/parts",
        f"Dir::State::Lists={folder}/lists",
        f"Dir::Cache={folder}",
        "APT::Sandbox::User=",
    ]
    apt = ["apt-get", "-qq", *[part for option in options for part in ("-o", option)]]
    _run(folder, [*apt, "update"])
    _run(folder, [*apt, "source", "--download-only", "--tar-only", PACKAGE])


def _run(folder: Path, command: list[str]) -> str:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=folder,
            timeout=300,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise OSError(f"{command[0]} took too long") from error
    if done.returncode:
        raise OSError(f"apt could not fetch the source of {PACKAGE}: {done.stderr.strip()[-300:]}")
    return done.stdout


class Source:
    """The files of the test folder, by their names below it."""

    def __init__(self, path: Path) -> None:
        with tarfile.open(path) as package:
            self.files = {
                member.name.removeprefix(TOP): package.extractfile(member).read()  # type: ignore[union-attr]
                for member in package
                if member.isfile() and member.name.startswith(TOP)
            }

    def scenarios(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the scenarios of one file of the ARC suite."""
        yield from yaml.safe_load_all(self.files[f"arc_test_suite/{name}"])

    def zone(self) -> dict[str, str]:
        """Give the records that the DKIM messages were made for."""
        lines = [line.split(None, 1) for line in self.files["FAKE_DNS.dat"].decode("latin-1").splitlines()]
        return {line[0]: line[1] for line in lines if len(line) == 2}


@pytest.fixture(scope="session")
def mail_dkim() -> Source:
    """Give the source."""
    try:
        return Source(fetch())
    except OSError as error:
        pytest.skip(str(error))
