"""Search for lines that break the reader of MDaemon's logs."""

from __future__ import annotations

import datetime as dt

from gatepost.maillog.frame import unframe
from gatepost.maillog.readers.mdaemon import Mdaemon

TODAY = dt.date(2026, 11, 23)


def target(data: bytes) -> None:
    """Any line is an event whose parts agree with each other and came out of the lines, or none."""
    reader = Mdaemon()
    for line in data.decode("utf-8", "replace").split("\n"):
        event = reader.read(unframe(line, TODAY))
        if event is not None:
            assert event.system == "mdaemon"
            assert event.code == 0 or 200 <= event.code <= 599
            assert event.code or not event.enhanced
            assert len(event.text) <= len(data) + 100
