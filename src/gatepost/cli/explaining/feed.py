"""Lines of a stream one by one, as they come: what goes in as one line comes out as one, whatever it holds.

For outputs that answer line by line, where a program counts on as many lines as it gave. Memory is bounded: the rest
of a line that is too long is passed over. Reading whole logs fast is `cli.reading`'s.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO, Final

BOUND: Final = 1 << 16
_WIDE: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def lines(stream: BinaryIO) -> Iterator[str]:
    """Give each line without its end as soon as it is there; a line ends with LF and nothing else."""
    first = True
    while octets := stream.readline(BOUND):
        if first and octets.startswith(_WIDE):
            yield from _wide(octets, stream)
            return
        first = False
        if len(octets) == BOUND and not octets.endswith(b"\n"):
            _pass_over(stream)
        yield text(octets.rstrip(b"\r\n"))


def text(octets: bytes) -> str:
    """Give the octets of a line as text: UTF-8, or what Windows and old systems write instead."""
    if b"\0" in octets:
        octets = octets.replace(b"\0", b"")
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _pass_over(stream: BinaryIO) -> None:
    while (rest := stream.readline(BOUND)) and not rest.endswith(b"\n"):
        pass


def _wide(begun: bytes, stream: BinaryIO) -> Iterator[str]:
    """Read UTF-16, as PowerShell writes it."""
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    pending = decoder.decode(begun)
    while octets := stream.read(BOUND):
        pending += decoder.decode(octets)
        *whole, pending = pending.split("\n")
        for line in whole:
            yield line.rstrip("\r")[:BOUND]
        pending = pending[:BOUND]
    pending += decoder.decode(b"", True)
    for line in io.StringIO(pending):
        yield line.rstrip("\r\n")
