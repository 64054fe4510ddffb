"""Packed octets to plain ones as they come: gzip, bzip2, xz and zstd, told by their first octets.

Sans I/O. However little input makes however much output, only a piece of it is there at a time.
"""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Final, Protocol

import zstandard

LONGEST_MAGIC: Final = 10
PIECE: Final = 1 << 20  # octets that come out at once
_MEMORY: Final = 128 << 20  # what a packed file may ask for; xz -9 asks for 65 MB
# A block of zstd is at most 128 KB (RFC 8878 §3.1.1.2), and three octets may stand for one: so much makes 44 MB.
_ZSTD_AT_ONCE: Final = 1024
_FORMS: Final = (
    ("gzip", re.compile(rb"\x1f\x8b\x08")),
    ("bzip2", re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")),
    ("xz", re.compile(rb"\xfd7zXZ\x00")),
    ("zstd", re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")),
)
_FOREIGN: Final = (
    ("a zip archive", re.compile(rb"PK\x03\x04")),
    ("a 7z archive", re.compile(rb"7z\xbc\xaf\x27\x1c")),
    ("packed with lz4", re.compile(rb"\x04\x22\x4d\x18")),
    ("packed with compress", re.compile(rb"\x1f\x9d")),
    ("packed with lzip", re.compile(rb"LZIP")),
)


_NONE: Final = "behind a packed part stands what is none"


class DamageError(Exception):
    """What came is not what a packed file holds; the words say what is wrong."""


def packing(head: bytes) -> str:
    """Tell by its first octets how a file is packed; "" for one that is not."""
    return next((name for name, magic in _FORMS if magic.match(head)), "")


def foreign(head: bytes) -> str:
    """Tell which packing that is not known here a file has, in words that go behind "is"; "" for none."""
    return next((name for name, magic in _FOREIGN if magic.match(head)), "")


class _Member(Protocol):
    """One packed member, as the decompressors of bz2 and lzma are."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """zlib's decompressor in the form of the others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail and not self._inner.eof

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


class _Zstd:
    """zstandard's decompressor in the form of the others; it gives all at once, so it gets little at once."""

    def __init__(self) -> None:
        self._inner = zstandard.ZstdDecompressor(max_window_size=_MEMORY).decompressobj()
        self._waiting = b""

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data + self._waiting

    @property
    def needs_input(self) -> bool:
        return not self._waiting and not self._inner.eof

    def decompress(self, data: bytes, max_length: int) -> bytes:
        data = self._waiting + data
        out: list[bytes] = []
        size = at = 0
        while at < len(data) and size < max_length and not self._inner.eof:
            out.append(self._inner.decompress(data[at : at + _ZSTD_AT_ONCE]))
            size += len(out[-1])
            at += _ZSTD_AT_ONCE
        self._waiting = data[at:]
        return b"".join(out)


def _xz() -> _Member:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY)


_MEMBERS: Final[dict[str, Callable[[], _Member]]] = {
    "gzip": _Gzip,
    "bzip2": bz2.BZ2Decompressor,
    "xz": _xz,
    "zstd": _Zstd,
}


class Unpacker:
    """Take the octets of a packed file, whose members may stand one behind the other; give what is in them."""

    def __init__(self, form: str) -> None:
        self._form = form
        self._member = _MEMBERS[form]()
        self._between = False  # a member is over, and nothing but padding came since
        self._head = b""

    def receive(self, data: bytes) -> Iterator[bytes]:
        """Give in pieces what the next octets hold. Raises DamageError."""
        while data:
            if self._between:
                data = (self._head + data).lstrip(
                    b"\0"
                )  # padding: gzip(1), "Stream Padding" of the xz format
                self._head = b""
                if len(data) < LONGEST_MAGIC:
                    self._head = data
                    return
                if packing(data) != self._form:
                    raise DamageError(_NONE)
                self._member = _MEMBERS[self._form]()
            yield from self._take(data)
            self._between = self._member.eof
            data = self._member.unused_data if self._between else b""

    def end(self) -> None:
        """Tell that no octet will come any more. Raises DamageError where there should be more."""
        if self._head:
            raise DamageError(_NONE)
        if not self._between:
            raise DamageError("it ends too early: it was cut off, or is still being written")

    def _take(self, data: bytes) -> Iterator[bytes]:
        member = self._member
        while True:
            try:
                piece = member.decompress(data, PIECE)
            except (zlib.error, lzma.LZMAError, OSError, EOFError, zstandard.ZstdError) as error:
                raise DamageError(f"its packed octets are damaged ({error})") from error
            if piece:
                yield piece
            if member.eof or (member.needs_input and not piece):
                return
            data = b""
