"""Answers line by line: JSON or CSV for each line of the input, in its order, as soon as the line is there.

Reads streams that were opened by others and writes to one; what a line says and means is `rows`'s.
"""

from __future__ import annotations

import datetime as dt
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from gatepost.cli.explaining import feed
from gatepost.cli.explaining.rows import Row, row_of
from gatepost.maillog.event import Event
from gatepost.maillog.reading import Reading
from gatepost.reply.explanation import Context

Admits = Callable[[Event | None, Row], bool]


def rows(stream: BinaryIO, context: Context, today: dt.date) -> Iterator[tuple[Event | None, Row]]:
    """Explain each line of a stream; exactly one row for each line."""
    reading = Reading(today)
    for line in feed.lines(stream):
        event = reading.read(line)
        yield event, row_of(line, event, context)


def write(lines: Iterable[bytes], out: BinaryIO, *, at_once: bool) -> None:
    """Write lines out; `at_once` hands on each by itself, for one who waits for it."""
    for line in lines:
        out.write(line)
        if at_once:
            out.flush()
    out.flush()


def is_followed(stream: BinaryIO) -> bool:
    """Tell whether the input may still grow while it is read: a pipe, a socket or a terminal, not a file."""
    try:
        return not stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False
