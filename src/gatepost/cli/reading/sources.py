"""Files to read: opened whatever they are packed with, put in order of time, with what is wrong said in words.

Memory is bounded by a piece whatever the size. It knows files and packings, and nothing of mail but its events.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from gatepost.maillog.event import Event
from gatepost.maillog.lines import Lines
from gatepost.maillog.reading import Reading

STDIN: Final = "-"
PIECE: Final = 1 << 20

Progress = Callable[
    [int, int | None], None
]  # octets of the files read so far, and of all, None where not known


class Fault(Struct, frozen=True):
    """What could not be read: the file, what is wrong in a sentence, and from which octet of its content on."""

    path: str
    sentence: str
    octet: int = 0


OnFault = Callable[[Fault], None]


def pieces(path: str, on_fault: OnFault) -> Iterator[bytes]:
    """Give the content of a file, unpacked, in pieces; what came before a fault is given."""
    octets = 0
    try:
        fd = sys.stdin.fileno() if path == STDIN else os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        while piece := os.read(fd, PIECE):
            octets += len(piece)
            yield piece
    except OSError as error:
        on_fault(Fault(path, f"{path} cannot be read: {error.strerror}.", octets))


def events(paths: Sequence[str], today: dt.date, on_fault: OnFault) -> Iterator[tuple[str, Event | None]]:
    """Give each line of the files with what it tells, None where it is of no known system."""
    for path in paths:
        reading, lines = Reading(today), Lines()
        for piece in pieces(path, on_fault):
            for raw in lines.receive(piece):
                yield raw, reading.read(raw)
        for raw in lines.end():
            yield raw, reading.read(raw)
