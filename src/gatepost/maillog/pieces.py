"""Pieces that the lines of many systems share: a reply's codes, an address in brackets, the step of a dialogue.

Every reader takes them from here, so that the same words are read the same way whoever wrote them down. Nothing here
knows one system's lines, nor what a reply means.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Final

# A reply code (RFC 5321 §4.2), then perhaps the enhanced code (RFC 3463), as servers write them: "550 5.7.1",
# "550-5.7.1", "550 #5.7.1", "550 (5.7.1)", "550: 5.7.1". A number that goes on ("550.1", "5500") is none.
_CODES: Final = re.compile(
    r"[\s\"]{0,4}([2-5][0-9]{2})(?![0-9A-Za-z_]|\.[0-9])"
    r"(?:[\s\-:;,.]{0,4}[(\[<]?#?([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9]|\.[0-9]))?"
)

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LAST_SECOND: Final = 253_402_300_800
_CLOCK: Final = re.compile(r"(?:([0-9]{1,5})\+)?([0-9]{1,4}):([0-9]{2}):([0-9]{2})")
_UNITS: Final = re.compile(
    r"(?:([0-9]{1,5})d)?(?:([0-9]{1,5})h)?(?:([0-9]{1,5})m)?(?:([0-9]{1,7}(?:\.[0-9]{1,9})?)s)?"
)

_STAGES: Final = {
    "connect": "connect",
    "connection": "connect",
    "greeting": "connect",
    "initial": "connect",
    "helo": "helo",
    "ehlo": "helo",
    "lhlo": "helo",
    "starttls": "starttls",
    "tls": "starttls",
    "auth": "auth",
    "mail": "mail",
    "rcpt": "rcpt",
    "data": "data",
    "bdat": "content",
    "end of data": "content",
    "end-of-data": "content",
    "end-of-message": "content",
    "end-of-header": "content",
    "data command": "data",
    "content": "content",
    "eom": "content",
    ".": "content",
    "dot": "content",
    "quit": "quit",
    "rset": "unknown",
    "noop": "unknown",
    "vrfy": "unknown",
    "etrn": "unknown",
}


def code_and_enhanced(text: str) -> tuple[int, str]:
    """Give the code a reply begins with and the enhanced code behind it; 0 and "" where it has none.

    What stands further on, such as qmail's "(#5.7.1)" at the end, is left to `reply.parse`.
    """
    found = _CODES.match(text)
    if found is None:
        return 0, ""
    return int(found[1]), found[2] or ""


def stage_of(words: str) -> str:
    """Name the step of the dialogue that a command, or words for one, belongs to; "unknown" where none is known."""
    lower = words.strip().lower()
    known = _STAGES.get(lower)
    if known is not None:
        return known
    return _STAGES.get(lower.replace(":", " ").partition(" ")[0], "unknown")


def seconds_of(clock: str) -> float | None:
    """Give the seconds of "00:01:30", "5+00:01:30" (days) or "1m30s"; None where it is none of these."""
    found = _CLOCK.fullmatch(clock)
    if found is not None:
        days, hours, minutes, seconds = found.groups()
        return ((int(days or 0) * 24 + int(hours)) * 60 + int(minutes)) * 60.0 + int(seconds)
    found = _UNITS.fullmatch(clock)
    if found is not None and clock:
        days, hours, minutes, seconds = found.groups()
        return ((int(days or 0) * 24 + int(hours or 0)) * 60 + int(minutes or 0)) * 60 + float(seconds or 0)
    return None


@lru_cache(maxsize=1024)
def moment(seconds: int) -> str:
    """Give "2026-11-23T13:30:05" for seconds since 1970, UTC; "" where that is before 1970 or after the year 9999."""
    if not 0 <= seconds < _LAST_SECOND:
        return ""
    return (_EPOCH + dt.timedelta(seconds=seconds)).isoformat()[:19]


def bare(address: str) -> str:
    """Take the angle brackets off an address; the null reverse-path stays "<>" (RFC 5321 §4.5.5)."""
    address = address.strip()
    if address == "<>":
        return address
    return address.removeprefix("<").removesuffix(">")
