"""One message between its final dot and the answer: what is looked at, decided, stored, recorded, and said.

On the way of a message: session -> `Acceptance` -> checks -> policy -> spool -> journal -> answer. The reception
record is made before the commit and rides with the row in the spool, so that the journal can be rebuilt from it;
it is written to the journal after the commit and before the 250 is sent. Public text is the catalogue's; why the
spool refused, or what a check found, goes to the journal only.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final, assert_never

import msgspec

from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Stage
from gatepost.checks.identity.proofs import chain_of, results_of
from gatepost.checks.runner import Later
from gatepost.journal.records import Reception
from gatepost.mail.fields import disowned
from gatepost.mail.header import Glance, glance
from gatepost.mail.trace import marks_field, received_field
from gatepost.mailauth.dkim import NotSigned
from gatepost.mailauth.results import claims
from gatepost.mailauth.results import write as write_results
from gatepost.policy.decide import decide
from gatepost.policy.disposition import Action, Disposition
from gatepost.reception.holding import held_back, why
from gatepost.reception.services import Services
from gatepost.reception.signing import SIGN_AT_ONCE
from gatepost.reception.transaction import Transaction
from gatepost.reply import catalogue
from gatepost.reply.reply import Reply
from gatepost.spool.interface import Committed, Failed, Message, NewMessage, NoRoom, Recipient, Stored

log = logging.getLogger("gatepost.reception")

_encode = msgspec.json.Encoder().encode
_LIMITS: Final = Disposition(action=Action.REJECT, rule="limits")
_LATER: Final = Disposition(action=Action.DEFER, rule="spool")
_UNSEEN: Final = Glance("", "", "", 0)

_Vouch = Callable[[], bytes | NotSigned | None]
"""Make the fields by which we vouch for a message, or say why not; None when nobody does. Raises OSError."""


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """Who sent the message: what the session knows of the other side."""

    session: str
    address: str
    peer: str
    helo: str
    extended: bool
    tls: str
    relay: bool


class Acceptance:
    """Sees one message through; `answer` is told the reply, once, when it is not given at once."""

    __slots__ = (
        "_answer",
        "_client",
        "_content",
        "_facts",
        "_findings",
        "_held",
        "_later",
        "_seen",
        "_services",
        "_transaction",
    )

    def __init__(
        self,
        services: Services,
        client: Client,
        transaction: Transaction,
        answer: Callable[[Reply], None],
        later: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._services = services
        self._client = client
        self._transaction = transaction
        self._answer = answer
        self._later = later
        self._content = Content(0)
        self._seen = _UNSEEN
        self._findings: tuple[Finding, ...] = ()
        self._held: tuple[str, ...] = ()  # for each recipient why, where any is held

    def refuse(self, fault: Reply, size: int) -> Reply:
        """Record a message whose content broke a limit while it came in; give back the reply."""
        self._content = Content(size)
        return self._refused(fault, _LIMITS)

    def not_kept(self, error: OSError, size: int) -> Reply:
        """Record a message that could not be kept while it came in; give the reply."""
        self._content = Content(size)
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        entry = catalogue.SPOOL_FULL if full else catalogue.SPOOL_FAILED
        reason = f"{error.strerror or error} while the content came in"
        log.warning("message %s was not kept: %s", self._transaction.id, reason)
        return self._refused(entry.reply(self._transaction.id), _LATER, reason)

    def decide(self, facts: Facts) -> Reply | None:
        """Look at a complete message. None where the answer comes later."""
        services = self._services
        self._facts = facts
        self._content = content = self._transaction.content()
        self._seen = seen = glance(content.data or next(content.chunks(), b""))
        if seen.hops > services.settings.max_hops:
            return self._refused(catalogue.MAIL_LOOP.reply(self._transaction.id, hops=seen.hops), _LIMITS)
        found, waiting = services.checks.at(Stage.CONTENT, facts, content)
        if waiting is None:
            return self._judge(found)
        self._later(self._judge_later(found, waiting))
        return None

    async def _judge_later(self, found: Sequence[Finding], waiting: Later) -> None:
        reply = self._judge((*found, *(await waiting)))
        if reply is not None:
            self._answer(reply)

    def _judge(self, findings: Sequence[Finding]) -> Reply | None:
        before = (*self._transaction.findings, *self._transaction.common)
        self._findings = (*before, *findings)
        disposition = decide(Stage.CONTENT, findings, self._services.rules, before)
        match disposition.action:
            case Action.RELAY | Action.QUARANTINE:
                return self._take(self._hold(disposition, findings, before))
            case Action.REJECT | Action.DEFER:
                self._learn(disposition)
                entry = catalogue.ENTRIES[disposition.entry]
                return self._refused(entry.reply(self._transaction.id, **disposition.facts), disposition)
            case Action.DISCARD:
                raise AssertionError(f"no rule may say {disposition.action} yet")
            case _:
                assert_never(disposition.action)

    def _hold(
        self, disposition: Disposition, findings: Sequence[Finding], before: Sequence[Finding]
    ) -> Disposition:
        """Decide for which recipients it is held; give the decision for those it is not, if there are any.

        What was found for one recipient alone may hold it, or keep it from being held with the others.
        """
        alone = self._transaction.alone()
        each = [disposition] * len(alone)
        if any(alone):
            for at, found in enumerate(alone):
                if found:
                    own = decide(Stage.CONTENT, findings, self._services.rules, (*before, *found))
                    each[at] = disposition if own.refuses else own  # too late to refuse one of several
        elif disposition.action is Action.RELAY:
            return disposition
        self._held = tuple([why(one) for one in each])
        return next((one for one in each if one.action is Action.RELAY), disposition)

    def _take(self, disposition: Disposition) -> Reply | None:
        """Make the fields that go on top, and commit. None where the answer comes later."""
        try:
            if self._seen.claims:
                self._disown()
            told, vouch = self._told(disposition)
            if vouch is None:
                self._commit(disposition, told)
            elif self._content.size <= SIGN_AT_ONCE:
                self._commit(disposition, told, vouch())
            else:
                self._later(self._take_later(disposition, told, vouch))
        except OSError as error:
            return self.not_kept(error, self._content.size)
        return None

    async def _take_later(self, disposition: Disposition, told: bytes, vouch: _Vouch) -> None:
        """Sign or seal a large content while other sessions go on."""
        try:
            vouched = await asyncio.to_thread(vouch)
        except OSError as error:
            self._answer(self.not_kept(error, self._content.size))
            return
        self._commit(disposition, told, vouched)

    def _disown(self) -> None:
        """Give other names to fields of the sender that a reader would take for ours. Raises OSError."""
        header, _ = self._content.opened()
        claimed = [claim.field for claim in claims(header, (self._services.host,))]
        changes = disowned(header, [*claimed, *header.named("x-gatepost-marks")])
        incoming = self._transaction.incoming
        if incoming is not None:
            for offset, octets in changes:
                incoming.overwrite(offset, octets)
        elif changes:
            data = bytearray(self._content.data)
            for offset, octets in changes:
                data[offset : offset + len(octets)] = octets
            self._content = Content(self._content.size, bytes(data))

    def _told(self, disposition: Disposition) -> tuple[bytes, _Vouch | None]:
        """Write what the next reader is told of the findings, and say how we vouch for the message.

        Our own clients' mail is signed; a stranger's is sealed, with what we found of it.
        """
        services, content = self._services, self._content
        if self._client.relay:
            return b"", partial(
                services.signing.sign, content, services.clock()
            ) if services.signing else None
        proofs = results_of(self._findings)
        results = write_results(services.host, proofs) if proofs else b""
        told = results + marks_field(disposition.marks, disposition.score) if disposition.marks else results
        if services.sealing is None:
            return told, None
        chain = chain_of(self._findings)
        return told, partial(services.sealing.seal, content, chain, results, services.clock())

    def _commit(
        self, disposition: Disposition, told: bytes, vouched: bytes | NotSigned | None = None
    ) -> None:
        """Store the message; the answer follows from what the spool says."""
        services = self._services
        transaction = self._transaction
        client = self._client
        mail = transaction.mail
        now = services.clock()
        recipients = tuple(transaction.recipients)
        reason = ""
        if isinstance(vouched, NotSigned):
            reason = f"not {'signed' if client.relay else 'sealed'}: {vouched.why}"
        accepted = self._record(catalogue.MESSAGE_ACCEPTED.reply(transaction.id), disposition, now, reason)
        facts = _encode(accepted)
        message = Message(
            id=transaction.id,
            reverse_path=accepted.reverse_path,
            recipients=tuple(
                [Recipient(r.address, held=held) for r, held in zip(recipients, self._held, strict=True)]
                if self._held
                else [Recipient(r.address) for r in recipients]
            ),
            size=self._content.size,
            arrived=now,
            expires=now + services.lifetime,
            body="8BITMIME" if transaction.eightbit else mail.body,
            smtputf8=mail.smtputf8,
            facts=facts,
        )
        received = received_field(
            helo=client.helo,
            client=client.address,
            host=services.host,
            message_id=transaction.id,
            recipients=recipients,
            second=int(now),
            extended=client.extended,
            tls=client.tls,
            smtputf8=mail.smtputf8,
        )

        def done(committed: Committed) -> None:
            match committed:
                case Stored():
                    self._learn(disposition)
                    if services.copies is not None:
                        services.copies.take(accepted, self._content)
                    services.confirmations.add(accepted, self._answer)
                    if self._held:
                        for record in held_back(message, now):
                            services.journal.append(record)
                case NoRoom(reason):
                    self._not_stored(catalogue.SPOOL_FULL.reply(transaction.id), reason)
                case Failed(reason):
                    self._not_stored(catalogue.SPOOL_FAILED.reply(transaction.id), reason)
                case _:
                    assert_never(committed)

        services.spool.commit(
            NewMessage(
                message=message,
                # RFC 8617 §5.1, RFC 6376 §5.6: what vouches comes last and stands above all else.
                head=vouched + told + received if isinstance(vouched, bytes) else told + received,
                data=self._content.data,
                incoming=transaction.incoming,
            ),
            done,
        )

    def _learn(self, disposition: Disposition) -> None:
        lessons = self._services.lessons
        lessons.learn(self._facts, self._findings, disposition, self._seen)

    def _not_stored(self, reply: Reply, reason: str) -> None:
        log.warning("message %s was not stored: %s", self._transaction.id, reason)
        self._answer(self._refused(reply, _LATER, reason))

    def _refused(self, reply: Reply, disposition: Disposition, reason: str = "") -> Reply:
        """Drop and record a message that is not taken."""
        services = self._services
        self._transaction.discard()
        services.journal.append(self._record(reply, disposition, services.clock(), reason))
        return reply

    def _record(self, reply: Reply, disposition: Disposition, now: float, reason: str = "") -> Reception:
        transaction = self._transaction
        client = self._client
        seen = self._seen
        reverse_path = transaction.mail.reverse_path
        return Reception(
            time=now,
            session=client.session,
            message=transaction.id,
            peer=client.peer,
            reverse_path=reverse_path.address if reverse_path is not None else "",
            recipients=tuple([r.address for r in transaction.recipients]),
            size=self._content.size,
            reply=reply,
            disposition=disposition,
            findings=self._findings,
            helo=client.helo,
            tls=client.tls,
            header_from=seen.header_from,
            subject=seen.subject,
            message_id=seen.message_id,
            reason=reason,
        )
