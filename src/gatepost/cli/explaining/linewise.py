"""Answers line by line: an explanation for each line of the input, in its order, as soon as the line is there.

Takes octets that others read and a stream that others opened; what a line says and means is `rows`'s.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from gatepost.cli.explaining import feed
from gatepost.cli.explaining.rows import Row, row_of
from gatepost.maillog.event import Event
from gatepost.maillog.reading import Reading
from gatepost.maillog.wanted import Wanted
from gatepost.reply.explanation import Context


def rows(pieces: Iterable[bytes], context: Context, today: dt.date, wanted: Wanted) -> Iterator[Row]:
    """Explain each line: exactly one row for each, unless not all is wanted."""
    reading = Reading(today)
    for line in feed.lines(pieces):
        event = reading.read(line)
        row = row_of(line, event, context)
        if wanted.everything or (event is not None and _admits(wanted, event, row)):
            yield row


def write(
    pieces: Iterable[bytes], answers: Callable[[Iterable[bytes]], Iterable[bytes]], out: BinaryIO
) -> None:
    """Write the answers to what the pieces hold; those to one piece go out before the next one is waited for."""
    out.writelines(answers(_flushed(pieces, out)))
    out.flush()


def _flushed(pieces: Iterable[bytes], out: BinaryIO) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        out.flush()


def _admits(wanted: Wanted, event: Event, row: Row) -> bool:
    return wanted.admits(event, row if row.cause else None)
