"""Telling a story of the journal step by step: which lines a person is to read, before they are laid out.

Pure. A normal delivery takes ten lines; whatever did not go well is told with each command and reply, with
what the reply means, whose move it is and what to do. The layout on a page is `render`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Final, Literal, assert_never

from msgspec import Struct

from gatepost.checks.finding import Finding, Result
from gatepost.journal.explained import Explain, context_of
from gatepost.journal.fate import Fate, fate, session_fate
from gatepost.journal.query import Story
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
from gatepost.journal.words import (
    ENDS,
    envelope,
    finding,
    first_line,
    local,
    meaning,
    move,
    names,
    octets,
    reach,
)
from gatepost.policy.disposition import Action, Disposition
from gatepost.reply.explanation import Context, Explanation
from gatepost.reply.reply import Reply

Tone = Literal["plain", "head", "good", "later", "bad", "faint"]
_OUTCOMES: Final = {"deferred": "put off", "failed": "refused for good"}


class Line(Struct, frozen=True):
    """One line before it is wrapped: a label, or a time that stands before it."""

    text: str
    tone: Tone = "plain"
    label: str = ""
    time: float | None = None


class Teller:
    """Tells one story; remembers what it has explained already, and the number of attempts so far."""

    def __init__(self, told: Story, zone: tzinfo | None, explain: Explain) -> None:
        self._told = told
        self.zone: Final = zone
        self.began: Final = told.records[0].time
        self._explain = explain
        self._explained: set[tuple[str, str, int, str]] = set()
        self._attempts: dict[str, tuple[int, float]] = {}
        self._client = next(
            (record.peer for record in told.records if isinstance(record, (Opened, Reception))), ""
        )
        self._smooth = all(
            record.reply.positive
            for record in told.records
            if isinstance(record, (Opened, Said, Reception)) and record.session == told.session
        )

    def headline(self) -> str:
        """Give the story in brief: its name, its fate, who to whom, about what."""
        records = self._told.records
        match self._messages():
            case [message]:
                what = fate(message, records, self.moment)
                reception = self._reception(message)
                if reception is None:
                    return f"{message}  {what.state:9}  {self._client}: {what.words}"
                subject = f'"{reception.subject}"  ' if reception.subject else ""
                return f"{message}  {what.state:9}  {envelope(reception)}  {subject}{what.words}"
            case []:
                what = session_fate(records)
                return f"{self._told.session}    {what.state:9}  {self._client}: {what.words}"
            case messages:
                return f"{self._told.session}    {len(messages)} messages from {self._client}"

    def lines(self) -> Iterator[Line]:
        """Tell the whole story."""
        yield from self._head()
        run: list[Said] = []
        for record in self._told.records:
            if isinstance(record, Said) and self._smooth and not record.reason and record.command:
                if record.stage != "quit":
                    run.append(record)
                continue
            if isinstance(record, SecuredIn) and self._smooth:
                continue
            yield from _accepted(run)
            run = []
            yield from self._record(record)
        yield from _accepted(run)
        if self._told.cut:
            yield Line("the journal has more records of this session than are told here", "later")

    def moment(self, time: float) -> str:
        """Write a time of day, with its date when that is not the day on which the story began."""
        there = local(time, self.zone)
        if there.date() == local(self.began, self.zone).date():
            return f"{there:%H:%M:%S}"
        return f"{there:%Y-%m-%d %H:%M:%S}"

    def _messages(self) -> list[str]:
        """List the messages that the story is about, without the reports about them."""
        own = (record for record in self._told.records if record.session == self._told.session)
        reports = {record.notice for record in self._told.records if isinstance(record, Bounced)}
        return [
            message
            for message in dict.fromkeys(r.message for r in own if r.message)
            if message not in reports
        ]

    def _reception(self, message: str) -> Reception | None:
        return next(
            (r for r in self._told.records if isinstance(r, Reception) and r.message == message), None
        )

    def _head(self) -> Iterator[Line]:
        messages = self._messages()
        if len(messages) != 1:
            about = session_fate(self._told.records)
            words = f"{len(messages)} messages" if messages else about.words
            yield Line(f"{self._told.session}  {words}", "head" if messages else _tone(about))
        for message in messages:
            what = fate(message, self._told.records, self.moment)
            yield Line(f"{message}  {what.words}", _tone(what))
            reception = self._reception(message)
            if reception is None:
                continue
            yield Line(f"  {envelope(reception)}")
            parts = [f'"{reception.subject}"' if reception.subject else "no subject"]
            if not reception.reverse_path or reception.reverse_path not in reception.header_from:
                parts.append(f"From: {reception.header_from or 'nobody'}")
            parts.append(octets(reception.size))
            if reception.message_id:
                parts.append(reception.message_id)
            yield Line(f"  {', '.join(parts)}")

    def _record(self, record: AnyRecord) -> Iterator[Line]:
        match record:
            case Opened():
                yield from self._opened(record)
            case Said():
                yield from self._said(record)
            case SecuredIn():
                yield Line(f"STARTTLS: encrypted from here on, {record.tls}", time=record.time)
            case Closed():
                yield Line(ENDS.get(record.how, record.how), "faint", time=record.time)
            case Reception():
                yield from self._received(record)
            case Attempt():
                yield from self._attempt(record)
            case Deferred() | Bounced() | HeldBack() | Released() | Deleted():
                yield from self._settled(record)
            case Noted():
                yield Line(f"{record.event} {record.detail}", time=record.time)
            case ListChanged():
                state = "well" if record.well else "ill"
                yield Line(f"{record.list} is {state}: {record.reason}", time=record.time)
            case _:
                assert_never(record)

    def _settled(self, record: Deferred | Bounced | HeldBack | Released | Deleted) -> Iterator[Line]:
        whose = names(record.recipients)
        match record:
            case Deferred():
                wait = reach(max(0.0, record.next_attempt - record.time))
                yield Line(
                    f"{whose}: next try at {self.moment(record.next_attempt)}, in {wait} ({record.cause})",
                    "later",
                    time=record.time,
                )
            case Bounced():
                report = f"delivery report {record.notice}" if record.notice else "no report is due (to <>)"
                yield Line(f"{whose}: given up, {report}", "bad", time=record.time)
                if record.reason:
                    yield Line(record.reason, label="why")
            case HeldBack() if record.rule:
                yield Line(f"{whose}: held, because {record.reason}", "later", time=record.time)
                if not self._decided(record.message):
                    yield Line(
                        f"gatepost quarantine show {record.message}; then release it, or delete it",
                        label="do",
                    )
            case HeldBack():
                yield Line(f"{whose}: held until a person acts", "later", time=record.time)
                yield Line(record.reason, label="why")
                if record.reason.startswith("no next hop"):
                    yield Line("name a next_hop for it in the settings, then: gatepost reload", label="do")
            case Released():
                yield Line(f"{whose}: released by {record.by}", "head", time=record.time)
            case Deleted():
                who = f"deleted by {record.by}" if record.by else "deleted"
                yield Line(f"{whose}: {who}", "later", time=record.time)
                if record.reason:
                    yield Line(record.reason, label="why")
            case _:
                assert_never(record)

    def _decided(self, message: str) -> bool:
        """Tell whether a person has decided about a held message."""
        return any(isinstance(r, (Released, Deleted)) and r.message == message for r in self._told.records)

    def _opened(self, record: Opened) -> Iterator[Line]:
        tls = next((r.tls for r in self._told.records if isinstance(r, SecuredIn)), "")
        secured = f", {tls.partition(' ')[0]}" if tls and self._smooth else ""
        yield Line(f"{record.peer} connects to {record.local} ({record.role}){secured}", time=record.time)
        if not self._smooth:
            yield Line(str(record.reply), _reply_tone(record.reply), "we say")
        yield from self._explanation(record.reply, context_of(record), record.session)

    def _said(self, record: Said) -> Iterator[Line]:
        if record.command and record.reply.positive:
            yield Line(f"{record.command} -> {first_line(record.reply)}", time=record.time)
        else:
            yield Line(record.command or "no command is waited for any longer", time=record.time)
            yield Line(str(record.reply), _reply_tone(record.reply), "we say")
        yield from _decision(record)
        yield from self._explanation(record.reply, context_of(record, self._client), record.session)

    def _received(self, record: Reception) -> Iterator[Line]:
        if record.notice_of:
            yield Line(
                f"{record.message}: report about {record.notice_of}, to {names(record.recipients)}",
                "head",
                time=record.time,
            )
            return
        if record.reply.positive:
            yield Line(f"content received: {first_line(record.reply)}", "good", time=record.time)
        else:
            yield Line(f"content received, {octets(record.size)}", time=record.time)
            yield Line(str(record.reply), _reply_tone(record.reply), "we say")
        yield from _decision(record)
        yield from self._explanation(record.reply, context_of(record), record.session)

    def _attempt(self, record: Attempt) -> Iterator[Line]:
        number, last = self._attempts.get(record.message, (0, 0.0))
        if record.dialogue or record.time != last:  # one try may give several records
            number += 1
        self._attempts[record.message] = number, record.time
        secured = f" ({record.tls})" if record.tls else ""
        whose = f"{record.message}: " if record.session != self._told.session else ""
        if record.outcome == "delivered":
            # What comes after is the next hop's story; its own id for the message is in its words.
            several = f"{len(record.recipients)} recipients " if len(record.recipients) > 1 else ""
            yield Line(
                f"{whose}{several}delivered to {record.peer}{secured}: {first_line(record.reply)}",
                "good",
                time=record.time,
            )
            return
        explanation = self._explain(record.reply, context_of(record))
        key = (record.message, record.peer, record.reply.code, explanation.cause)
        again = key in self._explained
        self._explained.add(key)
        yield Line(
            f"{whose}attempt {number} at {record.peer}{secured}:"
            f" {_OUTCOMES.get(record.outcome, record.outcome)} at {record.stage.upper()}"
            f" for {names(record.recipients)}{', as before' if again else ''}",
            "bad" if record.outcome == "failed" else "later",
            time=record.time,
        )
        deciding = str(record.reply)
        label = "dialogue"
        shown = False
        for step in () if again else record.dialogue:
            shown = shown or str(step.reply) == deciding
            yield Line(f"{step.command} -> {first_line(step.reply)}", _reply_tone(step.reply), label)
            label = " "  # the same column, not said again
        if not shown:
            yield Line(deciding, _reply_tone(record.reply), "no reply" if record.local else "they say")
        if not again:
            yield from _explained(explanation)

    def _explanation(self, reply: Reply, context: Context, about: str) -> Iterator[Line]:
        """Explain a reply of ours that is no plain success; the same cause only once in a story."""
        if reply.positive:
            return
        explanation = self._explain(reply, context)
        key = (about, context.stage, reply.code, explanation.cause)
        if key in self._explained:
            yield Line(f"the same as before [{explanation.cause or 'no known cause'}]", "faint", "means")
            return
        self._explained.add(key)
        yield from _explained(explanation)


def _explained(explanation: Explanation) -> Iterator[Line]:
    yield Line(meaning(explanation), label="means")
    yield Line(move(explanation), label="move")
    if explanation.action:
        yield Line(explanation.action, label="do")


def _accepted(run: Sequence[Said]) -> Iterator[Line]:
    """Tell commands that were all taken in one line: verbs, with what the envelope does not tell already."""
    if not run:
        return
    verbs: dict[str, int] = {}
    for record in run:
        if record.stage == "helo":
            verbs[record.command] = 1  # said again after STARTTLS
            continue
        verb = record.command.partition(" ")[0].upper()
        verbs[verb] = verbs.get(verb, 0) + 1
    told = ", ".join(f"{count} {verb}" if count > 1 else verb for verb, count in verbs.items())
    yield Line(f"accepted: {told}", time=run[-1].time)
    for record in run:
        if record.disposition is not None or any(seen.result is not Result.CLEAN for seen in record.findings):
            yield from _decision(record)


def _decision(record: Said | Reception) -> Iterator[Line]:
    """Tell what the checks saw, what was decided, by which rule and why."""
    clean = [finding(seen) for seen in record.findings if seen.result is Result.CLEAN]
    other = [seen for seen in record.findings if seen.result is not Result.CLEAN]
    for seen in other:
        yield Line(finding(seen), _finding_tone(seen), "found")
    if clean:
        yield Line("; ".join(clean), label="checked")
    if (disposition := record.disposition) is not None:
        tone: Tone = "plain" if disposition.action is Action.RELAY else "later"
        yield Line(_rule(disposition), tone, "rule")
    if record.reason:
        yield Line(f"{record.reason} (not told to the client)", label="why")


def _rule(disposition: Disposition) -> str:
    because = f", because {'; '.join(disposition.reasons)}" if disposition.reasons else ""
    marked = f", marked {', '.join(disposition.marks)}" if disposition.marks else ""
    score = f", score {disposition.score:g}" if disposition.score else ""
    return f"{disposition.rule}: {disposition.action}{score}{because}{marked}"


def _finding_tone(seen: Finding) -> Tone:
    return "bad" if seen.result is Result.FOUND else "later"


def _reply_tone(reply: Reply) -> Tone:
    if reply.positive:
        return "plain"
    return "bad" if reply.permanent else "later"


def _tone(what: Fate) -> Tone:
    match what.state:
        case "delivered":
            return "good"
        case "failed" | "refused":
            return "bad"
        case "waiting" | "held" | "put off" | "discarded" | "deleted":
            return "later"
        case "queued" | "none":
            return "head"
        case _:
            assert_never(what.state)
