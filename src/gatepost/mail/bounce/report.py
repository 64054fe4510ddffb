"""The part of a report that is for programs: fields about the message, then groups of fields, one per recipient.

RFC 3464 §2, RFC 6533 §3 for addresses beyond ASCII. Real ones leave out blank lines or put in too many, fold badly,
and lack types; so groups are told by their fields rather than by blank lines alone. Junk gives no recipients.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, get_args

from msgspec import Struct

from gatepost.mail.bounce.said import joined, said
from gatepost.mail.bounce.value import Action, Failure
from gatepost.mail.header import decode_words

MAX_FAILURES: Final = 500
_MAX_LINES: Final = 20_000
_MAX_VALUE: Final = 4000
_FIELD: Final = re.compile(r"[ \t]{0,4}([A-Za-z][A-Za-z0-9-]{1,60})[ \t]{0,4}:")
_ADDRESSES: Final = ("final-recipient", "original-recipient", "x-actual-recipient")
_OF_RECIPIENTS: Final = frozenset(
    (
        *_ADDRESSES,
        *("action", "status", "remote-mta", "diagnostic-code", "last-attempt-date", "will-retry-until"),
        *("final-log-id", "x-display-name", "smtp-remote-recipient"),
    )
)
_STATUS: Final = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
_WIDE: Final = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_ACTIONS: Final = {each: each for each in get_args(Action) if each} | {
    "failure": "failed",
    "fail": "failed",
    "delay": "delayed",
    "deliverable": "delivered",
    "relay": "relayed",
}
_TYPE: Final = re.compile(r"[ ]{0,4}([A-Za-z][A-Za-z0-9.-]{0,30})[ ]{0,4};[ ]{0,4}")


class Report(Struct, frozen=True):
    """The fields about the message that are of use, and the recipients in order."""

    reporting: str
    arrived: str
    message_id: str
    failures: tuple[Failure, ...]


def looks_like_report(text: str) -> bool:
    """Tell whether a text holds the fields of a report, whatever type it claims to have."""
    found = {name for name, _ in _fields(text[:16_384])}
    return bool(found & {"final-recipient", "original-recipient"}) and bool(found & {"action", "status"})


def read_report(text: str) -> Report:
    """Read the fields of a report; at most MAX_FAILURES recipients."""
    about: dict[str, str] = {}
    groups: list[dict[str, str]] = []
    open_group = False
    for name, value in _fields(text):
        if not name:  # a blank line
            open_group = False
        elif name not in _OF_RECIPIENTS:
            about.setdefault(name, value)
        elif open_group and name not in groups[-1]:
            groups[-1][name] = value
        elif groups and name not in groups[-1] and name not in _ADDRESSES and "status" not in groups[-1]:
            groups[-1][name] = value  # a blank line too many
            open_group = True
        elif len(groups) < MAX_FAILURES:
            groups.append({name: value})
            open_group = True
        else:
            break
    failures = (_failure(group) for group in groups)
    return Report(
        _name(about.get("reporting-mta", "")),
        about.get("arrival-date", ""),
        about.get("x-original-message-id", "") or about.get("original-message-id", ""),
        tuple(failure for failure in failures if failure.address or failure.action),
    )


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """Give name and value of each field, and ("", "") for each blank line."""
    name, values = "", list[str]()
    for line in text.split("\n", _MAX_LINES)[:_MAX_LINES]:
        field = _FIELD.match(line)
        known = field is not None and (not line[:1].isspace() or field[1].lower() in _OF_RECIPIENTS)
        if field is not None and known:
            if name:
                yield name, _value(values)
            name, values = field[1].lower(), [line[field.end() :]]
        elif not line.strip():
            if name:
                yield name, _value(values)
            name = ""
            yield "", ""
        elif name:  # folded, with or without the blank that it should begin with
            values.append(line)
    if name:
        yield name, _value(values)


def _value(values: list[str]) -> str:
    text = " ".join(each[:_MAX_VALUE].strip() for each in values[:100])[:_MAX_VALUE].strip()
    return decode_words(text) if "=?" in text else text


def _failure(group: dict[str, str]) -> Failure:
    type_, diagnostic = _typed(group.get("diagnostic-code", ""))
    peer = _name(group.get("remote-mta", ""))
    heard = said(diagnostic)
    with_code = diagnostic[:1] in ("2", "4", "5") and diagnostic[1:3].isdecimal()
    own = heard.local or (type_ not in ("smtp", "lmtp", "") and not heard.peer and not with_code)
    text = joined(diagnostic) if own else heard.reply
    status = _STATUS.search(group.get("status", ""))
    final = _address(group.get("final-recipient", "")) or _address(group.get("x-actual-recipient", ""))
    original = _address(group.get("original-recipient", ""))
    return Failure(
        final=final,
        original=original if original != final else "",
        action=_ACTIONS.get(group.get("action", "").lower().partition(" ")[0].strip(" ;,."), ""),
        status=status[0] if status else "",
        peer=peer or heard.peer,
        diagnostic=text,
        diagnostic_type=type_,
        local=own,
        stage=heard.stage,
        last_attempt=group.get("last-attempt-date", ""),
        until=group.get("will-retry-until", ""),
    )


def _typed(value: str) -> tuple[str, str]:
    """Take "type; text" apart; a type is one word, and often missing."""
    found = _TYPE.match(value)
    if found is None:
        return "", value
    return found[1].lower(), value[found.end() :]


def _address(value: str) -> str:
    type_, text = _typed(value)
    text = text if type_ else value
    if type_ == "utf-8":  # RFC 6533 §3: characters may be given by number
        text = _WIDE.sub(_character, text)
    text = text.strip().strip("<>")[:320]
    return "" if text.lower() in ("unknown", "") or text.startswith("@") else text


def _character(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    return chr(number) if 31 < number < 0x110000 and not 0xD800 <= number < 0xE000 else match[0]


def _name(value: str) -> str:
    type_, text = _typed(value)
    text = (text if type_ else value).partition(" (")[0].strip().rstrip(".")[:320]
    return "" if text.lower() in ("unknown", "(unknown)") else text
