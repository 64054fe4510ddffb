"""The errand of the reports: what the supervisor starts once a day, and again when something could not be sent yet.

A process of its own that lives for minutes. It says in the journal and in the log what it sent, and nothing where
there was nothing to send.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections import Counter
from datetime import UTC, datetime
from typing import Final

from gatepost.gateway.dmarc import sent, turn
from gatepost.gateway.dmarc.outgoing import Outcome, Shut, door_of, reports_of, send
from gatepost.gateway.resolver import DnsResolver
from gatepost.gateway.settings import Settings
from gatepost.journal.records import Noted
from gatepost.journal.writer import add_to_day
from gatepost.mail.clock import Clock

log = logging.getLogger("gatepost.dmarc")

EVENT: Final = "dmarc-reports"
_NICE: Final = 10  # mail comes first
_REASONS: Final = 3  # that are told, of why reports were not sent


class DailyTurn:
    """When the reports are due, for the supervisor: at once when it starts past the time of the day, then daily."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._domain = settings.dmarc.domain
        self._clock = clock
        shut = isinstance(door_of(settings), Shut)
        self._next = float("inf") if not self._domain or shut else 0.0

    def due(self) -> bool:
        """Tell whether it is time."""
        return self._clock() >= self._next

    def done(self) -> None:
        """Take note that nothing is left to do today."""
        self._next = turn.following(self._clock(), self._domain)


def run(settings: Settings, clock: Clock) -> bool:
    """Send the reports that are due; tell whether that is all for now."""
    os.nice(_NICE)
    return asyncio.run(report(settings, clock))


async def report(settings: Settings, clock: Clock) -> bool:
    """Send what is due and was not sent; tell whether that is all for now."""
    door = door_of(settings)
    if isinstance(door, Shut):
        return True
    directory = settings.dmarc_dir / "sent"
    last = sent.last_finished(directory)
    days = turn.due(clock(), settings.dmarc.domain, last[0] if last is not None else None)
    complete = True
    with contextlib.closing(DnsResolver(settings.dns, clock)) as resolver:
        for day in days:
            try:
                with sent.opened(directory, day) as log_of_day:
                    if log_of_day.finished is None:
                        outcome = await send(
                            settings, reports_of(settings, day), log_of_day, door, resolver, clock
                        )
                        _tell(settings, day, outcome, clock)
                        complete = complete and not outcome.later
            except sent.Busy:
                complete = False
            except OSError as error:
                log.error("DMARC reports: %s: %s", directory, error.strerror or error)  # noqa: TRY400 - it says all
                complete = False
    sent.tidy(directory, days[-1] if days else turn.newest(clock(), settings.dmarc.domain))
    return complete


def _tell(settings: Settings, day: int, outcome: Outcome, clock: Clock) -> None:
    """Put down what was done just now; nothing when that was nothing."""
    words = words_of(day, outcome)
    if not words:
        return
    level = logging.WARNING if outcome.later else logging.INFO
    log.log(level, "%s", words)
    with contextlib.suppress(OSError):  # the log has it
        now = clock()
        note = Noted(time=now, session="", event=EVENT, detail=words)
        add_to_day(settings.journal_dir, "dmarc", [note], now)


def words_of(day: int, outcome: Outcome) -> str:
    """Say in one sentence what was done just now; "" for nothing."""
    if not outcome.told:
        return ""
    fates = Counter(one.fate for one in outcome.told)
    parts = [
        f"{fates[fate]} {words}"
        for fate, words in (
            ("sent", "sent"),
            ("nobody", "wanted by nobody who may have them"),
            ("refused", "refused by this gateway"),
            ("later", "to be tried again"),
        )
        if fates[fate]
    ]
    reasons = [f"{one.domain}: {one.detail}" for one in outcome.told if one.fate in ("refused", "later")]
    why = f" ({'; '.join(reasons[:_REASONS])})" if reasons else ""
    return f"DMARC reports of {datetime.fromtimestamp(day, UTC):%Y-%m-%d}: {', '.join(parts)}{why}"
