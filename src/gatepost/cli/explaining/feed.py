"""Lines of a stream one by one, as they come: what goes in as one line comes out as one, whatever it holds.

For outputs that answer line by line, where a program counts on as many lines as it gave. Memory is bounded: the rest
of a line that is too long is passed over. Reading whole logs fast is `cli.reading`'s.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

BOUND: Final = 1 << 16
_WIDE: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Give each line without its end as soon as it is whole; a line ends with LF and nothing else."""
    rest = iter(pieces)
    begin = b""
    while len(begin) < 2 and (piece := next(rest, None)) is not None:
        begin += piece
    wide = _WIDE.get(begin[:2])
    if wide is not None:
        rest, begin = _narrowed(chain((begin[2:],), rest), wide), b""
    pending = bytearray()
    for piece in chain((begin,), rest):
        first, *others = piece.split(b"\n")
        pending += first[: BOUND - len(pending)]
        for other in others:
            yield text(bytes(pending))
            pending[:] = other[:BOUND]
    if pending:
        yield text(bytes(pending))


def text(octets: bytes) -> str:
    """Give the octets of a line as text without its end: UTF-8, or what Windows and old systems write instead."""
    octets = octets.rstrip(b"\r\n")
    if b"\0" in octets:
        octets = octets.replace(b"\0", b"")
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _narrowed(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Make UTF-8 of UTF-16, as PowerShell writes it."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for piece in pieces:
        yield decoder.decode(piece).encode("utf-8", "replace")
