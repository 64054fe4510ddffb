"""What became of a message, in a word and a sentence: read off its records.

Pure: records in, a `Fate` out. The headline of every story, and the one-line summary of a list of stories.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, assert_never

from msgspec import Struct

from gatepost.journal.records import (
    AnyRecord,
    Attempt,
    Bounced,
    Closed,
    Deferred,
    Deleted,
    HeldBack,
    ListChanged,
    Noted,
    Opened,
    Reception,
    Released,
    Said,
    SecuredIn,
)
from gatepost.journal.words import reach
from gatepost.policy.disposition import Action

State = Literal[
    "delivered", "queued", "waiting", "held", "failed", "deleted", "discarded", "refused", "put off", "none"
]
_GRAVEST: tuple[State, ...] = ("failed", "held", "waiting", "queued", "deleted", "delivered")


class Fate(Struct, frozen=True):
    """Where a message or a session has come to: a state, and a sentence without a full stop."""

    state: State
    words: str


def fate(message: str, records: Iterable[AnyRecord], moment: Callable[[float], str]) -> Fate:
    """Tell what became of one message; `moment` writes a time of day."""
    course = _Course()
    for record in records:
        if record.message == message:
            course.take(record)
    reception = course.reception
    if reception is None:
        if course.refused is None:
            return Fate("none", "begun, but no content was received")
        refused = course.refused
        return _refused(refused.reply.code, _at(refused.stage), refused.reply.entry)
    if not reception.reply.positive:
        return _refused(reception.reply.code, "after its content", reception.reply.entry)
    if reception.disposition.action is Action.DISCARD:
        return Fate("discarded", f"accepted and discarded by rule {reception.disposition.rule}")
    return course.fate(reception, moment)


class _Course:
    """Where each recipient of one message has come to, as one record after the other tells it."""

    def __init__(self) -> None:
        self.reception: Reception | None = None
        self.refused: Said | None = None
        self._states: dict[str, State] = {}
        self._attempts = 0
        self._last = 0.0
        self._next = 0.0
        self._notice = ""
        self._released_by = ""
        self._deleted_by = ""

    def take(self, record: AnyRecord) -> None:
        match record:
            case Reception():
                self.reception = record
                self._put("queued", record.recipients)
            case Said():
                self.refused = self.refused if record.reply.positive else record
            case Attempt():
                if record.dialogue or record.time != self._last:  # one try may give several records
                    self._attempts += 1
                self._last = record.time
                if record.outcome == "delivered":
                    self._put("delivered", record.recipients)
            case Deferred():
                self._put("waiting", record.recipients)
                self._next = record.next_attempt
            case Bounced():
                self._put("failed", record.recipients)
                self._notice = record.notice or self._notice
            case HeldBack():
                self._put("held", record.recipients)
            case Released():
                self._put("queued", record.recipients)
                self._released_by = record.by
            case Deleted():
                self._put("deleted", record.recipients)
                self._deleted_by = record.by
            case Opened() | Closed() | SecuredIn() | Noted() | ListChanged():
                pass
            case _:
                assert_never(record)

    def fate(self, reception: Reception, moment: Callable[[float], str]) -> Fate:
        states = list(self._states.values())
        if not states:
            return Fate("none", "accepted, without recipients")
        gravest = next(state for state in _GRAVEST if state in states)
        match gravest:
            case "delivered":
                tries = f", at the {_ordinal(self._attempts)} attempt" if self._attempts > 1 else ""
                released = f", released by {self._released_by}" if self._released_by else ""
                words = f"delivered in {reach(self._last - reception.time)}{tries}{released}"
            case "waiting":
                words = f"waiting after {_count(self._attempts, 'attempt')}, next try {moment(self._next)}"
            case "failed":
                words = "failed for good, " + (
                    f"reported in {self._notice}" if self._notice else "no report due"
                )
            case "held":
                words = "held until a person acts"
            case "deleted":
                words = (
                    f"held, and deleted by {self._deleted_by}"
                    if self._deleted_by
                    else "held, and deleted when nobody had decided in time"
                )
            case _:
                words = (
                    f"released by {self._released_by}, on its way"
                    if self._released_by
                    else "accepted, on its way"
                )
        if len(set(states)) > 1:
            counts = ", ".join(f"{states.count(state)} {state}" for state in _GRAVEST if state in states)
            words = f"{words} ({counts})"
        return Fate(gravest, words)

    def _put(self, state: State, recipients: Iterable[str]) -> None:
        for recipient in recipients:
            self._states[recipient] = state


def session_fate(records: Iterable[AnyRecord]) -> Fate:
    """Tell what became of a session in which no message was begun."""
    ended = ""
    for record in records:
        match record:
            case Opened() if not record.reply.positive:
                return _refused(record.reply.code, "on connecting", record.reply.entry)
            case Said() if not record.reply.positive:
                # RFC 5321 §4.2.2: 421 ends the session, whatever was refused before.
                if not ended or record.reply.code == 421:
                    where = (
                        f"at {record.stage.upper()}" if record.stage not in {"", "any"} else "in the session"
                    )
                    ended = _refused(record.reply.code, where, record.reply.entry).words
            case Closed():
                if not ended and record.how == "lost":
                    return Fate("none", "the client went away without sending a message")
            case _:
                pass
    if ended:
        return Fate("put off" if ended.startswith("put off") else "refused", ended)
    return Fate("none", "no message was sent")


def _refused(code: int, where: str, entry: str) -> Fate:
    said = f"{where}: {code}{f' {entry}' if entry else ''}"
    if code < 500:
        return Fate("put off", f"put off {said}")
    return Fate("refused", f"refused {said}")


def _at(stage: str) -> str:
    return "in the session" if stage in {"", "any"} else f"at {stage.upper()}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"


def _ordinal(number: int) -> str:
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"
