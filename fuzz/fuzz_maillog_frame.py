"""Search for lines whose frame cannot be taken off."""

from __future__ import annotations

import datetime as dt
import re

from gatepost.maillog.frame import unframe
from gatepost.maillog.reading import Reading

TODAY = dt.date(2026, 11, 23)
TIME = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]{8,18}([+-]\d\d:\d\d)?")


def target(data: bytes) -> None:
    """Any text keeps its raw form, loses no more than a frame, has a time of the one form or none, and is read."""
    reading = Reading(TODAY)
    for text in data.decode("utf-8", "replace").split("\n\n"):
        frame = unframe(text, TODAY)
        assert frame.raw == text
        assert len(frame.message) <= len(text)
        assert frame == unframe(text, TODAY)
        assert not frame.time or TIME.fullmatch(frame.time) or text.startswith("{")
        reading.read(text)
