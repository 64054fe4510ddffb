"""Messages in files: one to a file, many in an mbox file, a maildir, or a folder of files.

For verbs that learn from messages. A message longer than `LARGEST` is given as far as that.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

LARGEST: Final = 1 << 22
_MARK: Final = b"From "  # RFC 4155: the line before each message in an mbox file
_MAILDIR: Final = ("cur", "new")


def messages(path: Path) -> Iterator[bytes]:
    """Give the messages of a file or folder, in the order of its names. Raises OSError."""
    for file in _files(path):
        with file.open("rb") as opened:
            if opened.peek(len(_MARK)).startswith(_MARK):
                yield from _of_mbox(opened)
            else:
                yield opened.read(LARGEST)


def size(path: Path) -> int:
    """Give the octets that a file or folder holds. Raises OSError."""
    return sum([file.stat().st_size for file in _files(path)])


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    folders = [path / name for name in _MAILDIR if (path / name).is_dir()] or [path]
    for folder in folders:
        yield from sorted(
            file for file in folder.iterdir() if file.is_file() and not file.name.startswith(".")
        )


def _of_mbox(lines: BinaryIO) -> Iterator[bytes]:
    """Cut an mbox file at its marks; a mark begins a message at the begin and behind an empty line."""
    found: list[bytes] = []
    length, empty = 0, True
    for line in lines:
        if empty and line.startswith(_MARK):
            if found:
                yield b"".join(found)
            found, length = [], 0
        elif length < LARGEST:
            # What stood as "From " within a text was written ">From ", by more or fewer each time.
            found.append(line[1:] if line.startswith(b">From ") else line)
            length += len(line)
        empty = line in (b"\n", b"\r\n")
    if found:
        yield b"".join(found)
