"""Telling a story of the journal: in words for a person, as values for a program.

Pure: a `Story` in, lines or dicts out. Here words become lines of a page; which words is `teller`'s. Must not
know where the records came from, nor where the lines go.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any, Final

import msgspec

from gatepost.journal.explained import Explain, context_of, explain_reply
from gatepost.journal.query import Story
from gatepost.journal.records import Attempt, Closed, Deferred, Opened, Reception, Said, SecuredIn
from gatepost.journal.teller import Teller, Tone
from gatepost.journal.words import local, printable, reach, rfc3339
from gatepost.reply.reply import Reply

_COLOURS: Final[dict[Tone, str]] = {
    "plain": "",
    "head": "\x1b[1m",
    "good": "\x1b[32m",
    "later": "\x1b[33m",
    "bad": "\x1b[31m",
    "faint": "\x1b[2m",
}
_TEXT_COLUMN: Final = 25  # two spaces, the time of day, how long since the beginning
_LABEL: Final = 10
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def story(
    told: Story,
    colour: bool = False,
    *,
    width: int = 100,
    zone: tzinfo | None = None,
    explain: Explain | None = None,
) -> list[str]:
    """Tell a story in lines of at most `width` characters (60 at least), times in `zone` (None: local)."""
    teller = Teller(told, zone, explain or explain_reply)
    return list(_laid_out(teller, max(60, width), colour))


def summary(told: Story, *, width: int = 100, zone: tzinfo | None = None) -> str:
    """Tell a story in one line: when, which, what became of it, who to whom, about what."""
    headline = Teller(told, zone, explain_reply).headline()
    line = printable(f"{local(told.records[0].time, zone):%Y-%m-%d %H:%M:%S}  {headline}")
    return line if len(line) <= width else line[: width - 1] + "…"


def as_json(told: Story, *, explain: Explain | None = None) -> list[dict[str, Any]]:
    """Give the records of a story as `trace --json` prints them, each reply with its explanation.

    `time` and `next_attempt` are RFC 3339 in UTC with milliseconds. `reply` has all its fields; the `peer`
    of what was said to a client is that client.
    """
    explained = explain or explain_reply
    client = next((record.peer for record in told.records if isinstance(record, (Opened, Reception))), "")
    rows = []
    for record in told.records:
        fields = msgspec.to_builtins(record)
        row: dict[str, Any] = {
            "time": rfc3339(record.time),
            "type": fields.pop("type"),
            "session": record.session,
            "message": record.message,
        }
        for name in ("time", "session", "message"):
            fields.pop(name, None)
        if isinstance(record, (Said, Closed, SecuredIn)) and client and record.session == told.session:
            row["peer"] = client
        row |= fields
        if isinstance(record, Deferred):
            row["next_attempt"] = rfc3339(record.next_attempt)
        if isinstance(record, (Opened, Said, Reception, Attempt)):
            row["reply"] = _reply_fields(record.reply)
            explanation = explained(record.reply, context_of(record, client))
            row["explanation"] = msgspec.to_builtins(explanation)
        if isinstance(record, Attempt) and record.dialogue:
            row["dialogue"] = [
                {"command": step.command, "reply": _reply_fields(step.reply), "recipient": step.recipient}
                for step in record.dialogue
            ]
        rows.append(row)
    return rows


def _reply_fields(reply: Reply) -> dict[str, Any]:
    return {"code": reply.code, "enhanced": reply.enhanced, "text": reply.text, "entry": reply.entry}


def _laid_out(teller: Teller, width: int, colour: bool) -> Iterator[str]:
    day = None
    before = teller.began
    for line in teller.lines():
        if line.time is None and not line.label:
            lead, rest = "", "  "
        elif line.time is None:
            lead, rest = f"{'':{_TEXT_COLUMN}}{line.label:{_LABEL}}", " " * (_TEXT_COLUMN + _LABEL)
        else:
            there = local(line.time, teller.zone)
            if there.date() != day:
                day = there.date()
                yield _painted(f"{_DAYS[there.weekday()]} {day}, {_zone_name(there)}", "faint", colour)
            since = _since(line.time - before)
            lead = f"  {there:%H:%M:%S}.{there.microsecond // 1000:03d}{since:>10} "
            rest = " " * (_TEXT_COLUMN + 2)
        text = printable(line.text.replace("\n", " / "))
        indent = text[: len(text) - len(text.lstrip())]
        wrapped = textwrap.wrap(
            text.lstrip(), width - max(len(lead), len(rest)) - len(indent), break_on_hyphens=False
        ) or [""]
        yield _painted(lead, "faint", colour) + _painted(indent + wrapped[0], line.tone, colour)
        for part in wrapped[1:]:
            yield _painted(rest + indent + part, line.tone, colour)


def _painted(text: str, tone: Tone, colour: bool) -> str:
    start = _COLOURS[tone] if colour and text.strip() else ""
    return f"{start}{text}\x1b[0m" if start else text


def _since(seconds: float) -> str:
    """Write the time since the beginning: to the millisecond while that says something."""
    return f"+{seconds:.3f}" if seconds < 1000 else f"+{reach(seconds)}"


def _zone_name(there: datetime) -> str:
    offset = f"{there:%z}"
    return "UTC" if offset in {"", "+0000"} else f"UTC{offset[:3]}:{offset[3:]}"
