"""Search for lines that break the reader of OpenSMTPD's logs."""

from __future__ import annotations

import datetime as dt

from gatepost.maillog.frame import unframe
from gatepost.maillog.readers.opensmtpd import Opensmtpd

TODAY = dt.date(2026, 11, 23)


def target(data: bytes) -> None:
    """Any line is an event whose parts agree and came out of the line, or none."""
    reader = Opensmtpd()
    for line in data.decode("utf-8", "replace").split("\n"):
        event = reader.read(unframe(line, TODAY))
        if event is not None:
            assert event.system == "opensmtpd"
            assert event.code == 0 or 200 <= event.code <= 599
            assert len(event.text) <= len(line) + 100
            assert event.code == 0 or event.text in line
