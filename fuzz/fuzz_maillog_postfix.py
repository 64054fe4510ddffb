"""Search for lines that break the reader of Postfix's logs."""

from __future__ import annotations

import datetime as dt

from gatepost.maillog.frame import unframe
from gatepost.maillog.readers.postfix import Postfix

TODAY = dt.date(2026, 11, 23)


def target(data: bytes) -> None:
    """Any line is an event whose parts agree and came out of the line, or none."""
    reader = Postfix()
    for line in data.decode("utf-8", "replace").split("\n"):
        event = reader.read(unframe(line, TODAY))
        if event is not None:
            assert event.system == "postfix"
            assert event.code == 0 or 200 <= event.code <= 599
            assert len(event.text) <= len(line) + 0
            assert event.text in line
