"""Takes messages from the spool to their next hops, and settles each by what the next hops said.

On the way of a message: spool -> `Courier` -> `Pool` -> next hop -> `reply.explain` -> settle: delivered, try
again at T, or failed with a delivery report. Fresh messages come from memory right after their commit, others
are leased when they fall due. The journal has every attempt with every word of the other side. To recipients that
a message is held for nothing is sent.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from gatepost.delivery.notice import Given, notice
from gatepost.delivery.pool import Job, Pool
from gatepost.delivery.routes import Group, Routes
from gatepost.delivery.schedule import Verdict, verdict, wait
from gatepost.delivery.settings import DeliverySettings
from gatepost.journal.records import Attempt, Bounced, Deferred, HeldBack
from gatepost.journal.writer import Journal
from gatepost.mail.clock import Clock
from gatepost.mail.ids import SessionIds, session_of
from gatepost.reply.explain import explain_reply
from gatepost.reply.explanation import Context
from gatepost.reply.reply import Reply
from gatepost.smtp.aio import Deadlines
from gatepost.smtp.client import Transaction
from gatepost.spool.interface import (
    Again,
    Done,
    Hold,
    Leased,
    Message,
    NewMessage,
    Outcome,
    Recipient,
    Spool,
)

log = logging.getLogger("gatepost.delivery")

_LEASE: Final = 100  # messages leased at once
_IN_FLIGHT: Final = 400  # leased messages on their way before no more are leased
_NO_ROUTE: Final = "no next hop is named for "


class _Delivery:
    """A leased message and the jobs that are still out for it."""

    __slots__ = ("jobs", "leased", "open", "stranded")

    def __init__(self, leased: Leased) -> None:
        self.leased = leased
        self.open = 0
        self.jobs: list[Job] = []
        self.stranded: list[str] = []


class Courier:
    """The delivery of one worker."""

    def __init__(
        self,
        *,
        name: str,
        settings: DeliverySettings,
        routes: Routes,
        spool: Spool,
        journal: Journal,
        clock: Clock,
        ids: SessionIds,
        loop: asyncio.AbstractEventLoop,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._name = name
        self._settings = settings
        self._routes = routes
        self._spool = spool
        self._journal = journal
        self._clock = clock
        self._ids = ids
        self._loop = loop
        self._deadlines = Deadlines(loop)
        self._tls = tls
        self._pools: dict[Group, Pool] = {}
        self._in_flight = 0
        self._leasing = False
        self._timer: asyncio.TimerHandle | None = None
        self._stopping = False

    def start(self) -> None:
        """Take over what the spool has, and what comes."""
        self._spool.on_ready(self._ready, self._due)
        if self._routes.any:  # what was held for want of a next hop may have one now; else it is held again
            self._spool.release(_NO_ROUTE)
        self._due()

    async def stop(self, grace: float) -> None:
        """Lease no more; let deliveries under way end within `grace` seconds, then drop their connections."""
        self._stopping = True
        if self._timer is not None:
            self._timer.cancel()
        until = self._loop.time() + grace
        while self._in_flight and self._loop.time() < until:  # noqa: ASYNC110 - once in a worker's life
            await asyncio.sleep(0.02)
        for pool in self._pools.values():
            await pool.close()
        self._deadlines.close()

    # -- leasing ----------------------------------------------------------------------------------------

    def _due(self) -> None:
        """Lease what is due, as far as there are hands for it; wake up when the next message falls due."""
        if self._leasing or self._stopping or self._in_flight >= _IN_FLIGHT:
            return
        due = self._spool.next_due()
        if due is None:
            return
        seconds = due - self._clock()
        if seconds <= 0:
            self._leasing = True
            self._spool.lease(_LEASE, self._got)
            return
        if self._timer is not None:
            self._timer.cancel()
        # The clock of the world may be set; looking at it once a minute bounds what that can cost.
        self._timer = self._loop.call_later(min(seconds, 60.0), self._due)

    def _got(self, leased: Sequence[Leased]) -> None:
        self._leasing = False
        for one in leased:
            self._ready(one)
        self._due()

    def _ready(self, leased: Leased) -> None:
        """Send one message to the groups of next hops of its recipients."""
        self._in_flight += 1
        delivery = _Delivery(leased)
        recipients = leased.message.recipients
        if len(recipients) == 1 and not recipients[0].held:
            groups = {self._routes.of(recipients[0].address): [recipients[0].address]}
        else:
            groups = {}
            for recipient in recipients:
                if not recipient.held:
                    groups.setdefault(self._routes.of(recipient.address), []).append(recipient.address)
        delivery.stranded = groups.pop((), [])
        if not groups:
            self._settle(delivery)
            return
        delivery.open = len(groups)
        for group, addresses in groups.items():
            self._submit(delivery, group, tuple(addresses))

    def _submit(self, delivery: _Delivery, group: Group, addresses: tuple[str, ...]) -> None:
        message = delivery.leased.message
        transaction = Transaction(
            reverse_path=message.reverse_path,
            recipients=addresses,
            size=message.size,
            body=message.body,
            smtputf8=message.smtputf8,
        )

        def content() -> bytes | Iterator[bytes]:
            return delivery.leased.content or self._spool.chunks(message)

        def done(job: Job) -> None:
            delivery.jobs.append(job)
            delivery.open -= 1
            if not delivery.open:
                self._settle(delivery)

        pool = self._pools.get(group)
        if pool is None:
            pool = self._pools[group] = Pool(
                group,
                name=self._name,
                settings=self._settings,
                loop=self._loop,
                deadlines=self._deadlines,
                tls=self._tls,
            )
        pool.submit(Job(transaction, content, done))

    # -- settling ---------------------------------------------------------------------------------------

    def _settle(self, delivery: _Delivery) -> None:
        """Turn the results of all jobs into one outcome, and record them."""
        self._in_flight -= 1
        message = delivery.leased.message
        now = self._clock()
        deferred: list[Given] = []
        failed: list[Given] = []
        for job in delivery.jobs:
            self._judge(message, job, now, deferred, failed)
        delivery.jobs.clear()  # they know the delivery: the garbage collector is to have nothing to do
        if deferred and now >= message.expires:
            failed += [msgspec.structs.replace(one, expired=True) for one in deferred]
            deferred = []
        self._spool.settle(
            message.id,
            self._outcome(message, delivery, deferred, now),
            self._notices(message, failed, now) if failed else (),
        )
        if self._in_flight == _IN_FLIGHT - 1:  # there are hands again
            self._due()

    def _judge(
        self,
        message: Message,
        job: Job,
        now: float,
        deferred: list[Given],
        failed: list[Given],
    ) -> None:
        """Record one job: an attempt for each different reply, the dialogue with the first."""
        results = job.results
        together: dict[tuple[Reply, str, bool], list[str]] = {}
        if len(results) == 1:
            together[results[0].reply, results[0].stage, results[0].local] = [results[0].recipient]
        else:
            for result in results:
                together.setdefault((result.reply, result.stage, result.local), []).append(result.recipient)
        dialogue = job.steps
        for (reply, stage, local), recipients in together.items():
            explanation = None
            if not reply.positive:
                context = Context(direction="local" if local else "received", stage=stage, peer=job.peer)
                explanation = explain_reply(reply, context)
            outcome: Verdict = verdict(reply, explanation)
            if outcome != "delivered":
                peer = "" if local else job.peer
                given = [Given(r, reply, explanation, peer, False) for r in recipients]
                (deferred if outcome == "deferred" else failed).extend(given)
            self._journal.append(
                Attempt(
                    time=now,
                    session=session_of(message.id),
                    message=message.id,
                    peer=job.peer,
                    recipients=tuple(recipients),
                    outcome=outcome,
                    reply=reply,
                    stage=stage,
                    local=local,
                    tls=job.tls,
                    dialogue=dialogue,
                    seconds=self._loop.time() - job.started,
                )
            )
            dialogue = ()

    def _outcome(
        self,
        message: Message,
        delivery: _Delivery,
        deferred: list[Given],
        now: float,
    ) -> Outcome:
        stranded = delivery.stranded
        held = tuple([recipient for recipient in message.recipients if recipient.held])
        if deferred:
            attempts = message.attempts + 1
            due = now + min(wait(attempts, one.explanation, self._settings.retry) for one in deferred)
            due = min(due, max(message.expires, now + 1))
            first = deferred[0].explanation
            self._journal.append(
                Deferred(
                    time=now,
                    session=session_of(message.id),
                    message=message.id,
                    recipients=tuple([one.address for one in deferred]),
                    next_attempt=due,
                    cause=first.cause if first is not None else "unknown",
                    attempts=attempts,
                )
            )
            # Stranded and held recipients wait with the others: they are held when they are all that is left.
            return Again(
                due,
                tuple([Recipient(one.address, str(one.reply)[:500]) for one in deferred])
                + tuple([Recipient(r) for r in stranded])
                + held,
            )
        if stranded:
            reason = _NO_ROUTE + ", ".join(sorted({r.rpartition("@")[2] or r for r in stranded})[:5])
            self._journal.append(
                HeldBack(
                    time=now,
                    session=session_of(message.id),
                    message=message.id,
                    recipients=tuple(stranded),
                    reason=reason,
                )
            )
            return Hold(reason, tuple([Recipient(r) for r in stranded]) + held)
        if held:  # the journal was told with the reception
            return Hold(held[0].held, held)
        return Done()

    def _notices(self, message: Message, failed: list[Given], now: float) -> tuple[NewMessage, ...]:
        """Report failure to the reverse-path; a message from `<>` gets none (RFC 5321 §6.1)."""
        report: NewMessage | None = None
        if message.reverse_path:
            head = b"".join(self._head(message))
            report, reception = notice(
                message,
                failed,
                head,
                host=self._name,
                session=self._ids(),
                now=now,
                lifetime=self._settings.lifetime,
            )
            self._journal.append(reception)
        self._journal.append(
            Bounced(
                time=now,
                session=session_of(message.id),
                message=message.id,
                recipients=tuple([one.address for one in failed]),
                notice=report.message.id if report is not None else "",
                reason="not delivered within its lifetime"
                if failed[0].expired
                else "refused for good by the next hop",
            )
        )
        return (report,) if report is not None else ()

    def _head(self, message: Message) -> Iterator[bytes]:
        """Read as much of a message as its header block may take."""
        room = 1 << 16
        try:
            for chunk in self._spool.chunks(message):
                yield chunk[:room]
                room -= len(chunk)
                if room <= 0:
                    return
        except OSError as error:
            log.warning("the header of %s cannot be read for its report: %s", message.id, error)
