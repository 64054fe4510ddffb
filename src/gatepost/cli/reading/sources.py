"""Files to read: opened and unpacked whatever they are, put in order of time, with what is wrong said in words.

Memory is bounded by a piece whatever the size. It knows files, and nothing of mail but when a line was written.
"""

from __future__ import annotations

import datetime as dt
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from msgspec import Struct

from gatepost.cli.reading.packed import LONGEST_MAGIC, PIECE, DamageError, Unpacker, foreign, packing
from gatepost.maillog.event import Event
from gatepost.maillog.frame import unframe
from gatepost.maillog.lines import Lines
from gatepost.maillog.reading import Reading

STDIN: Final = "-"
_HEAD: Final = 1 << 16  # octets in which the first time is looked for
_AT_ONCE: Final = 1 << 18  # packed octets that are read at once

Progress = Callable[
    [int, int | None], None
]  # octets of the files read so far, and of all, None where not known


class Fault(Struct, frozen=True):
    """What could not be read: the file, what is wrong in a sentence, and from which octet of its content on."""

    path: str
    sentence: str
    octet: int = 0


OnFault = Callable[[Fault], None]


def pieces(
    path: str, on_fault: OnFault, on_read: Callable[[int], None] | None = None, at_once: int = PIECE
) -> Iterator[bytes]:
    """Give the content of a file, unpacked, in pieces; what came before a fault is given.

    `on_read` is told how many octets of the file itself were taken.
    """
    given = 0
    try:
        with _opened(path) as read:
            for piece in _unpacked(read, on_read or _unheard, at_once):
                given += len(piece)
                yield piece
    except DamageError as error:
        on_fault(Fault(path, f"{_called(path)} can be read only in part: {error}.", given))
    except OSError as error:
        on_fault(Fault(path, f"{_called(path)} cannot be read: {_reason(error)}.", given))
    except ValueError:  # a NUL in the name
        on_fault(Fault(path, f"{_called(path)} cannot be read: no file can have that name."))


def in_order(paths: Sequence[str], today: dt.date) -> list[str]:
    """Sort files by the time of their first line; those that tell none stay in their order, behind the others."""
    if len(paths) < 2:
        return list(paths)
    times = {path: first_time(path, today) for path in paths}
    return sorted(paths, key=lambda path: (not times[path], times[path]))


def first_time(path: str, today: dt.date) -> str:
    """Give the time of the first line of a file that has one, as in `Event.time`; "" where there is none."""
    if path == STDIN or not os.path.isfile(path):  # noqa: PTH113 - a name that no path can have must not raise
        return ""
    reading, lines = Reading(today), Lines()
    head = next(pieces(path, _unheeded, at_once=_HEAD), b"")[:_HEAD]
    for raw in lines.receive(head):
        event = reading.read(raw)
        time = event.time if event is not None else ""
        if time := time or unframe(raw, today).time:
            return time
    return ""


def events(paths: Sequence[str], today: dt.date, on_fault: OnFault) -> Iterator[tuple[str, Event | None]]:
    """Give each line of the files, in order of time, with what it tells; None where it is of no known system."""
    for path in in_order(paths, today):
        reading, lines = Reading(today), Lines()
        for piece in pieces(path, on_fault):
            for raw in lines.receive(piece):
                yield raw, reading.read(raw)
        for raw in lines.end():
            yield raw, reading.read(raw)


def size_of(path: str) -> int | None:
    """Give the octets of a file; None where they cannot be known before it is read."""
    if path == STDIN:
        return None
    try:
        found = os.stat(path)  # noqa: PTH116 - as above
    except (OSError, ValueError):
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else None


@contextmanager
def _opened(path: str) -> Iterator[Callable[[int], bytes]]:
    """Open a file, or standard input; give what reads so many octets at most, b"" at the end."""
    if path == STDIN:
        try:
            number = sys.stdin.fileno()
        except (OSError, ValueError):  # it is no file of the system's
            yield sys.stdin.buffer.read
        else:
            yield lambda most: os.read(number, most)
        return
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - as above
        yield lambda most: file.read(most) or b""


def _unpacked(read: Callable[[int], bytes], on_read: Callable[[int], None], at_once: int) -> Iterator[bytes]:
    head = b""
    # No magic has the end of a line in it, and who types a short line waits for its answer.
    while len(head) < LONGEST_MAGIC and b"\n" not in head and (piece := read(at_once)):
        on_read(len(piece))
        head += piece
    form = packing(head)
    if unknown := foreign(head):
        raise DamageError(f"it is {unknown}, which is not known here; unpack it first")
    if not form:
        while head:
            yield head
            head = read(at_once)
            on_read(len(head))
        return
    unpacker = Unpacker(form)
    while head:
        yield from unpacker.receive(head)
        head = read(_AT_ONCE)
        on_read(len(head))
    unpacker.end()


def _called(path: str) -> str:
    return "Standard input" if path == STDIN else path


def _reason(error: OSError) -> str:
    match error:
        case IsADirectoryError():
            return "it is a folder; name the files in it"
        case PermissionError():
            return "this user may not; run this as one who may"
        case FileNotFoundError():
            return "there is no such file"
        case _:
            return (error.strerror or str(error)).lower()


def _unheard(octets: int) -> None:
    """Take a count that nobody waits for."""


def _unheeded(fault: Fault) -> None:
    """Take a fault that will be told when the file is read as a whole."""
