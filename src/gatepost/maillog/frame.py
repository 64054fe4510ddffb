"""What syslog, the journal or a container runtime put around a message: time, host, program.

Each form is tried where the first character of the line allows it, and a frame inside another (syslog's inside a
container's) is taken off too. A line without a frame is all message: some systems write a time and a form of their
own, which their reader knows. Nothing here knows mail.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import Struct

from gatepost.maillog.pieces import moment

_DEPTH: Final = 3
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_TAG: Final = r"([^\s\[\]:(=\"]{1,64})(?:\[([0-9]{1,10})\]|\([0-9]{1,10}\))?: ?"
# What stands between the host and the tag, or before the host: the level that FreeBSD's syslogd -v and busybox tell.
_LEVEL: Final = r"(?:<?[a-z]\w{0,15}\.[a-z]{1,10}>? )?"
# What Solaris puts after the tag.
_MESSAGE_ID: Final = r"(?:\[ID [0-9]{1,10} [a-z0-9.]{1,24}\] )?"
# RFC 3164 §4.1 as the field has it: perhaps a year (network gear), a fraction (journalctl -o short-precise), no host
# (a program's own log).
_MOMENT: Final = (
    r"([A-Z][a-z]{2}) ([ 0-3]?[0-9]) (?:(20[0-9]{2}) )?([0-2][0-9]:[0-5][0-9]:[0-6][0-9](?:\.[0-9]{1,9})?)"
    r"(?: (20[0-9]{2}))? "
)
_STAMP: Final = re.compile(_MOMENT)
_BSD: Final = re.compile(rf"{_MOMENT}{_LEVEL}(?:(\S{{1,255}})(?<!:) )?{_LEVEL}{_TAG}{_MESSAGE_ID}")
_ISO: Final = (
    r"(20[0-9]{2}-[01][0-9]-[0-3][0-9])[T ]([0-2][0-9]:[0-5][0-9]:[0-6][0-9](?:[.,][0-9]{1,9})?)"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_TIMED: Final = re.compile(rf"{_ISO} ")
# rsyslog's and journalctl's ISO form. With a blank between date and time a process id must follow the tag, for so
# begin logs of other forms too (Exim's main log).
_ISO_SYSLOG: Final = re.compile(rf"{_ISO} {_LEVEL}(\S{{1,255}})(?<!:) {_LEVEL}{_TAG}{_MESSAGE_ID}")
# RFC 5424 §6; the structured data is taken off apart.
_RFC5424: Final = re.compile(
    r"1 (?:(20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-9:.]{8,18})(Z|[+-][0-9]{2}:[0-9]{2})?|-) "
    r"(\S{1,255}) (\S{1,64}) (\S{1,128}) (\S{1,64}) "
)
_PRIORITY: Final = re.compile(r"(?:[0-9]{1,7} )?<[0-9]{1,3}>")  # with octets counted: RFC 6587 §3.4.1
_FULL: Final = re.compile(rf"[A-Z][a-z]{{2}} {_ISO} (?:[A-Z0-9+:-]{{1,9}} )(\S{{1,255}}) {_TAG}")
_SECONDS: Final = re.compile(rf"([0-9]{{9,11}}(?:\.[0-9]{{1,9}})?) (\S{{1,255}}) {_TAG}")
_SINCE_BOOT: Final = re.compile(rf"\[ {{0,8}}[0-9]{{1,12}}\.[0-9]{{6}}\] (\S{{1,255}}) {_TAG}")
# Words that stand after the time in logs that have no host there.
_LEVELS: Final = frozenset(
    ("TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "stdout", "stderr")
)
_CONTAINER: Final = re.compile(r"(?:std(?:out|err) [FP](?:[:\w]*) )?")
_SERVICE: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,63} {0,40}\| ")
_TAG_ONLY: Final = re.compile(r"([A-Za-z][\w./-]{0,63})\[([0-9]{1,10})\]: ")


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


def unframe(raw: str, today: dt.date) -> Frame:
    """Take the frame off a line; a line that has none is all message.

    `today` gives the year that BSD syslog leaves out: the latest one that puts the line no more than a day ahead.
    An entry of `journalctl -o export` is one text of several lines, as `maillog.lines` gives it.
    """
    found = _BSD.match(raw)
    if found is not None:
        month, day, year, clock, late, host, program, pid = found.groups()
        date = _date(month, day, year or late or "", today)
        if date:
            return Frame(raw, raw[found.end() :], f"{date}T{clock}", host or "", program, pid or "")
    return _other(raw, raw, today, "", 0)


def _stamped(raw: str, text: str, today: dt.date) -> Frame | None:
    """Take off a time that stands alone: a program's own log, whose form is its reader's."""
    found = _STAMP.match(text)
    if found is None:
        return None
    month, day, year, clock, late = found.groups()
    date = _date(month, day, year or late or "", today)
    return Frame(raw, text[found.end() :], f"{date}T{clock}") if date else None


def _other(raw: str, text: str, today: dt.date, time: str, depth: int) -> Frame:
    """Take off a frame that is not BSD syslog's; `time` is what a frame around this one told."""
    first = text[:1]
    frame = None
    if depth >= _DEPTH:
        pass
    elif first.isdigit():
        frame = _numbered(raw, text, today, depth)
    elif first == "<":
        priority = _PRIORITY.match(text)
        if priority is not None:
            frame = _inner(raw, text[priority.end() :], today, time, depth)
    elif first == "{":
        frame = _json(raw, text, today, depth)
    elif first == "_" and text.startswith("__"):
        frame = _exported(raw, text)
    elif first == "[":
        found = _SINCE_BOOT.match(text)
        if found is not None:
            frame = Frame(raw, text[found.end() :], time, found[1], found[2], found[3] or "")
    elif first.isalpha():
        frame = _lettered(raw, text, today, time, depth)
    return frame or Frame(raw, text, time)


def _inner(raw: str, text: str, today: dt.date, time: str, depth: int) -> Frame:
    """Take a frame off what stood inside another frame."""
    found = _BSD.match(text)
    if found is not None:
        frame = unframe(text, today)
        return Frame(raw, frame.message, frame.time, frame.host, frame.program, frame.pid)
    return _other(raw, text, today, time, depth + 1)


def _numbered(raw: str, text: str, today: dt.date, depth: int) -> Frame | None:
    """Read what begins with a digit: a date, a number of seconds, a version, a count of octets."""
    found = _ISO_SYSLOG.match(text)
    if found is not None and (found[6] or text[10] == "T"):
        date, clock, offset, host, program, pid = found.groups()
        if host not in _LEVELS:
            return Frame(raw, text[found.end() :], _moment(date, clock, offset), host, program, pid or "")
    found = _TIMED.match(text)
    if found is not None and text[10] == "T":
        # CRI's and docker's own stamp, then a line of any form.
        begin = _CONTAINER.match(text, found.end())
        rest = text[begin.end() if begin is not None else found.end() :]
        return _inner(raw, rest, today, _moment(found[1], found[2], found[3]), depth)
    if text.startswith("1 "):
        return _structured(raw, text)
    priority = _PRIORITY.match(text)
    if priority is not None:
        return _inner(raw, text[priority.end() :], today, "", depth)
    found = _SECONDS.match(text)
    if found is not None:
        return Frame(raw, text[found.end() :], _since_1970(found[1]), found[2], found[3], found[4] or "")
    return None


def _lettered(raw: str, text: str, today: dt.date, time: str, depth: int) -> Frame | None:
    """Read what begins with a letter: a day of the week, a name of a service, a tag alone."""
    found = _TAG_ONLY.match(text)
    if found is not None:
        return Frame(raw, text[found.end() :], time, "", found[1], found[2])
    found = _FULL.match(text)
    if found is not None:
        date, clock, offset, host, program, pid = found.groups()
        return Frame(raw, text[found.end() :], _moment(date, clock, offset), host, program, pid or "")
    frame = _stamped(raw, text, today)
    if frame is not None:
        return frame
    found = _SERVICE.match(text)
    if found is not None:
        return _inner(raw, text[found.end() :], today, time, depth)
    return None


def _structured(raw: str, text: str) -> Frame | None:
    found = _RFC5424.match(text)
    if found is None:
        return None
    stamp, offset, host, program, pid, _ = found.groups()
    at = found.end()
    if text.startswith("[", at):
        at = _after_elements(text, at)
    elif text.startswith("-", at):
        at += 1
    message = text[at:].removeprefix(" ").removeprefix("\ufeff")
    told = [("" if word == "-" else word) for word in (host, program, pid)]
    time = f"{stamp}{'+00:00' if offset == 'Z' else offset or ''}" if stamp else ""
    return Frame(raw, message, time, *told)


def _after_elements(text: str, at: int) -> int:
    """Give the place after the elements of RFC 5424 §6.3, in which quotes hold anything."""
    quoted = False
    while at < len(text):
        sign = text[at]
        if quoted and sign == "\\":
            at += 1
        elif sign == '"':
            quoted = not quoted
        elif sign == "]" and not quoted and not text.startswith("[", at + 1):
            return at + 1
        at += 1
    return at


def _json(raw: str, text: str, today: dt.date, depth: int) -> Frame | None:
    """Read an entry of `journalctl -o json`, or of docker's json-file."""
    if '"MESSAGE"' not in text and '"log"' not in text:
        return None
    try:
        entry = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return None
    if not isinstance(entry, dict):
        return None
    if "MESSAGE" in entry:
        return _entry(raw, {name: _text(value) for name, value in entry.items()})
    return _inner(raw, _text(entry.get("log")).rstrip("\r\n"), today, _text(entry.get("time")), depth)


def _exported(raw: str, text: str) -> Frame | None:
    fields = dict(line.partition("=")[::2] for line in text.split("\n"))
    return _entry(raw, fields) if "MESSAGE" in fields else None


def _entry(raw: str, fields: dict[str, str]) -> Frame:
    """Build the frame from the journal's fields: systemd.journal-fields(7)."""
    micros = fields.get("_SOURCE_REALTIME_TIMESTAMP") or fields.get("__REALTIME_TIMESTAMP", "")
    time = (
        _since_1970(f"{micros[:-6]}.{micros[-6:]}") if micros.isdecimal() and 15 <= len(micros) <= 17 else ""
    )
    program = fields.get("SYSLOG_IDENTIFIER") or fields.get("_COMM", "")
    pid = fields.get("SYSLOG_PID") or fields.get("_PID", "")
    return Frame(raw, fields["MESSAGE"], time, fields.get("_HOSTNAME", ""), program, pid)


def _text(value: Any) -> str:
    """Give a field's text; the journal writes what is not UTF-8 as an array of octets."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(type(one) is int and 0 <= one < 256 for one in value):
        octets = bytes(value)
        try:
            return octets.decode()
        except UnicodeDecodeError:
            return octets.decode("latin-1")
    return ""


def _moment(date: str, clock: str, offset: str | None) -> str:
    if offset and offset != "Z" and ":" not in offset:
        offset = f"{offset[:3]}:{offset[3:]}"
    return f"{date}T{clock.replace(',', '.')}{'+00:00' if offset == 'Z' else offset or ''}"


def _since_1970(seconds: str) -> str:
    whole, _, fraction = seconds.partition(".")
    return f"{moment(int(whole))}{'.' if fraction else ''}{fraction}+00:00"


@lru_cache(maxsize=1024)
def _date(month: str, day: str, year: str, today: dt.date) -> str:
    """Give "2026-11-23", or "" where there is no such day."""
    number = _MONTHS.get(month)
    if number is None:
        return ""
    years = [int(year)] if year else range(today.year + 1, today.year - 8, -1)
    for one in years:
        try:
            date = dt.date(one, number, int(day))
        except ValueError:  # 29 February belongs to a leap year
            continue
        if year or (date - today).days <= 1:
            return date.isoformat()
    return ""
