"""The date-time of RFC 5322 §3.3, as trace fields and reports write it, and as anyone may have written it.

Knows no clock: the second and the offset of the local time are passed in.
"""

from __future__ import annotations

import re
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


_DATE: Final = re.compile(
    r"\s*(?:[A-Za-z]{3,9}\s*,?)?\s*(\d{1,2})[\s-]+([A-Za-z]{3,9})[\s-]+(\d{2,4})\s+(\d{1,2})\s*:\s*(\d{2})"
    r"(?:\s*:\s*(\d{2})(?:\.\d{1,9})?)?\s*(?:([+-])(\d{2}):?(\d{2})|([A-Za-z]{1,5}))?\s*(?:\([^()]{0,100}\)\s*)*",
    re.ASCII,
)
_ZONES: Final = {"edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6, "mst": -7, "pdt": -7, "pst": -8}
"""Hours east of UTC of the zones of RFC 5322 §4.3; every other name tells nothing and counts as UTC."""
_LONGEST_DATE: Final = 300


def read_date(text: str) -> float | None:
    """Read a date-time as seconds since 1970, in the obsolete forms too (§4.3); None when it is none."""
    found = _DATE.fullmatch(text) if len(text) <= _LONGEST_DATE else None
    if found is None:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes, zone = found.groups()
    number = int(year)
    if len(year) < 4:  # §4.3: two digits to 49 are 20yy, the others and all of three are 19yy and later
        number += 2000 if len(year) == 2 and number < 50 else 1900
    try:
        offset = timedelta(hours=_ZONES.get((zone or "").lower(), 0))
        if sign:
            offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
        # A leap second is let pass (§3.3): it is the second before it here.
        at = datetime(
            number, _MONTHS.index(month[:3].title()) + 1, int(day), int(hour), int(minute),
            min(int(second or 0), 59) if int(second or 0) <= 60 else 60, tzinfo=timezone(offset),
        )  # fmt: skip
        return at.timestamp()
    except (ValueError, OverflowError):
        return None
