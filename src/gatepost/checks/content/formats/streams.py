"""Compressed streams, unpacked piece by piece: deflate, bzip2, lzma, xz and zstd.

The readers of archives and of compressed files take their pieces here, so that a budget can count each before the
next is made. A damaged stream gives all octets in front of the damage, and says afterwards what was wrong: whoever
opens it gets them too. Knows no file format around a stream.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Final, Protocol

import zstandard

from gatepost.checks.content.formats.format import ExhaustedError

PIECE: Final = 1 << 16
"""Octets that are unpacked at a time, at most."""
_FED: Final = 1 << 13
"""Octets that are handed to a decompressor at a time: it copies what it leaves, so few of them stay cheap."""
_MEMORY: Final = 1 << 28
"""Octets that a decompressor may ask for by what its input says."""
_WINDOW: Final = 1 << 27
_MAX_BLOCKS: Final = 500_000
"""Blocks of zstd that are counted to tell whether it is whole."""
_SKIPPABLE: Final = 0x184D2A50
_REPEATED: Final = 1


def slices(octets: bytes, start: int, stop: int) -> Iterator[bytes]:
    """Give octets that are not packed, in pieces."""
    for at in range(start, stop, PIECE):
        yield octets[at : min(at + PIECE, stop)]


class Unpacker(Protocol):
    """A stream that is being unpacked."""

    def read(self, most: int) -> bytes:
        """Give up to so many octets more; none at the end. Raises what the library raises, EOFError when cut off."""
        ...

    @property
    def used(self) -> int:
        """How many octets of the input the stream had, once it has ended."""
        ...


Opener = Callable[[], Unpacker]
"""Begin to unpack one stream, from its first octet."""


class Unpacking:
    """The pieces of one stream, to be gone through once; `trouble` and `used` are known afterwards.

    `trouble` says in words what was wrong with it, "" when it was whole. `used` are the octets that it had.
    """

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self.trouble = ""
        self.used = 0

    def __iter__(self) -> Iterator[bytes]:
        given = 0
        try:
            stream = self._opener()
            while piece := stream.read(PIECE):
                given += len(piece)
                yield piece
            self.used = stream.used
        except (MemoryError, ExhaustedError):
            raise
        except Exception as error:  # noqa: BLE001 - each library has its own, and a damaged stream is no surprise
            self.trouble = f"{error}" or "it is cut off"
            yield from self._salvaged(given)

    def _salvaged(self, given: int) -> Iterator[bytes]:
        """Give what the failing call had unpacked before it failed: go there again, then octet by octet."""
        try:
            stream = self._opener()
            while given and (piece := stream.read(min(PIECE, given))):
                given -= len(piece)
        except Exception:  # noqa: BLE001
            return
        kept = bytearray()
        try:
            while len(kept) < PIECE and (piece := stream.read(1)):
                kept += piece
        except Exception:  # noqa: BLE001, S110
            pass
        if kept:
            yield bytes(kept)


class _Decompressor(Protocol):
    """What `bz2` and `lzma` have in common."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


class _Fed:
    """A stream for a decompressor that keeps what it was fed."""

    def __init__(self, decompressor: _Decompressor, octets: bytes, start: int) -> None:
        self._decompressor = decompressor
        self._octets = octets
        self._at = start
        self._start = start

    def read(self, most: int) -> bytes:
        while not self._decompressor.eof:
            fed = b""
            if self._decompressor.needs_input:
                fed = self._octets[self._at : self._at + _FED]
                self._at += len(fed)
            piece = self._decompressor.decompress(fed, most)
            if piece:
                return piece
            if not fed and self._decompressor.needs_input and not self._decompressor.eof:
                raise EOFError("it is cut off")
        return b""

    @property
    def used(self) -> int:
        return self._at - len(self._decompressor.unused_data) - self._start


class _Inflated:
    """A stream of deflate, which hands back what it did not need yet."""

    def __init__(self, octets: bytes, start: int, window: int) -> None:
        self._inflate = zlib.decompressobj(window)
        self._octets = octets
        self._at = start
        self._start = start
        self._left = b""

    def read(self, most: int) -> bytes:
        inflate = self._inflate
        while not inflate.eof:
            if not self._left:
                self._left = self._octets[self._at : self._at + _FED]
                self._at += len(self._left)
            fed = self._left
            piece = inflate.decompress(fed, most)
            self._left = inflate.unconsumed_tail
            if piece:
                return piece
            if not fed and not inflate.eof:
                raise EOFError("it is cut off")
        return b""

    @property
    def used(self) -> int:
        return self._at - len(self._inflate.unused_data) - self._start


class _Zstd:
    """A file of zstd frames, all of them to the end."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._reader = zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(
            octets, read_across_frames=True
        )

    def read(self, most: int) -> bytes:
        piece: bytes = self._reader.read(most)
        if not piece and not _ends_with_a_frame(
            self._octets
        ):  # the library takes what is cut off for the end
            raise EOFError("it is cut off")
        return piece

    @property
    def used(self) -> int:
        return len(self._octets)


def _ends_with_a_frame(octets: bytes) -> bool:
    """Tell whether the last frame of zstd is all there, by the headers of its blocks (RFC 8878 section 3.1.1)."""
    at = blocks = 0
    while at < len(octets) and blocks < _MAX_BLOCKS:
        magic = int.from_bytes(octets[at : at + 4], "little")
        if magic & 0xFFFFFFF0 == _SKIPPABLE:
            at += 8 + int.from_bytes(octets[at + 4 : at + 8], "little")
            continue
        has_checksum = octets[at + 4 : at + 5] > b"" and octets[at + 4] & 4
        at += zstandard.frame_header_size(octets[at : at + 18])
        last = 0
        while not last and blocks < _MAX_BLOCKS:
            if at + 3 > len(octets):
                return False
            header = int.from_bytes(octets[at : at + 3], "little")
            last, kind = header & 1, header >> 1 & 3
            at += 3 + (1 if kind == _REPEATED else header >> 3)
            blocks += 1
        at += 4 if has_checksum else 0
    return at == len(octets)


def deflate(octets: bytes, start: int = 0) -> Opener:
    """Open a bare deflate stream (RFC 1951)."""
    return lambda: _Inflated(octets, start, -zlib.MAX_WBITS)


def zlib_wrapped(octets: bytes, start: int = 0) -> Opener:
    """Open a deflate stream with the header and checksum of zlib (RFC 1950)."""
    return lambda: _Inflated(octets, start, zlib.MAX_WBITS)


def bzip2(octets: bytes, start: int = 0) -> Opener:
    """Open one bzip2 stream."""
    return lambda: _Fed(bz2.BZ2Decompressor(), octets, start)


def lzma_or_xz(octets: bytes, start: int = 0) -> Opener:
    """Open one stream of .xz or .lzma, whichever it is."""
    return lambda: _Fed(lzma.LZMADecompressor(lzma.FORMAT_AUTO, _MEMORY), octets, start)


def lzma_of_zip(octets: bytes, start: int = 0) -> Opener:
    """Open LZMA as a zip holds it: a version, a length, properties, data (APPNOTE 5.8.8)."""

    def opened() -> Unpacker:
        size = int.from_bytes(octets[start + 2 : start + 4], "little")
        properties = octets[start + 4 : start + 4 + size]
        if size != 5 or len(properties) < 5 or properties[0] >= 9 * 5 * 5:
            raise ValueError("properties of LZMA that are none")
        rest, lc = divmod(properties[0], 9)
        pb, lp = divmod(rest, 5)
        dictionary = int.from_bytes(properties[1:], "little")
        if dictionary > _MEMORY:
            raise ValueError(f"LZMA with a dictionary of {dictionary:,} octets")
        chain = [{"id": lzma.FILTER_LZMA1, "dict_size": max(dictionary, 4096), "lc": lc, "lp": lp, "pb": pb}]
        return _Fed(lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain), octets, start + 4 + size)

    return opened


def zstd(octets: bytes) -> Opener:
    """Open zstd frames, one behind the other."""
    return lambda: _Zstd(octets)
