"""What became of a message, folded from its records one by one.

One fold for the live page and the story page, so that they cannot disagree. Pure: no files, no clock, and no
knowledge of pages. Tolerates a story whose beginning is missing (an attempt for a message received last week).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from gatepost.journal.explained import context_of
from gatepost.journal.records import (
    AnyRecord,
    Attempt,
    Bounced,
    Deferred,
    Deleted,
    HeldBack,
    Opened,
    Reception,
    Released,
    Said,
)
from gatepost.policy.disposition import Action
from gatepost.reply.explanation import Context
from gatepost.reply.reply import Reply

MAX_RECIPIENTS: Final = 2000  # fates kept per message; reception allows fewer recipients than this


class Fate(StrEnum):
    """Where a message, or one recipient's copy of it, stands."""

    REFUSED = "refused"
    PUT_OFF = "put off"
    FAILED = "failed"
    HELD = "held"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    DELETED = "deleted"
    DISCARDED = "discarded"


_GRAVEST_FIRST: Final = (
    Fate.FAILED,
    Fate.HELD,
    Fate.WAITING,
    Fate.ACCEPTED,
    Fate.DELETED,
    Fate.DELIVERED,
    Fate.DISCARDED,
)
_BY_OUTCOME: Final = {"delivered": Fate.DELIVERED, "deferred": Fate.WAITING, "failed": Fate.FAILED}


class Told:
    """A reply that decided something, and what is known beside its words."""

    __slots__ = ("context", "reply")

    def __init__(self, reply: Reply, context: Context) -> None:
        self.reply = reply
        self.context = context


def told(record: Opened | Said | Reception | Attempt, client: str = "") -> Told:
    """Note the reply of a record; `client` is whom we said it to, where the record does not know."""
    return Told(record.reply, context_of(record, client))


class MessageFate:
    """One message: its envelope as far as it is known, each recipient's fate, and the reply that decided."""

    __slots__ = (
        "_fates", "_last", "ended", "held_by", "id", "next_attempt", "notice", "reason", "reception", "released_by",
        "time",
    )  # fmt: skip

    def __init__(self, message: str, time: float) -> None:
        self.id = message
        self.time = time
        self.ended = time
        self.reception: Reception | None = None
        self.next_attempt = 0.0
        self.notice = ""
        self.reason = ""
        self.held_by = ""
        self.released_by = ""
        self._fates: dict[str, Fate] = {}
        self._last: dict[str, Told] = {}

    def apply(self, record: AnyRecord) -> None:
        """Take the next record about this message."""
        self.ended = record.time
        match record:
            case Reception():
                self.reception = record
                self._set(record.recipients, _fate_at_reception(record))
                self._tell(record.recipients, told(record))
                if record.disposition.action is Action.QUARANTINE:
                    self.reason = "; ".join(record.disposition.reasons) or f"Rule {record.disposition.rule}"
            case Attempt():
                self._set(record.recipients, _BY_OUTCOME.get(record.outcome, Fate.WAITING))
                self._tell(record.recipients, told(record))
            case Deferred():
                self._set(record.recipients, Fate.WAITING)
                self.next_attempt = record.next_attempt
            case Bounced():
                self._set(record.recipients, Fate.FAILED)
                self.notice = record.notice or self.notice
                self.reason = record.reason
            case HeldBack():
                self._set(record.recipients, Fate.HELD)
                self.reason = record.reason
                self.held_by = record.rule
            case Released():
                self._set(record.recipients, Fate.ACCEPTED)
                self.released_by = record.by
            case Deleted():
                self._set(record.recipients, Fate.DELETED)
                self.reason = record.reason or f"Deleted by {record.by} while it was held."
            case _:
                pass  # nothing else changes what becomes of a message

    @property
    def fate(self) -> Fate:
        """The gravest fate among the recipients: what an administrator wants to know first."""
        present = set(self._fates.values())
        if self.reception is not None and not self.reception.reply.positive:
            return _fate_at_reception(self.reception)
        return next((fate for fate in _GRAVEST_FIRST if fate in present), Fate.ACCEPTED)

    @property
    def counts(self) -> list[tuple[Fate, int]]:
        """How many recipients fared how, the gravest first."""
        fates = list(self._fates.values())
        return [(fate, fates.count(fate)) for fate in Fate if fate in fates]

    @property
    def recipients(self) -> list[tuple[str, Fate, Told | None]]:
        """Each recipient with its fate and the last reply about it."""
        return [(name, fate, self._last.get(name)) for name, fate in self._fates.items()]

    @property
    def decided_by(self) -> Told | None:
        """The last reply about a recipient of the gravest fate."""
        gravest = self.fate
        for name, fate in self._fates.items():
            if fate is gravest:
                return self._last.get(name)
        return next(iter(self._last.values()), None)

    def _set(self, recipients: tuple[str, ...], fate: Fate) -> None:
        for name in recipients:
            if name in self._fates or len(self._fates) < MAX_RECIPIENTS:
                self._fates[name] = fate

    def _tell(self, recipients: tuple[str, ...], last: Told) -> None:
        for name in recipients:
            if name in self._fates:
                self._last[name] = last


def _fate_at_reception(record: Reception) -> Fate:
    if not record.reply.positive:
        return Fate.REFUSED if record.reply.permanent else Fate.PUT_OFF
    match record.disposition.action:
        case Action.QUARANTINE:
            return Fate.HELD
        case Action.DISCARD:
            return Fate.DISCARDED
        case Action.RELAY | Action.REJECT | Action.DEFER:
            return Fate.ACCEPTED
