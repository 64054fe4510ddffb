"""A session's dialogue and a message's story, arranged for the templates from the records of a `Story`.

Bounded: a session of ten thousand commands shows its first and last steps, and says how many are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from gatepost.checks.finding import Finding
from gatepost.journal.records import (
    AnyRecord,
    Attempt,
    Bounced,
    Closed,
    Deferred,
    Deleted,
    HeldBack,
    Opened,
    Reception,
    Released,
    Said,
    SecuredIn,
)
from gatepost.policy.disposition import Disposition
from gatepost.reply.explanation import Context
from gatepost.smtp.client_event import Step as Exchange
from gatepost.web.explained import Explained, explained, explained_told
from gatepost.web.fate import MessageFate, told

MAX_STEPS: Final = 300
_OF_A_MESSAGE: Final = (Reception, Attempt, Deferred, Bounced, HeldBack, Released, Deleted)
_ENDINGS: Final = {
    "quit": "The client said QUIT and the connection was closed.",
    "lost": "The client went away without QUIT.",
    "refused": "We broke the connection off.",
}


class Step(Struct, frozen=True, kw_only=True):
    """One step of a dialogue: what the client said, or a note, and our reply with what lies behind it."""

    time: float
    command: str = ""
    note: str = ""
    answer: Explained | None = None
    findings: tuple[Finding, ...] = ()
    disposition: Disposition | None = None
    reason: str = ""
    message: str = ""
    subject: str = ""


class Asked(Struct, frozen=True):
    """One command of ours to a next hop, and its reply."""

    exchange: Exchange
    answer: Explained


class Chapter(Struct, frozen=True, kw_only=True):
    """One event in the story of a message; `kind` is the record's type."""

    kind: str
    record: AnyRecord
    answer: Explained | None = None
    dialogue: tuple[Asked, ...] = ()


class Dialogue(Struct, frozen=True, kw_only=True):
    """A session as its page shows it. `omitted` steps are left out after the first half of `steps`."""

    id: str
    time: float
    peer: str
    local: str
    helo: str
    tls: str
    seconds: float | None
    notice_of: str
    steps: tuple[Step, ...]
    omitted: int
    messages: tuple[MessageFate, ...]


def dialogue(session: str, records: Iterable[AnyRecord]) -> Dialogue:
    """Arrange the records of one session; those of other sessions (delivery reports) are left out."""
    own = [record for record in records if record.session == session]
    spoken = [record for record in own if isinstance(record, (Opened, Said, SecuredIn, Reception, Closed))]
    omitted = max(0, len(spoken) - MAX_STEPS)
    if omitted:
        spoken = spoken[: MAX_STEPS // 2] + spoken[-(MAX_STEPS // 2) :]
    opened = next((record for record in own if isinstance(record, Opened)), None)
    closed = next((record for record in own if isinstance(record, Closed)), None)
    first = next((record for record in own if isinstance(record, Reception)), None)
    peer = opened.peer if opened else first.peer if first else ""
    helo = next(
        (r.command for r in own if isinstance(r, Said) and r.stage == "helo" and r.reply.positive), ""
    ).partition(" ")[2]
    began = opened.time if opened else own[0].time if own else 0.0
    return Dialogue(
        id=session,
        time=began,
        peer=peer,
        local=opened.local if opened else "",
        helo=helo or (first.helo if first else ""),
        tls=next((r.tls for r in own if isinstance(r, SecuredIn)), first.tls if first else ""),
        seconds=closed.time - began if closed else None,
        notice_of=first.notice_of if first else "",
        steps=tuple(_step(record, peer) for record in spoken),
        omitted=omitted,
        messages=tuple(fates(own)),
    )


def fates(records: Iterable[AnyRecord]) -> list[MessageFate]:
    """Fold records into what became of each message they are about."""
    found: dict[str, MessageFate] = {}
    for record in records:
        if not isinstance(record, _OF_A_MESSAGE):
            continue
        message = found.get(record.message)
        if message is None:
            message = found[record.message] = MessageFate(record.message, record.time)
        message.apply(record)
    return list(found.values())


def chapters(message: str, records: Iterable[AnyRecord]) -> tuple[list[Chapter], int]:
    """Arrange the story of one message and of the reports about it; give how many chapters are left out too."""
    about = [
        record
        for record in records
        if isinstance(record, _OF_A_MESSAGE)
        and (record.message == message or (isinstance(record, Reception) and record.notice_of == message))
    ]
    omitted = max(0, len(about) - MAX_STEPS)
    if omitted:
        about = about[: MAX_STEPS // 2] + about[-(MAX_STEPS // 2) :]
    return [_chapter(record, message) for record in about], omitted


def _chapter(record: AnyRecord, message: str) -> Chapter:
    match record:
        case Reception():
            kind = "reception" if record.message == message else "report"
            answer = explained_told(told(record))
            return Chapter(kind=kind, record=record, answer=answer)
        case Attempt():
            asked = tuple(
                Asked(step, explained(step.reply, _asked_context(record, step.command)))
                for step in record.dialogue[:MAX_STEPS]
            )
            return Chapter(kind="attempt", record=record, answer=explained_told(told(record)), dialogue=asked)
        case Deferred():
            return Chapter(kind="deferred", record=record)
        case Bounced():
            return Chapter(kind="failed", record=record)
        case Released():
            return Chapter(kind="released", record=record)
        case Deleted():
            return Chapter(kind="deleted", record=record)
        case _:
            return Chapter(kind="held", record=record)


def _asked_context(attempt: Attempt, command: str) -> Context:
    return Context(direction="received", stage=stage_of(command), peer=attempt.peer)


_STAGES: Final = {
    "": "connect", "EHLO": "helo", "HELO": "helo", "LHLO": "helo", "STARTTLS": "starttls", "AUTH": "auth",
    "MAIL": "mail", "RCPT": "rcpt", "DATA": "data", ".": "content", "QUIT": "quit",
}  # fmt: skip


def stage_of(command: str) -> str:
    """Name the stage that a command of ours belongs to."""
    return _STAGES.get(command.partition(" ")[0].upper(), "unknown")


def _step(record: AnyRecord, peer: str) -> Step:
    match record:
        case Opened():
            return Step(
                time=record.time,
                note=f"{record.peer or 'A client'} connected to {record.local} ({record.role}).",
                answer=explained_told(told(record)),
            )
        case Said():
            return Step(
                time=record.time,
                command=record.command,
                note="" if record.command else "Said without being asked:",
                answer=explained_told(told(record, peer)),
                findings=record.findings,
                disposition=record.disposition,
                reason=record.reason,
                message=record.message,
            )
        case Reception():
            return Step(
                time=record.time,
                note="The message, up to the final dot",
                answer=explained_told(told(record)),
                findings=record.findings,
                disposition=record.disposition,
                reason=record.reason,
                message=record.message,
                subject=record.subject or "(no subject)",
            )
        case SecuredIn():
            return Step(time=record.time, note=f"From here on encrypted: {record.tls}.")
        case Closed():
            return Step(time=record.time, note=_ENDINGS.get(record.how, f"Closed: {record.how}."))
        case _:
            raise TypeError(record)
