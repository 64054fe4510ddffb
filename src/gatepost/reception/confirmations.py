"""The 250 after a message: said to many clients at once, after the journal has their receptions.

The spool stores in batches; this answers in batches, with one write of the journal for all of them. The order is
the promise: stored, then in the journal, then 250.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gatepost.journal.records import Reception
from gatepost.journal.writer import Journal
from gatepost.reply.reply import Reply


class Confirmations:
    """The receptions of one worker that are stored and not answered yet."""

    __slots__ = ("_journal", "_loop", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop, journal: Journal) -> None:
        self._loop = loop
        self._journal = journal
        self._waiting: list[tuple[Callable[[Reply], None], Reply]] = []

    def add(self, reception: Reception, answer: Callable[[Reply], None]) -> None:
        """Record a reception, and give its reply to `answer` before this turn of the loop ends."""
        self._journal.append(reception)
        self._waiting.append((answer, reception.reply))
        if len(self._waiting) == 1:
            self._loop.call_soon(self._say)

    def _say(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._journal.flush()
        for answer, reply in waiting:
            answer(reply)
