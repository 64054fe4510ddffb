"""The form of the log in segment files: frames, each the durable step of one batch.

A segment file begins with a magic and a random salt; then frame follows frame. A frame is a header, the entries,
and the contents back to back. A crc over all of it makes a frame whole or nothing; the salt in each header keeps
what an earlier use of the same space left behind from being taken for frames of this file. Knows nothing of
rows, nor of where files begin and end their lives.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final
from zlib import crc32

import msgspec
from msgspec import Struct

from gatepost.spool.interface import Message

_FILE_MAGIC: Final = b"gp-log-1"
_FRAME_MAGIC: Final = b"GPfr"
SALT: Final = 8
FILE_HEADER: Final = len(_FILE_MAGIC) + SALT
_START: Final = struct.Struct("<4s8sQI")  # magic, salt, octets after the header, of these the entries
HEADER: Final = _START.size + 4
_PIECE: Final = (
    5 << 10
)  # above it crc32 lets go of the interpreter lock, and a busy event loop takes its time
_READ: Final = 1 << 20


class Entry(Struct, frozen=True, array_like=True, gc=False):
    """One content of a frame: of a message, or (no `message`) of one that rows name, or will.

    `length` octets stand in the frame, unless `file` names a file of its own that has them; then `head` is the
    octets before them.
    """

    length: int
    message: Message | None = None
    file: str = ""
    head: bytes = b""


class Frame(Struct, frozen=True, gc=False):
    """A whole frame: the ids that are done, the entries, where the first content begins, where the frame ends."""

    done: list[str]
    entries: list[Entry]
    contents: int
    end: int


encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[list[str], list[Entry]]).decode


def file_header(salt: bytes) -> bytes:
    """Give the first octets of a segment file."""
    return _FILE_MAGIC + salt


def frame_header(salt: bytes, entries: bytes, contents: Sequence[bytes]) -> bytes:
    """Give the first octets of a frame, before its encoded entries and its contents."""
    start = _START.pack(_FRAME_MAGIC, salt, len(entries) + sum(map(len, contents)), len(entries))
    crc = _crc(entries, crc32(start))
    for content in contents:
        crc = crc32(content, crc) if len(content) <= _PIECE else _crc(content, crc)
    return start + crc.to_bytes(4, "little")


def frames(path: Path, start: int) -> Iterator[Frame]:
    """Read the whole frames from `start` on, up to the first that is not. Raises OSError."""
    with path.open("rb", buffering=0) as source:
        fd = source.fileno()
        size = os.fstat(fd).st_size
        header = os.pread(fd, FILE_HEADER, 0)
        if len(header) < FILE_HEADER or not header.startswith(_FILE_MAGIC):
            return
        salt = header[len(_FILE_MAGIC) :]
        at = max(start, FILE_HEADER)
        while (frame := _frame(fd, at, size, salt)) is not None:
            yield frame
            at = frame.end


def _frame(fd: int, at: int, size: int, salt: bytes) -> Frame | None:
    header = os.pread(fd, HEADER, at)
    if len(header) < HEADER:
        return None
    magic, found, octets, encoded = _START.unpack_from(header)
    contents = at + HEADER + encoded
    end = at + HEADER + octets
    if magic != _FRAME_MAGIC or found != salt or encoded > octets or end > size:
        return None
    entries = os.pread(fd, encoded, at + HEADER)
    crc = crc32(entries, crc32(header[: _START.size]))
    for start in range(contents, end, _READ):
        crc = crc32(os.pread(fd, min(_READ, end - start), start), crc)
    if crc.to_bytes(4, "little") != header[_START.size :]:
        return None
    done, listed = _decode(entries)
    return Frame(done, listed, contents, end)


def _crc(octets: bytes, crc: int) -> int:
    view = memoryview(octets)
    for at in range(0, len(octets), _PIECE):
        crc = crc32(view[at : at + _PIECE], crc)
    return crc
