"""A log that still grows, as `tail -F` reads it: the lines that come, also after the file was put aside or emptied.

It looks twice a second, and knows files only; what a line says is `maillog.reading`'s.
"""

from __future__ import annotations

import datetime as dt
import os
import stat
import time
from collections.abc import Callable, Iterator
from io import FileIO
from typing import Final

from gatepost.maillog.event import Event
from gatepost.maillog.lines import Lines
from gatepost.maillog.reading import Reading

_PAUSE: Final = 0.5
_PIECE: Final = 1 << 16


def _pause() -> None:
    time.sleep(_PAUSE)


def follow(
    path: str, today: dt.date, wait: Callable[[], None] = _pause
) -> Iterator[tuple[str, Event | None]]:
    """Give each line written to a file from now on, with what it tells; it ends when the iteration is left.

    A file that is not there yet is waited for. `wait` is called when there is nothing to read. Raises OSError for a
    file that this user may not read, and for what is no file of lines.
    """
    reading, lines = Reading(today), Lines()
    file = _open(path)
    if file is not None and file.seekable():
        file.seek(0, os.SEEK_END)
    try:
        while True:
            while file is not None and (piece := file.read(_PIECE)):
                for raw in lines.receive(piece):
                    yield raw, reading.read(raw)
            change = _change(path, file)
            if file is None or change == "replaced":
                # What came to the old file between the last look and this one.
                rest = file.read() if file is not None else b""
                for raw in [*lines.receive(rest), *lines.end()]:
                    yield raw, reading.read(raw)
                lines = Lines()
                if file is not None:
                    file.close()
                file = _open(path)
                if file is None:
                    wait()
            elif change == "emptied":
                for raw in lines.end():
                    yield raw, reading.read(raw)
                lines = Lines()
                file.seek(0)
            else:
                wait()
    finally:
        if file is not None:
            file.close()


def _open(path: str) -> FileIO | None:
    try:
        return FileIO(path)
    except FileNotFoundError:
        return None


def _change(path: str, file: FileIO | None) -> str:
    """Tell what happened to a file beside its growing: "replaced", "emptied" or nothing."""
    if file is None:
        return ""
    ours = os.fstat(file.fileno())
    try:
        there = os.stat(path)  # noqa: PTH116 - a name as it was given
    except OSError:
        return ""  # put aside, and the new one is not there yet
    if (ours.st_dev, ours.st_ino) != (there.st_dev, there.st_ino):
        return "replaced"
    if stat.S_ISREG(ours.st_mode) and ours.st_size < file.tell():
        return "emptied"
    return ""
