"""A log that still grows, as `tail -F` reads it: the lines that come, also after the file was put aside or emptied.

It waits half a second between two looks, and knows files only.
"""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gatepost.maillog.event import Event
from gatepost.maillog.lines import Lines
from gatepost.maillog.reading import Reading

_PAUSE: Final = 0.5
_PIECE: Final = 1 << 16


def follow(path: str, today: dt.date) -> Iterator[tuple[str, Event | None]]:
    """Give each line written to a file from now on, with what it tells; it ends when the iteration is left."""
    reading, lines = Reading(today), Lines()
    with Path(path).open("rb", buffering=0) as file:
        file.seek(0, os.SEEK_END)
        while True:
            piece = file.read(_PIECE)
            if not piece:
                time.sleep(_PAUSE)
                continue
            for raw in lines.receive(piece):
                yield raw, reading.read(raw)
