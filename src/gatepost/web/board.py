"""The board: the latest sessions and the counts of the last hour, folded from records as they come.

Pure and bounded: at most `limit` sessions with at most MESSAGES messages each, and sixty minutes of counts.
Sessions carry the version of the board at which they last changed, so that any number of viewers can ask for
what is new to them without a queue for each. Knows nothing of files, pages or streams.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from typing import Final

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
from gatepost.web.fate import MessageFate, Told, told

MESSAGES: Final = 12
_MINUTES: Final = 60
_MAX_CAUSES: Final = (
    100  # different causes counted in one minute; more than the catalogue and the causes have
)


class Session:
    """One session on the board. `earlier` counts messages that no longer fit; `how` is "" while it is open."""

    __slots__ = (
        "earlier", "helo", "how", "id", "messages", "notice_of", "peer", "refusal", "refusals", "time", "tls",
        "version",
    )  # fmt: skip

    def __init__(self, session: str, time: float) -> None:
        self.id = session
        self.time = time
        self.version = 0
        self.peer = ""
        self.helo = ""
        self.tls = ""
        self.how = ""
        self.notice_of = ""
        self.refusal: Told | None = None
        self.refusals = 0
        self.messages: OrderedDict[str, MessageFate] = OrderedDict()
        self.earlier = 0

    def apply(self, record: AnyRecord) -> None:
        """Take the next record of this session."""
        match record:
            case Opened():
                self.time = record.time
                self.peer = record.peer
                if not record.reply.positive:
                    self._refused(told(record))
            case Said():
                if record.stage == "helo" and record.reply.positive:
                    self.helo = record.command.partition(" ")[2].strip()
                elif not record.reply.positive:
                    self._refused(told(record, self.peer))
            case SecuredIn():
                self.tls = record.tls
            case Closed():
                self.how = record.how
            case Reception():
                self.peer = self.peer or record.peer
                self.helo = record.helo or self.helo
                self.tls = record.tls or self.tls
                self.notice_of = record.notice_of
                self._message(record, create=True)
            case Attempt() | Deferred() | Bounced() | HeldBack() | Released() | Deleted():
                self._message(record, create=not self.earlier)
            case Noted() | ListChanged():
                pass  # about the gateway, not about a session

    def _refused(self, last: Told) -> None:
        self.refusal = last
        self.refusals += 1

    def _message(self, record: AnyRecord, *, create: bool) -> None:
        message = self.messages.get(record.message)
        if message is None:
            if not create:
                return
            message = self.messages[record.message] = MessageFate(record.message, record.time)
            if len(self.messages) > MESSAGES:
                self.messages.popitem(last=False)
                self.earlier += 1
        message.apply(record)


class Hour:
    """Counts of the last sixty minutes, by what happened and its cause."""

    def __init__(self) -> None:
        self._minutes: deque[tuple[int, Counter[tuple[str, str]]]] = deque(maxlen=_MINUTES + 1)
        self.begins = 0.0

    def apply(self, record: AnyRecord) -> None:
        """Count one record, when it says something that is counted."""
        if not self.begins:
            self.begins = record.time
        match record:
            case Reception():
                if not record.reply.positive:
                    self._refusal(record)
                elif not record.notice_of:
                    self._count(record.time, "accepted", "")
            case Opened() | Said():
                if not record.reply.positive:
                    self._refusal(record)
            case Attempt(outcome="delivered"):
                self._count(record.time, "delivered", "", len(record.recipients))
            case Deferred():
                self._count(record.time, "delayed", record.cause)
            case Bounced():
                self._count(record.time, "failed", record.reason, len(record.recipients))
            case _:
                pass  # the rest is neither success nor failure

    def totals(self, now: float) -> dict[str, Counter[str]]:
        """Sum the last hour before `now`: what happened -> cause -> how often."""
        oldest = int(now // 60) - _MINUTES
        totals: dict[str, Counter[str]] = {
            what: Counter() for what in ("accepted", "delivered", "delayed", "failed", "refused", "put off")
        }
        for minute, counts in self._minutes:
            if minute > oldest:
                for (what, cause), count in counts.items():
                    totals[what][cause] += count
        return totals

    def _refusal(self, record: Reception | Opened | Said) -> None:
        self._count(record.time, "refused" if record.reply.permanent else "put off", record.reply.entry)

    def _count(self, time: float, what: str, cause: str, number: int = 1) -> None:
        minute = int(time // 60)
        minutes = self._minutes
        if not minutes or minutes[-1][0] < minute:
            minutes.append((minute, Counter()))
        counts = minutes[-1][1]
        key = (what, cause)
        if key not in counts and len(counts) >= _MAX_CAUSES:
            key = (what, "other")
        counts[key] += number


class Board:
    """The latest sessions, in the order in which they came up, and the last hour."""

    def __init__(self, limit: int) -> None:
        self.version = 0
        self.hour = Hour()
        self._limit = limit
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def apply(self, record: AnyRecord) -> None:
        """Take the next record of the journal."""
        self.hour.apply(record)
        if not record.session:
            return
        session = self._sessions.get(record.session)
        if session is None:
            session = self._sessions[record.session] = Session(record.session, record.time)
            if len(self._sessions) > self._limit:
                self._sessions.popitem(last=False)
        session.apply(record)
        self.version += 1
        session.version = self.version

    def latest(self) -> list[Session]:
        """Give the sessions on the board, the newest first."""
        return list(reversed(self._sessions.values()))

    def changed_since(self, version: int) -> list[Session]:
        """Give the sessions that changed after `version` of the board, in the order in which they came up."""
        if version >= self.version:
            return []
        return [session for session in self._sessions.values() if session.version > version]
