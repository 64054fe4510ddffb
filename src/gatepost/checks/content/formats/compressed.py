"""Files that are one file, compressed: gzip, bzip2, xz, lzma, zstd, lz4 and compress (.Z).

What comes out is one member. Programs that open such files join several streams that stand one behind the other, so
they are joined here; a stream that is damaged gives what there is.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Final

from gatepost.checks.content.formats import libarchive, streams
from gatepost.checks.content.formats.format import Budget, ExhaustedError, Member, Seen, Sight, Trait

_MAX_STREAMS: Final = 10_000
"""Streams that one file is made of; programs that write blocks of 64 KiB need a thousand for a large attachment."""
_UNNAMED: Final = "content"
_MAX_NAME: Final = 1024

_EXTRA, _NAME, _COMMENT, _HEADER_CRC = 4, 8, 16, 2  # bits of the flags of gzip (RFC 1952 section 2.3.1)


def gzip(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a gzip file (RFC 1952): its members joined, under the name that the first of them tells."""
    name = ""
    trouble: list[str] = []

    def pieces() -> Iterator[bytes]:
        nonlocal name
        at = 0
        for number in _counted():
            if octets[at : at + 3] != b"\x1f\x8b\x08":
                if octets[at:].strip(b"\0"):
                    trouble.append("other octets behind its end")
                return
            start, told = _behind_header(octets, at)
            if not number:
                name = told
            stream = streams.Unpacking(streams.deflate(octets, start))
            checksum = size = 0
            for piece in stream:
                checksum = zlib.crc32(piece, checksum)
                size += len(piece)
                yield piece
            if stream.trouble:
                trouble.append(stream.trouble)
                return
            at = start + stream.used + 8
            end = octets[at - 8 : at]
            if len(end) < 8:
                trouble.append("it is cut off")
            elif end != checksum.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little"):
                trouble.append("a wrong checksum")
            if at >= len(octets):
                return

    yield from _one(budget, pieces(), trouble, lambda: name)


def bzip2(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a bzip2 file."""
    yield from _joined(octets, budget, streams.bzip2, b"BZh")


def xz(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read an xz file."""
    yield from _joined(octets, budget, streams.lzma_or_xz, b"\xfd7zXZ\x00")


def lzma(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a file of the format before xz, which has no mark and no checksum."""
    yield from _joined(octets, budget, streams.lzma_or_xz, b"]\x00\x00")


def zstd(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a zstd file (RFC 8878)."""
    trouble: list[str] = []
    yield from _one(budget, _noted(streams.Unpacking(streams.zstd(octets)), trouble), trouble)


def lz4(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read an lz4 file."""
    yield from libarchive.read(octets, budget, "raw", "lz4", name=_UNNAMED)


def compress(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a file of the program compress."""
    yield from libarchive.read(octets, budget, "raw", "compress", name=_UNNAMED)


def _joined(
    octets: bytes, budget: Budget, opened: Callable[[bytes, int], streams.Opener], mark: bytes
) -> Iterator[Sight]:
    trouble: list[str] = []

    def pieces() -> Iterator[bytes]:
        at = 0
        for _ in _counted():
            stream = streams.Unpacking(opened(octets, at))
            yield from _noted(stream, trouble)
            at += stream.used
            while octets[at : at + 4] == bytes(4):  # padding between streams of xz, in fours
                at += 4
            if stream.trouble or at >= len(octets):
                return
            if not octets.startswith(mark, at):
                trouble.append("other octets behind its end")
                return

    yield from _one(budget, pieces(), trouble)


def _noted(stream: streams.Unpacking, trouble: list[str]) -> Iterator[bytes]:
    yield from stream
    if stream.trouble:
        trouble.append(stream.trouble)


def _counted() -> Iterator[int]:
    """Count the streams of one file. Raises ExhaustedError."""
    yield from range(_MAX_STREAMS)
    raise ExhaustedError(f"more than {_MAX_STREAMS:,} compressed streams in one file")


def _one(
    budget: Budget, pieces: Iterator[bytes], trouble: list[str], name: Callable[[], str] = str
) -> Iterator[Sight]:
    content = budget.gathered(pieces)
    for words in dict.fromkeys(trouble):
        yield Seen(Trait.DAMAGED, words)
    yield Member(name() or _UNNAMED, content)


def _behind_header(octets: bytes, at: int) -> tuple[int, str]:
    """Step over the header of a gzip member; give where its data begin, and the name that it tells."""
    flags = octets[at + 3] if at + 3 < len(octets) else 0
    at += 10
    if flags & _EXTRA:
        at += 2 + int.from_bytes(octets[at : at + 2], "little")
    name = ""
    for flag in (_NAME, _COMMENT):
        if flags & flag:
            end = octets.find(b"\0", at)
            if end < 0:
                return len(octets), name
            if flag == _NAME:
                name = octets[at : min(end, at + _MAX_NAME)].decode("latin-1")
            at = end + 1
    return at + (2 if flags & _HEADER_CRC else 0), name
