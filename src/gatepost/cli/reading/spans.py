"""What a log is cut into, so that several processes can read it side by side: spans that begin and end with lines.

Only logs whose lines stand each for itself are cut. It reads files, and counts nothing.
"""

from __future__ import annotations

import codecs
import datetime as dt
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from gatepost.cli.reading.packed import packing
from gatepost.cli.reading.sources import size_of
from gatepost.maillog.lines import Lines
from gatepost.maillog.reading import Reading

LEAST: Final = 16 << 20  # octets of a span, unless the file ends
MOST: Final = 256 << 20
PIECE: Final = 1 << 20  # what is made of more leaves the processor's cache before it is looked at again
_HEAD: Final = 1 << 16
# Whose readers look at one line at a time, and at nothing that stood at the beginning of the log.
_CUT: Final = frozenset(("postfix", "exim"))


class Span(Struct, frozen=True):
    """A piece of a file, from the line that begins at or behind `begin` to the one that begins before `end`.

    `end` is 0 for a file that is read as a whole, packed or not, and of whatever kind.
    """

    path: str
    begin: int = 0
    end: int = 0


def spans(paths: Sequence[str], today: dt.date, readers: int) -> list[Span]:
    """Cut files for so many readers, in the order given: large spans first, smaller ones towards the end."""
    sizes = {path: size_of(path) or 0 for path in paths}
    left = sum(sizes.values())
    found: list[Span] = []
    for path in paths:
        size = sizes[path]
        if readers < 2 or size < 2 * LEAST or not can_be_cut(path, today):
            found.append(Span(path))
            left -= size
            continue
        begin = 0
        while begin < size:
            length = max(LEAST, min(MOST, left // (2 * readers)))
            end = size if size - begin - length < LEAST else begin + length
            found.append(Span(path, begin, end))
            left -= end - begin
            begin = end
    return found


def can_be_cut(path: str, today: dt.date) -> bool:
    """Tell by its first lines whether each line of a log can be read by itself."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a name that no path can have must not raise another way
            head = file.read(_HEAD)
    except (OSError, ValueError):
        return False
    if packing(head) or head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return False
    reading = Reading(today)
    found = {event.system for raw in Lines().receive(head) if (event := reading.read(raw)) is not None}
    return bool(found) and found <= _CUT


def pieces_of(span: Span, on_read: Callable[[int], None]) -> Iterator[bytes]:
    """Give a span of a file that is not packed in pieces; the first begins with a line, the last ends with one.

    Raises OSError. A file that is longer now than when it was cut is read to the end of the last span's line.
    """
    with open(span.path, "rb", buffering=0) as file:  # noqa: PTH123 - as above
        at = _line_from(file.fileno(), span.begin)
        end = _line_from(file.fileno(), span.end)
        while at < end and (piece := os.pread(file.fileno(), min(PIECE, end - at), at)):
            yield piece
            at += len(piece)
            on_read(len(piece))


def _line_from(file: int, begin: int) -> int:
    """Give the place where the first line begins that does so at `begin` or behind it."""
    if begin == 0:
        return 0
    at = begin - 1
    while piece := os.pread(file, _HEAD, at):
        found = piece.find(b"\n")
        if found >= 0:
            return at + found + 1
        at += len(piece)
    return at
