"""A process that stores messages as fast as it can and says which were acknowledged and which were settled.

Run by the crash test as `python -m tests.spool.embedded.committing DIRECTORY FIRST`, to be killed any moment.
Prints "+number" once a message is stored, "?number" when its end is asked for and "-number" once that is
durable. Every fifth message stays and waits, every seventh is large, every ninth ends with a report (number +
1,000,000).
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import os
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from gatepost.spool.embedded import EmbeddedSpool, SpoolSettings, compaction
from gatepost.spool.interface import Again, Done, Leased, NewMessage, Outcome, Stored
from tests.spool.embedded.shard import message

REPORT = 1_000_000


def content_of(number: int) -> bytes:
    """Give the content that belongs to a number, so that the test can tell a whole one from a torn one."""
    digest = hashlib.sha256(str(number).encode()).digest()
    return digest * (50 + number * 37 % 900 if number % 7 else 10_000)


def number_of(message_id: str) -> int:
    return int(message_id.rpartition("-")[2])


def say(word: str, number: int) -> None:
    os.write(1, f"{word}{number}\n".encode())


class Store:
    """Commit without end, settle what comes ready."""

    def __init__(self, directory: Path, first: int) -> None:
        post = asyncio.get_running_loop().call_soon_threadsafe
        settings = SpoolSettings(
            segment_size=1 << 18,
            own_file_from=1 << 17,
            min_free=0,
            compact_below=0.5,
            compact_after=0,
            memory=1 << 18,
        )
        self.spool = EmbeddedSpool(directory, time.time, post, settings)
        self.numbers = itertools.count(first)
        self.spool.on_ready(self.end, self.due)

    def produce(self) -> None:
        number = next(self.numbers)
        content = content_of(number)
        arrived = message(number, len(content))
        if number % 14 == 0:
            incoming = self.spool.incoming(arrived.id)
            incoming.write(content)
            new = NewMessage(message=arrived, head=b"", incoming=incoming)
        else:
            new = NewMessage(message=arrived, head=content[:20], data=content[20:])
        self.spool.commit(new, partial(self.stored, number))

    def stored(self, number: int, result: object) -> None:
        assert isinstance(result, Stored), result
        say("+", number)
        self.produce()

    def end(self, leased: Leased) -> None:
        number = number_of(leased.message.id)
        reports = []
        if number % 9 == 0 and number < REPORT:
            report = number + REPORT
            reports.append(NewMessage(message=message(report), head=b"", data=content_of(report)))
        outcome: Outcome = Again(time.time() + 3600, leased.message.recipients)
        if number % 5:
            outcome = Done()
            say("?", number)
        self.spool.settle(leased.message.id, outcome, reports, partial(self.ended, number, bool(reports)))

    def ended(self, number: int, reported: bool, result: object) -> None:
        assert isinstance(result, Stored), result
        if number % 5:
            say("-", number)
        if reported:
            say("+", number + REPORT)

    def due(self) -> None:
        self.spool.lease(50, self.got)

    def got(self, all_leased: Sequence[Leased]) -> None:
        for leased in all_leased:
            self.end(leased)
        if all_leased:
            self.due()


async def store(directory: Path, first: int) -> None:
    it = Store(directory, first)
    for _ in range(8):
        it.produce()
    await asyncio.Event().wait()


if __name__ == "__main__":
    compaction.EVERY = 0.05  # such a life is short
    asyncio.run(store(Path(sys.argv[1]), int(sys.argv[2])))
