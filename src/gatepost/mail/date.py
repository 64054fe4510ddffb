"""The date-time of RFC 5322 §3.3, as trace fields and reports write it.

Knows no clock: the second and the offset of the local time are passed in.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(maxsize=8)  # thousands of messages share a second
def date_time(second: int, offset: int = 0) -> str:
    """Write a `second` since 1970 as "Tue, 01 Sep 2026 08:30:00 +0200"; `offset` in minutes east of UTC."""
    there = datetime.fromtimestamp(second, timezone(timedelta(minutes=offset)))
    sign, minutes = ("-", -offset) if offset < 0 else ("+", offset)
    # strftime would write the names of the day and month in the language of the locale
    return (
        f"{_DAYS[there.weekday()]}, {there.day:02} {_MONTHS[there.month - 1]} {there.year:04} "
        f"{there:%H:%M:%S} {sign}{minutes // 60:02}{minutes % 60:02}"
    )
