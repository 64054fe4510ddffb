"""A log of any system, line by line: take the frame off, find the reader, give the event.

The reader that took the last line is tried first, as a log is mostly of one system; but several systems in one
file are told apart line by line. It knows neither files nor what a reply means.
"""

from __future__ import annotations

import datetime as dt

from gatepost.maillog.event import Event
from gatepost.maillog.frame import unframe
from gatepost.maillog.readers import READERS


class Reading:
    """The reading of one log (or of one piece of it). `today` is for years that the log leaves out."""

    def __init__(self, today: dt.date) -> None:
        self._today = today
        self._readers = [make() for make in READERS]
        self._last = self._readers[0]

    def read(self, raw: str) -> Event | None:
        """Tell what a line, without its end, says; None when it is of no known system."""
        frame = unframe(raw, self._today)
        last = self._last
        event = last.read(frame)
        if event is not None:
            return event
        for reader in self._readers:
            if reader is not last:
                event = reader.read(frame)
                if event is not None:
                    self._last = reader
                    return event
        return None
