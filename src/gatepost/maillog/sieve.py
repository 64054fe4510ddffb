"""Octets of a log to its summary: each line is read, explained where it tells of trouble, and counted.

Sans I/O. It knows the readers, the explanation and the summary, and no file.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Final

from gatepost.maillog.event import Event
from gatepost.maillog.lines import Lines
from gatepost.maillog.reading import Reading
from gatepost.maillog.summary import Summary
from gatepost.maillog.wanted import Wanted
from gatepost.reply.explain import explain
from gatepost.reply.explanation import Context, Explanation

_TROUBLES: Final = frozenset(("deferred", "bounced", "rejected"))


class Sieve:
    """Take the octets of one log, or of a piece of it that begins and ends with whole lines."""

    def __init__(self, today: dt.date, wanted: Wanted) -> None:
        self.summary = Summary()
        self._reading = Reading(today)
        self._wanted = wanted
        self._lines = Lines()

    def receive(self, data: bytes) -> None:
        """Take the next octets and count the lines that they complete."""
        self.summary.octets += len(data)
        for raw in self._lines.receive(data):
            self._line(raw)

    def end(self) -> Summary:
        """Count the last line where it has no end; give the summary."""
        for raw in self._lines.end():
            self._line(raw)
        self.summary.cut = self._lines.cut
        return self.summary

    def _line(self, raw: str) -> None:
        event = self._reading.read(raw)
        if event is None:
            self.summary.add_unread(raw)
            return
        self.summary.add_line(event.system)
        explanation = explained(event) if event.result in _TROUBLES or event.system == "plain" else None
        if self._wanted.everything or self._wanted.admits(event, explanation):
            self.summary.add(event, explanation)


def explained(event: Event) -> Explanation:
    """Explain the text of an event, said where and by whom the event tells."""
    return _explained(event.text, Context(direction=event.direction, stage=event.stage, peer=event.peer))


@lru_cache(maxsize=4096)
def _explained(text: str, context: Context) -> Explanation:
    return explain(text, context)
