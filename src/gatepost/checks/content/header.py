"""The header check: what is not as RFC 5322 has it, told as facts, one finding per kind.

At the end of data, at once. It looks at the fields as the view of the message has them; where readers could see
different messages is `structure`'s affair, and who the author is `identity`'s. Our own clients may leave out what a
server of submission adds (RFC 6409 §8): the date and the message id.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from gatepost.checks.evidence.text import HeaderEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.mail.clock import Clock
from gatepost.mail.date import read_date
from gatepost.mail.mime import View

DAY: Final = 86_400
FUTURE: Final = DAY
"""Seconds that a date may lie ahead: zones that are set wrong are off by less."""
PAST: Final = 30 * DAY
"""Seconds that a date may lie behind: no queue keeps mail for longer."""
MAX_LINE: Final = 998
"""Octets of a line without its end, RFC 5322 §2.1.1."""
_SINGLE: Final = frozenset(
    {
        "date", "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "in-reply-to", "references", "subject",
        "mime-version",
    }
)  # fmt: skip
"""Fields that stand in a header once at most: RFC 5322 §3.6, RFC 2045 §4."""
_NEVER_EMPTY: Final = ("from", "sender", "reply-to", "to", "cc", "in-reply-to", "references")
_MESSAGE_ID: Final = re.compile(rb"\s*<[^\s<>@]+@[^\s<>@]+>\s*(?:\([^()]*\)\s*)?")
_GROUP: Final = re.compile(rb"\s*[^,;:@<>]*:\s*;\s*")
_MAX_SHOWN: Final = 80
_MAX_EVIDENCE: Final = 10
_NAME: Final = "header"
_NOTHING: Final[tuple[Finding, ...]] = ()

_Matters = Iterator[tuple[str, HeaderEvidence]]


class HeaderCheck:
    """Compare the header with the standard."""

    name = _NAME
    stages = frozenset({Stage.CONTENT})

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Sequence[Finding]:
        """Report a finding for each kind of matter. Raises OSError when the content cannot be read."""
        if content is None:
            return _NOTHING
        found: dict[str, list[HeaderEvidence]] = {}
        for name, evidence in _matters(content.view(), facts, self._clock()):
            found.setdefault(name, []).append(evidence)
        return [
            Finding(
                check=_NAME,
                stage=stage,
                result=Result.FOUND,
                name=name,
                evidence=tuple(evidence[:_MAX_EVIDENCE]),
            )
            for name, evidence in found.items()
        ]


def _matters(view: View, facts: Facts, now: float) -> _Matters:
    values: dict[str, bytes] = {}
    for field in view.root.fields:
        if field.name in values:
            if field.name in _SINGLE:
                yield "header-field-twice", HeaderEvidence(field.name, "is there more than once")
        else:
            values[field.name] = field.value
    yield from _date(values.get("date", b""), facts, now)
    message_id = values.get("message-id", b"")
    if not message_id.strip():
        if not facts.relay:
            yield "header-no-message-id", HeaderEvidence("message-id", "is missing")
    elif not _MESSAGE_ID.fullmatch(message_id[:MAX_LINE]):
        yield (
            "header-message-id-invalid",
            HeaderEvidence("message-id", "is not <one@place>", _shown(message_id)),
        )
    if "from" not in values:
        yield "header-no-from", HeaderEvidence("from", "is missing")
    for name in _NEVER_EMPTY:
        if name in values and not values[name].strip():
            yield "header-field-empty", HeaderEvidence(name, "is empty")
    yield from _recipients(values)
    if "content-type" in values and "mime-version" not in values:
        yield (
            "header-no-mime-version",
            HeaderEvidence("mime-version", "is missing, though there is a content-type"),
        )
    yield from _octets(view, facts)


def _date(value: bytes, facts: Facts, now: float) -> _Matters:
    if not value.strip():
        if not facts.relay:
            yield "header-no-date", HeaderEvidence("date", "is missing")
        return
    date = read_date(value[:MAX_LINE].decode("ascii", "replace"))
    if date is None:
        yield "header-date-invalid", HeaderEvidence("date", "is no date", _shown(value))
    elif date > now + FUTURE:
        days = round((date - now) / DAY)
        yield "header-date-future", HeaderEvidence("date", f"lies {_days(days)} ahead", _shown(value))
    elif date < now - PAST:
        days = round((now - date) / DAY)
        yield "header-date-past", HeaderEvidence("date", f"lies {_days(days)} back", _shown(value))


def _recipients(values: dict[str, bytes]) -> _Matters:
    named = [values[name] for name in ("to", "cc", "bcc") if name in values]
    if not named:
        yield "header-no-recipients", HeaderEvidence("to", "and cc are missing")
    elif all(_GROUP.fullmatch(value[:MAX_LINE]) for value in named):
        yield (
            "header-recipients-undisclosed",
            HeaderEvidence("to", "names an empty group only", _shown(named[0])),
        )


def _octets(view: View, facts: Facts) -> _Matters:
    block = view.octets[view.root.start : view.root.body_start]
    longest = max(map(len, block.splitlines()), default=0)
    if longest > MAX_LINE:
        yield (
            "header-line-too-long",
            HeaderEvidence("", f"has a line of {longest:,} octets; {MAX_LINE} are allowed"),
        )
    if not facts.smtputf8 and not block.isascii():
        names = [field.name for field in view.root.fields if not field.value.isascii()]
        field = names[0] if names else ""
        yield (
            "header-not-ascii",
            HeaderEvidence(field, "has octets beyond ASCII, and MAIL did not ask for SMTPUTF8"),
        )


def _days(days: int) -> str:
    return f"{days:,} {'day' if days == 1 else 'days'}"


def _shown(value: bytes) -> str:
    text = " ".join(value[: 4 * _MAX_SHOWN].decode("utf-8", "replace").split())[:_MAX_SHOWN]
    return "".join([c if c.isprintable() else "?" for c in text])
