"""When the reports of a day are due: once a day, at a time of its own for each domain.

If everyone reported at midnight, those who are written to by the world would hear it all at once; so the time is
spread by the name of the domain that reports. Pure; times are seconds since 1970 (UTC).
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

DAY: Final = 86_400
FIRST: Final = 900  # seconds after the day's end: its last records are in the journal by then
SPREAD: Final = 8 * 3600
LATE: Final = 3  # days that are made up for after a standstill


def offset(domain: str) -> int:
    """Give how many seconds after midnight (UTC) a domain reports of the day before."""
    return FIRST + int.from_bytes(sha256(domain.encode()).digest()[:4]) % SPREAD


def newest(now: float, domain: str) -> int:
    """Give the newest day (its beginning) whose turn has come."""
    return (int(now - offset(domain)) // DAY - 1) * DAY


def due(now: float, domain: str, last: int | None) -> tuple[int, ...]:
    """Give the days to report of, oldest first: those after `last`, at most LATE of them.

    `last` is the newest day that is done; None when none ever was: then only the newest day is due.
    """
    until = newest(now, domain)
    since = until if last is None else max(last + DAY, until - (LATE - 1) * DAY)
    return tuple(range(since, until + 1, DAY))


def following(now: float, domain: str) -> float:
    """Give when the next turn comes."""
    return float(newest(now, domain) + 2 * DAY + offset(domain))
