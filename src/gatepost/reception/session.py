"""One SMTP session, from greeting to QUIT: what is said to a client, and why.

On the way of a message: `smtp.aio.ServerConnection` tells events; this asks checks and policy, commits to the
spool, and answers. Session, transaction and connection are three objects: RSET drops the transaction, a lost
connection ends the session. Every reply is recorded in the journal in the turn of the loop in which it is said.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Final, assert_never

import msgspec

from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Stage
from gatepost.journal.records import Closed, Opened, Reception, Said, SecuredIn
from gatepost.mail.header import Glance, glance
from gatepost.mail.ids import message_id
from gatepost.mail.path import Mailbox
from gatepost.mail.trace import received_field
from gatepost.policy.decide import decide
from gatepost.policy.disposition import Action, Disposition
from gatepost.policy.domains import may_receive, routes_on
from gatepost.reception.services import Door, Services
from gatepost.reception.transaction import Transaction
from gatepost.reply import catalogue
from gatepost.reply.reply import Reply
from gatepost.smtp.aio import ServerConnection
from gatepost.smtp.command import (
    Data,
    Ehlo,
    Expn,
    Help,
    Mail,
    Noop,
    Quit,
    Rcpt,
    Rset,
    StartTls,
    Vrfy,
)
from gatepost.smtp.server import Chunk, EndOfContent, Event, Fault, ServerProtocol
from gatepost.spool.interface import Committed, Failed, Message, NewMessage, NoRoom, Recipient, Stored

log = logging.getLogger("gatepost.reception")

_encode = msgspec.json.Encoder().encode
_LIMITS: Final = Disposition(action=Action.REJECT, rule="limits")
_LATER: Final = Disposition(action=Action.DEFER, rule="spool")


class InboundSession:
    """What one client says and is told."""

    __slots__ = (
        "_client",
        "_commands",
        "_connection",
        "_counted",
        "_door",
        "_ended",
        "_errors",
        "_how",
        "_local",
        "_messages",
        "_peer",
        "_relay",
        "_services",
        "_transaction",
        "id",
        "protocol",
    )

    def __init__(
        self,
        services: Services,
        door: Door,
        connection: ServerConnection,
        client: str,
        port: int,
        local: str,
        ended: Callable[[InboundSession], None],
    ) -> None:
        self._services = services
        self._door = door
        self._ended = ended
        self._connection = connection
        self._client = client
        self._peer = f"[{client}]:{port}" if ":" in client else f"{client}:{port}"
        self._local = local
        self._relay = services.relay_networks.contains(client)
        self._commands = 0
        self._errors = 0
        self._messages = 0
        self._counted = False
        self._how = "lost"
        self._transaction: Transaction | None = None
        self.id = services.ids()
        self.protocol = ServerProtocol(
            host=services.host, session=self.id, limits=services.limits, starttls=door.tls_wanted
        )

    # -- the connection ---------------------------------------------------------------------------------

    def opened(self) -> Reply:
        """Greet, or refuse the connection."""
        services = self._services
        settings = services.settings
        everyone, client = services.counts.enter(self._client)
        self._counted = True
        if everyone > settings.max_connections:
            reply = catalogue.CONNECTIONS_ALL.reply(self.id, host=services.host)
        elif client > settings.max_connections_per_client and not self._relay:
            reply = catalogue.CONNECTIONS_CLIENT.reply(self.id, host=services.host, client=self._client)
        elif self._door.role == "relay" and not self._relay:
            # RFC 5321 §3.1 would have us wait for QUIT after a 554 greeting; an uninvited client gets no more time.
            reply = catalogue.NO_SERVICE.reply(self.id, host=services.host, client=self._client)
        else:
            reply = catalogue.GREETING.reply(self.id, host=services.host)
        if reply.code != 220:
            self._how = "refused"
        services.journal.append(
            Opened(
                time=services.clock(),
                session=self.id,
                peer=self._peer,
                local=self._local,
                role=self._door.role,
                reply=reply,
            )
        )
        self._expect_command()
        return reply

    def secured(self, tls: str) -> None:
        """Record that TLS is active."""
        services = self._services
        services.journal.append(SecuredIn(time=services.clock(), session=self.id, tls=tls))
        self._expect_command()

    def timed_out(self) -> Reply:
        """Say which time ran out."""
        services = self._services
        settings = services.settings
        transaction = self._transaction
        late = (
            transaction is not None
            and services.loop.time() - transaction.started >= settings.transaction_timeout
        )
        entry, seconds = (
            (catalogue.TRANSACTION_TIMEOUT, settings.transaction_timeout)
            if late
            else (catalogue.COMMAND_TIMEOUT, settings.command_timeout)
        )
        return self._break_off(entry.reply(self.id, host=services.host, seconds=seconds))

    def shut_down(self) -> None:
        """Close an idle session with 421; one that is in a transaction is left to finish."""
        if self._transaction is None:
            reply = catalogue.SHUTTING_DOWN.reply(self.id, host=self._services.host)
            self._connection.say_and_close(self._break_off(reply))

    def closed(self) -> None:
        """Record the end, and drop what was not finished."""
        services = self._services
        if self._transaction is not None:
            self._transaction.discard()
            self._transaction = None
        if self._counted:
            self._counted = False
            services.counts.leave(self._client)
        services.journal.append(
            Closed(
                time=services.clock(),
                session=self.id,
                how=self._how,
                commands=self._commands,
                messages=self._messages,
            )
        )
        self._ended(self)

    # -- events -----------------------------------------------------------------------------------------

    def on(self, event: Event) -> Reply | None:
        """Answer one event; None where the answer comes later, or none is due."""
        match event:
            case Chunk(data):
                self._take(data)
                return None
            case EndOfContent():
                return self._end_of_content(event)
            case _:
                return self._on_command(event)

    def _on_command(self, event: Event) -> Reply | None:
        settings = self._services.settings
        self._commands += 1
        if self._commands > settings.max_commands and not self._relay:
            reply = self._broken(
                catalogue.COMMANDS_LIMIT.reply(self.id, host=self._services.host, count=settings.max_commands)
            )
            return self._say(Stage.CONNECT, reply)
        match event:
            case Rcpt():
                return self._rcpt(event)
            case Mail():
                return self._mail(event)
            case Data():
                self._expect_command()
                return self._say("data", catalogue.DATA_GO.reply(self._ref()))
            case Ehlo():
                return self._ehlo(event)
            case Quit():
                self._how = "quit"
                return self._say("quit", catalogue.CLOSING.reply(self.id, host=self._services.host))
            case Rset():
                self._drop_transaction()
                return self._say("any", catalogue.RESET_OK.reply(self.id))
            case Noop():
                return self._say("any", catalogue.NOOP_OK.reply(self.id))
            case Fault(reply):
                return self._refuse("any", reply)
            case StartTls():
                return self._starttls()
            case Vrfy():
                return self._vrfy(event)
            case Expn():
                return self._refuse("any", catalogue.EXPN_OFF.reply(self.id))
            case Help(topic):
                return self._help(topic)
            case Chunk() | EndOfContent():
                raise AssertionError("content is no command")
            case _:
                assert_never(event)

    def _ehlo(self, event: Ehlo) -> Reply | None:
        self._drop_transaction()
        host = self._services.host
        if event.extended:
            reply = catalogue.EHLO_OK.reply(self.id, more=self.protocol.capabilities(), host=host)
        else:
            reply = catalogue.HELO_OK.reply(self.id, host=host)
        return self._ask(Stage.HELO, reply)

    def _starttls(self) -> Reply:
        if self._door.tls is None:
            return self._say("starttls", catalogue.TLS_UNAVAILABLE.reply(self.id))
        self._drop_transaction()
        return self._say("starttls", catalogue.TLS_GO.reply(self.id))

    def _mail(self, event: Mail) -> Reply | None:
        services = self._services
        if not services.spool.room():
            return self._refuse(Stage.MAIL, catalogue.SPOOL_FULL.reply(self.id))
        self._messages += 1
        self._transaction = Transaction(
            message_id(self.id, self._messages),
            event,
            services.spool,
            services.settings.memory_per_message,
            services.loop.time(),
        )
        return self._ask(Stage.MAIL, catalogue.MAIL_OK.reply(self._ref()))

    def _rcpt(self, event: Rcpt) -> Reply | None:
        transaction = self._transaction
        assert transaction is not None  # the state table lets RCPT follow MAIL only  # noqa: S101
        recipient = event.forward_path
        services = self._services
        if len(transaction.recipients) >= services.settings.max_recipients:
            return self._say(Stage.RCPT, catalogue.RCPT_LIMIT.reply(transaction.id))
        if not self._relay and routes_on(recipient):
            return self._refuse(
                Stage.RCPT, catalogue.RCPT_ROUTED.reply(transaction.id, recipient=recipient.address)
            )
        if not may_receive(recipient, self._relay, services.domains):
            return self._refuse(
                Stage.RCPT, catalogue.RELAY_DENIED.reply(transaction.id, recipient=recipient.address)
            )
        return self._ask(Stage.RCPT, catalogue.RCPT_OK.reply(transaction.id), recipient)

    def _vrfy(self, event: Vrfy) -> Reply:
        mailbox = event.mailbox
        domains = self._services.domains
        if mailbox is None or may_receive(mailbox, False, domains):
            return self._say("any", catalogue.VRFY_LATER.reply(self.id))
        if self._relay:
            return self._say("any", catalogue.VRFY_FORWARD.reply(self.id, address=mailbox.address))
        return self._refuse("any", catalogue.VRFY_ELSEWHERE.reply(self.id, address=mailbox.address))

    def _help(self, topic: str) -> Reply:
        if topic == "STATUS":
            taken = self._messages - (self._transaction is not None)
            return self._say(
                "any",
                catalogue.STATUS.reply(self.id, host=self._services.host, session=self.id, messages=taken),
            )
        if topic and topic not in ServerProtocol.VERBS:
            return self._refuse("any", catalogue.HELP_UNKNOWN_TOPIC.reply(self.id))
        return self._say("any", catalogue.HELP.reply(self.id))

    # -- content ----------------------------------------------------------------------------------------

    def _take(self, data: bytes) -> None:
        transaction = self._transaction
        if (
            transaction is None
        ):  # it could not be kept: framing goes on to the true end, the answer comes then
            return
        try:
            transaction.add(data)
        except OSError as error:
            log.warning("a message of session %s cannot be kept: %s", self.id, error)
            transaction.discard()
            self._transaction = None
        self._expect_command()

    def _end_of_content(self, event: EndOfContent) -> Reply | None:
        transaction = self._transaction
        self._transaction = None
        self._connection.deadline = 0.0  # from here the time is ours
        if transaction is None:
            self._expect_command()
            return self._say("content", catalogue.SPOOL_FULL.reply(self.id))
        if event.fault is not None:
            transaction.discard()
            return self._end(_Judged(transaction, Content(event.size)), event.fault, _LIMITS)
        content = transaction.content()
        judged = _Judged(transaction, content)
        judged.glance = seen = glance(next(content.chunks(), b""))
        if seen.hops > self._services.settings.max_hops:
            transaction.discard()
            return self._end(judged, catalogue.MAIL_LOOP.reply(transaction.id, hops=seen.hops), _LIMITS)
        found = self._services.checks.at(Stage.CONTENT, self._facts(transaction), content)
        if isinstance(found, Awaitable):
            self._later(self._judge_later(judged, found))
            return None
        return self._judge(judged, found)

    async def _judge_later(self, judged: _Judged, found: Awaitable[Sequence[Finding]]) -> None:
        reply = self._judge(judged, await found)
        if reply is not None:
            self._connection.answer(reply)

    def _judge(self, judged: _Judged, findings: Sequence[Finding]) -> Reply | None:
        judged.findings = tuple(findings)
        disposition = decide(Stage.CONTENT, findings, self._services.rules)
        match disposition.action:
            case Action.RELAY:
                self._commit(judged, disposition)
                return None
            case Action.REJECT | Action.DEFER:
                judged.transaction.discard()
                entry = catalogue.ENTRIES[disposition.entry]
                return self._end(judged, entry.reply(judged.transaction.id, **disposition.facts), disposition)
            case Action.QUARANTINE | Action.DISCARD:
                raise AssertionError(f"no rule may say {disposition.action} yet")
            case _:
                assert_never(disposition.action)

    def _commit(self, judged: _Judged, disposition: Disposition) -> None:
        """Store the message; the answer follows from what the spool says."""
        services = self._services
        transaction = judged.transaction
        mail = transaction.mail
        now = services.clock()
        recipients = transaction.recipients
        protocol = self.protocol
        accepted = self._record(judged, catalogue.MESSAGE_ACCEPTED.reply(transaction.id), disposition, now)
        facts = _encode(accepted)
        message = Message(
            id=transaction.id,
            reverse_path=mail.reverse_path.address if mail.reverse_path is not None else "",
            recipients=tuple([Recipient(r.address) for r in recipients]),
            size=judged.content.size,
            arrived=now,
            expires=now + services.lifetime,
            body="8BITMIME" if transaction.eightbit else mail.body,
            smtputf8=mail.smtputf8,
            facts=facts,
        )
        head = received_field(
            helo=protocol.helo,
            client=self._client,
            host=services.host,
            message_id=transaction.id,
            recipients=tuple(recipients),
            second=int(now),
            extended=protocol.extended,
            tls=protocol.tls,
            smtputf8=mail.smtputf8,
        )

        def done(committed: Committed) -> None:
            match committed:
                case Stored():
                    services.journal.append(accepted)
                    # The journal's write was put before this into the same turn of the loop: it comes first.
                    services.loop.call_soon(self._accepted, accepted.reply)
                case NoRoom(reason):
                    self._not_stored(judged, catalogue.SPOOL_FULL.reply(transaction.id), reason)
                case Failed(reason):
                    self._not_stored(judged, catalogue.SPOOL_FAILED.reply(transaction.id), reason)
                case _:
                    assert_never(committed)

        services.spool.commit(
            NewMessage(message=message, head=head, data=judged.content.data, incoming=transaction.incoming),
            done,
        )

    def _accepted(self, reply: Reply) -> None:
        self._expect_command()
        self._connection.answer(reply)

    def _not_stored(self, judged: _Judged, reply: Reply, reason: str) -> None:
        log.warning("message %s was not stored: %s", judged.transaction.id, reason)
        judged.transaction.discard()
        self._connection.answer(self._end(judged, reply, _LATER, reason))

    def _end(self, judged: _Judged, reply: Reply, disposition: Disposition, reason: str = "") -> Reply:
        """Record a message that was not taken."""
        services = self._services
        services.journal.append(self._record(judged, reply, disposition, services.clock(), reason))
        self._expect_command()
        return reply

    def _record(
        self, judged: _Judged, reply: Reply, disposition: Disposition, now: float, reason: str = ""
    ) -> Reception:
        transaction = judged.transaction
        seen = judged.glance
        reverse_path = transaction.mail.reverse_path
        return Reception(
            time=now,
            session=self.id,
            message=transaction.id,
            peer=self._peer,
            reverse_path=reverse_path.address if reverse_path is not None else "",
            recipients=tuple([r.address for r in transaction.recipients]),
            size=judged.content.size,
            reply=reply,
            disposition=disposition,
            findings=judged.findings,
            helo=self.protocol.helo,
            tls=self.protocol.tls,
            header_from=seen.header_from if seen is not None else "",
            subject=seen.subject if seen is not None else "",
            message_id=seen.message_id if seen is not None else "",
            reason=reason,
        )

    # -- saying -----------------------------------------------------------------------------------------

    def _ask(self, stage: Stage, reply: Reply, recipient: Mailbox | None = None) -> Reply | None:
        """Say `reply` unless the checks of this stage find a reason against it."""
        checks = self._services.checks
        if stage not in checks.stages:
            return self._agree(stage, reply, recipient)
        found = checks.at(stage, self._facts(self._transaction, recipient), None)
        if isinstance(found, Awaitable):
            self._connection.deadline = 0.0
            self._later(self._ask_later(stage, reply, recipient, found))
            return None
        return self._weigh(stage, reply, recipient, found)

    async def _ask_later(
        self, stage: Stage, reply: Reply, recipient: Mailbox | None, found: Awaitable[Sequence[Finding]]
    ) -> None:
        self._connection.answer(self._weigh(stage, reply, recipient, await found))

    def _weigh(
        self, stage: Stage, reply: Reply, recipient: Mailbox | None, findings: Sequence[Finding]
    ) -> Reply:
        if not findings:
            return self._agree(stage, reply, recipient)
        disposition = decide(stage, findings, self._services.rules)
        if disposition.action is Action.RELAY:
            return self._agree(stage, reply, recipient, findings, disposition)
        if stage is Stage.MAIL:
            self._drop_transaction()
            self._messages -= 1  # the number goes to the next one
        entry = catalogue.ENTRIES[disposition.entry]
        return self._refuse(stage, entry.reply(self._ref(), **disposition.facts), findings, disposition)

    def _agree(
        self,
        stage: Stage,
        reply: Reply,
        recipient: Mailbox | None,
        findings: Sequence[Finding] = (),
        disposition: Disposition | None = None,
    ) -> Reply:
        if recipient is not None and self._transaction is not None:
            self._transaction.recipients.append(recipient)
        return self._say(stage, reply, findings, disposition)

    def _say(
        self,
        stage: str,
        reply: Reply,
        findings: Sequence[Finding] = (),
        disposition: Disposition | None = None,
    ) -> Reply:
        """Record a reply that is about to be said, and wait for the next command."""
        services = self._services
        transaction = self._transaction
        services.journal.append(
            Said(
                time=services.clock(),
                session=self.id,
                message=transaction.id if transaction is not None else "",
                stage=stage,
                command=self.protocol.line,
                reply=reply,
                findings=tuple(findings),
                disposition=disposition,
            )
        )
        self._expect_command()
        return reply

    def _refuse(
        self,
        stage: str,
        reply: Reply,
        findings: Sequence[Finding] = (),
        disposition: Disposition | None = None,
    ) -> Reply:
        """Count a refusal; one too many ends the session."""
        self._errors += 1
        limit = self._services.settings.max_errors
        if self._errors > limit:
            reply = self._broken(catalogue.ERRORS_LIMIT.reply(self.id, host=self._services.host, count=limit))
        return self._say(stage, reply, findings, disposition)

    def _broken(self, reply: Reply) -> Reply:
        self._how = "refused"
        return reply

    def _break_off(self, reply: Reply) -> Reply:
        """Record a 421 that answers no command."""
        services = self._services
        self._how = "refused"
        services.journal.append(
            Said(time=services.clock(), session=self.id, stage="any", command="", reply=reply)
        )
        return reply

    def _later(self, work: Coroutine[None, None, None]) -> None:
        services = self._services
        task = services.loop.create_task(self._guard(work))
        services.background(task)

    async def _guard(self, work: Coroutine[None, None, None]) -> None:
        """Turn a fault of ours into a 421: never a traceback to the client, never a session left hanging."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 - whatever it is, the client is told and the fault is logged
            self.failed(error)

    def failed(self, error: Exception) -> None:
        """End the session with 421 after a fault of ours; the traceback goes to the log and nowhere else."""
        log.error("session %s ended by an internal error", self.id, exc_info=error)
        reply = catalogue.INTERNAL_ERROR.reply(self.id, host=self._services.host)
        self._connection.say_and_close(self._break_off(reply))

    def _ref(self) -> str:
        return self._transaction.id if self._transaction is not None else self.id

    def _drop_transaction(self) -> None:
        if self._transaction is not None:
            self._transaction.discard()
            self._transaction = None

    def _expect_command(self) -> None:
        """Give the client its time, and no more than the transaction has left."""
        services = self._services
        settings = services.settings
        deadline = services.loop.time() + settings.command_timeout
        transaction = self._transaction
        if transaction is not None:
            deadline = min(deadline, transaction.started + settings.transaction_timeout)
        self._connection.deadline = deadline

    def _facts(self, transaction: Transaction | None, recipient: Mailbox | None = None) -> Facts:
        protocol = self.protocol
        mail = transaction.mail if transaction is not None else None
        return Facts(
            session=self.id,
            client=self._client,
            role=self._door.role,
            relay=self._relay,
            helo=protocol.helo,
            tls=protocol.tls,
            reverse_path=mail.reverse_path if mail is not None else None,
            recipients=tuple(transaction.recipients) if transaction is not None else (),
            recipient=recipient,
            declared_size=mail.size if mail is not None else 0,
        )


class _Judged:
    """A message between its end of content and the answer."""

    __slots__ = ("content", "findings", "glance", "transaction")

    def __init__(self, transaction: Transaction, content: Content) -> None:
        self.transaction = transaction
        self.content = content
        self.findings: tuple[Finding, ...] = ()
        self.glance: Glance | None = None
