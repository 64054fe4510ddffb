"""Search for octets that the fast way through a log counts otherwise than the slow one."""

from __future__ import annotations

import datetime as dt

from gatepost.maillog.lines import Lines
from gatepost.maillog.reading import Reading
from gatepost.maillog.sieve import Sieve, Verdicts, explained
from gatepost.maillog.summary import Summary
from gatepost.maillog.wanted import Wanted

TODAY = dt.date(2026, 11, 23)
EVERYTHING = Wanted()
VERDICTS = Verdicts()


def target(data: bytes) -> None:
    """Any octets come to the same summary by whole pieces, by small ones, and line by line."""
    expected = slowly(data)
    for size in (1 << 20, 97):
        sieve = Sieve(TODAY, EVERYTHING, VERDICTS)
        for at in range(0, len(data), size):
            sieve.receive(data[at : at + size])
        assert sieve.end() == expected


def slowly(data: bytes) -> Summary:
    """Read, explain and count each line by itself."""
    summary, reading, lines = Summary(octets=len(data)), Reading(TODAY), Lines()
    for raw in [*lines.receive(data), *lines.end()]:
        event = reading.read(raw)
        if event is None:
            summary.add_unread(raw)
            continue
        summary.add_line(event.system)
        trouble = event.result in ("deferred", "bounced", "rejected") or event.system == "plain"
        summary.add(event, explained(event) if trouble else None)
    summary.cut = lines.cut
    return summary
