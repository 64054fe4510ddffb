"""What syslog, the journal or a container runtime put around a message: time, host, program.

Each form is tried where the first characters of the line allow it, and one frame inside another (a container's
around syslog's) is taken off too. A line without a frame is all message: some systems write a time and form of
their own, which their reader knows. Nothing here knows mail.
"""

from __future__ import annotations

import datetime
import re
from functools import lru_cache
from typing import Final

from msgspec import Struct

_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
# RFC 3164 §4.1 as the field has it: perhaps a year (network gear), a fraction (journalctl -o short-precise), the
# facility and level (FreeBSD's syslogd -v, busybox), the message id of Solaris.
_BSD: Final = re.compile(
    r"([A-Z][a-z]{2}) ([ 0-3]?[0-9]) (?:(20[0-9]{2}) )?([0-2][0-9]:[0-5][0-9]:[0-6][0-9](?:\.[0-9]{1,9})?) "
    r"(?:<?[a-z]\w{0,15}\.[a-z]{1,10}>? )?(\S{1,255}) (?:<?[a-z]\w{0,15}\.[a-z]{1,10}>? )?"
    r"([^\s\[\]:(]{1,64})(?:\[([0-9]{1,10})\])?: ?(?:\[ID [0-9]{1,10} [a-z0-9.]{1,24}\] )?"
)


class Frame(Struct, frozen=True):
    """A line of a log, its frame taken off. What the frame does not tell is "".

    `raw` is the whole line without its end; `message` what is left of it; `time` in the form of `Event.time`.
    `program` is the tag as given ("postfix/smtp", "exim", "sm-mta"), without the process id.
    """

    raw: str
    message: str
    time: str = ""
    host: str = ""
    program: str = ""
    pid: str = ""


def unframe(raw: str, today: datetime.date) -> Frame:
    """Take the frame off a line; a line that has none is all message.

    `today` gives the year that BSD syslog leaves out: the latest one that puts the line no more than a day ahead.
    """
    found = _BSD.match(raw)
    if found is not None:
        month, day, year, clock, host, program, pid = found.groups()
        date = _date(month, day, year, today)
        if date:
            return Frame(raw, raw[found.end() :], f"{date}T{clock}", host, program, pid or "")
    return Frame(raw, raw)


@lru_cache(maxsize=1024)
def _date(month: str, day: str, year: str | None, today: datetime.date) -> str:
    """Give "2026-11-23", or "" where there is no such day."""
    number = _MONTHS.get(month)
    if number is None:
        return ""
    years = [int(year)] if year else range(today.year + 1, today.year - 8, -1)
    for one in years:
        try:
            date = datetime.date(one, number, int(day))
        except ValueError:  # 29 February belongs to a leap year
            continue
        if year or (date - today).days <= 1:
            return date.isoformat()
    return ""
