"""Which lines of a log someone wants to hear of: by time, cause, domain, and whose move it is.

What is not wanted is read and not counted. Times are compared as the log writes them, without regard to the offset
from UTC that some logs add. The clock is not known here: who asks gives `now`.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from msgspec import Struct

from gatepost.maillog.event import Event
from gatepost.reply.explanation import Explanation

_AGO: Final = re.compile(r"([0-9]{1,6}) ?(s|min|m|h|d|w)")
_UNITS: Final = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_CLOCK: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_SECOND: Final = 19  # characters of a time to the second


class Wanted(Struct, frozen=True, kw_only=True):
    """What is wanted; what is empty does not restrict.

    `since` and `until` are moments as `moment` gives them, the second no longer wanted. `causes` are names of
    causes, `domains` those of a recipient or a reverse-path, subdomains included; `sides` as in `Explanation.side`.
    """

    since: str = ""
    until: str = ""
    causes: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    sides: frozenset[str] = frozenset()

    @property
    def everything(self) -> bool:
        """Nothing is left out."""
        return not (self.since or self.until or self.causes or self.domains or self.sides)

    def admits(self, event: Event, explanation: Explanation | None) -> bool:
        """Tell whether an event is wanted, with the explanation of its text where it has one."""
        return (
            self.admits_time(event.time)
            and (not self.domains or self.admits_domain(event.recipient, event.sender))
            and self.admits_meaning(explanation)
        )

    def admits_time(self, time: str) -> bool:
        """Tell whether a time as in `Event.time` is within the bounds; no time is not, where there are bounds."""
        if not (self.since or self.until):
            return True
        second = time[:_SECOND]
        return bool(second) and second >= self.since and (not self.until or second < self.until)

    def admits_domain(self, *addresses: str) -> bool:
        """Tell whether one of the addresses is of a wanted domain or of a subdomain."""
        if not self.domains:
            return True
        for address in addresses:
            domain = address.rpartition("@")[2].lower().rstrip(".")
            while domain:
                if domain in self.domains:
                    return True
                domain = domain.partition(".")[2]
        return False

    def admits_meaning(self, explanation: Explanation | None) -> bool:
        """Tell whether cause and side are wanted; where one is asked for, what has no explanation is not."""
        if explanation is None:
            return not (self.causes or self.sides)
        return (not self.causes or explanation.cause in self.causes) and (
            not self.sides or explanation.side in self.sides
        )


def moment(text: str, now: dt.datetime, *, end: bool = False) -> str:
    """Read a moment as people write it and give it as logs do: "2026-11-23T15:00:00".

    Taken are "2h" (ago; s, m, h, d, w), "15:00" (lately), "today", "yesterday", a date, a date with a time, RFC 3339.
    With `end` a day means its end. Raises ValueError where it is none of these.
    """
    words = text.strip().lower()
    if found := _AGO.fullmatch(words):
        return _second(now - dt.timedelta(seconds=int(found[1]) * _UNITS[found[2]]))
    if found := _CLOCK.fullmatch(words):
        there = now.replace(hour=int(found[1]), minute=int(found[2]), second=int(found[3] or 0))
        return _second(there - dt.timedelta(days=1) if there > now and not end else there)
    if words in ("today", "yesterday", "now"):
        if words == "now":
            return _second(now)
        day = now.date() - dt.timedelta(days=words == "yesterday")
        return _day(day, end=end)
    if len(words) == 10:
        return _day(dt.date.fromisoformat(words), end=end)
    there = dt.datetime.fromisoformat(text.strip())
    return _second(there.astimezone(now.tzinfo) if there.tzinfo is not None else there)


def _day(day: dt.date, *, end: bool) -> str:
    return f"{day + dt.timedelta(days=1) if end else day}T00:00:00"


def _second(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")
