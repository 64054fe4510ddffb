"""One SMTP session, from greeting to QUIT: what is said to a client, and why.

On the way of a message: `smtp.aio.ServerConnection` tells events; this answers commands, asking checks and
policy, and hands each complete message to an `Acceptance`. Session, transaction and connection are three
objects: RSET drops the transaction, a lost connection ends the session. Every reply is recorded in the journal
in the turn of the loop in which it is said.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from functools import lru_cache
from typing import Any, Final, assert_never

from gatepost.checks.facts import Facts
from gatepost.checks.finding import Finding, Stage
from gatepost.checks.runner import Later
from gatepost.journal.records import Closed, Opened, Said, SecuredIn
from gatepost.mail.ids import message_id
from gatepost.mail.path import Mailbox
from gatepost.policy.decide import decide
from gatepost.policy.disposition import Disposition
from gatepost.policy.domains import may_receive, routes_on
from gatepost.reception.acceptance import Acceptance, Client
from gatepost.reception.looks import Look, findings_of
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

log = logging.getLogger("gatepost.reception")

_DATA_GO: Final = catalogue.DATA_GO.reply()


@lru_cache(16)
def _hello(host: str, offered: tuple[str, ...] | None) -> Reply:
    if offered is None:
        return catalogue.HELO_OK.reply(host=host)
    return catalogue.EHLO_OK.reply(more=offered, host=host)


class InboundSession:
    """What one client says and is told."""

    __slots__ = (
        "_client",
        "_commands",
        "_connection",
        "_door",
        "_ended",
        "_errors",
        "_how",
        "_local",
        "_looks",
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
        self._how = "lost"
        self._looks: dict[Stage, Look] = {}  # at the client, and at its name
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
        if everyone > settings.max_connections:
            reply = catalogue.CONNECTIONS_ALL.reply(self.id, host=services.host)
        elif client > settings.max_connections_per_client and not self._relay:
            reply = catalogue.CONNECTIONS_CLIENT.reply(self.id, host=services.host, client=self._client)
        elif self._door.role == "relay" and not self._relay:
            # RFC 5321 §3.1 would have us wait for QUIT after a 554 greeting; an uninvited client gets no more time.
            reply = catalogue.NO_SERVICE.reply(self.id, host=services.host, client=self._client)
        else:
            reply = services.greeting
        if reply.code == 220:
            self._look(Stage.CONNECT)
        else:
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
        return reply

    def secured(self, tls: str) -> None:
        """Record that TLS is active."""
        services = self._services
        services.journal.append(SecuredIn(time=services.clock(), session=self.id, tls=tls))

    def late(self, now: float, heard: float) -> Reply | None:
        """Say which time ran out, if one did."""
        services = self._services
        settings = services.settings
        transaction = self._transaction
        if transaction is not None and now - transaction.started > settings.transaction_timeout:
            entry, seconds = catalogue.TRANSACTION_TIMEOUT, settings.transaction_timeout
        elif now - heard > settings.command_timeout:
            entry, seconds = catalogue.COMMAND_TIMEOUT, settings.command_timeout
        else:
            return None
        return self._break_off(entry.reply(self.id, host=services.host, seconds=seconds))

    def shut_down(self) -> None:
        """Close an idle session with 421; one that is in a transaction is left to finish."""
        if self._transaction is None and not self.protocol.answer_due:
            reply = catalogue.SHUTTING_DOWN.reply(self.id, host=self._services.host)
            self._connection.say_and_close(self._break_off(reply))

    def failed(self, error: Exception) -> None:
        """End the session with 421 after a fault of ours; the traceback goes to the log and nowhere else."""
        log.error("session %s ended by an internal error", self.id, exc_info=error)
        reply = catalogue.INTERNAL_ERROR.reply(self.id, host=self._services.host)
        self._connection.say_and_close(self._break_off(reply))

    def closed(self) -> None:
        """Record the end, and drop what was not finished."""
        services = self._services
        self._drop_transaction()
        for look in self._looks.values():
            look.drop()
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
                if self._transaction is not None:
                    self._transaction.add(data)
                return None
            case EndOfContent():
                return self._end_of_content(event)
            case Rcpt(recipient):
                return self._rcpt(recipient)
            case Mail():
                return self._mail(event)
            case Data():
                return self._say("data", _DATA_GO)
            case Ehlo():
                return self._ehlo(event)
            case Quit():
                self._how = "quit"
                return self._say("quit", self._services.closing)
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
            case _:
                assert_never(event)

    def _ehlo(self, event: Ehlo) -> Reply | None:
        self._drop_transaction()
        self._look(Stage.HELO, event.name)
        offered = self.protocol.capabilities() if event.extended else None
        return self._say("helo", _hello(self._services.host, offered))

    def _starttls(self) -> Reply:
        if self._door.tls is None:
            return self._say("starttls", catalogue.TLS_UNAVAILABLE.reply(self.id))
        self._drop_transaction()
        return self._say("starttls", catalogue.TLS_GO.reply(self.id))

    def _mail(self, event: Mail) -> Reply | None:
        services = self._services
        if not services.spool.room():
            return self._refuse("mail", catalogue.SPOOL_FULL.reply(self.id))
        self._messages += 1
        name = message_id(self.id, self._messages)
        self._transaction = Transaction(
            name, event, services.spool, services.settings.memory_per_message, self._connection.heard
        )
        if Stage.MAIL in services.checks.stages:
            found, waiting = services.checks.at(Stage.MAIL, self._facts())
            disposition = decide(Stage.MAIL, found, services.rules)
            if disposition.refuses:
                self._transaction = None
                self._messages -= 1  # there is no message yet that could have this number
                return self._refuse_by(disposition, Stage.MAIL, found, self.id)
            self._transaction.look = Look(found, waiting, services.loop)
        return self._say("mail", catalogue.MAIL_OK.reply(name))

    def _rcpt(self, recipient: Mailbox) -> Reply | None:
        transaction = self._transaction
        assert transaction is not None  # the state table lets RCPT follow MAIL only  # noqa: S101
        services = self._services
        if len(transaction.recipients) >= services.settings.max_recipients:
            return self._say("rcpt", catalogue.RCPT_LIMIT.reply(transaction.id))
        if not self._relay:
            address = recipient.address
            if routes_on(recipient):
                return self._refuse("rcpt", catalogue.RCPT_ROUTED.reply(transaction.id, recipient=address))
            if not may_receive(recipient, False, services.domains):
                return self._refuse("rcpt", catalogue.RELAY_DENIED.reply(transaction.id, recipient=address))
        looks = [*self._looks.values(), *([transaction.look] if transaction.look is not None else ())]
        if any(not look.ended for look in looks):
            self._later(self._rcpt_later(transaction, recipient, looks))
            return None
        return self._ask(transaction, recipient, findings_of(looks))

    async def _rcpt_later(self, transaction: Transaction, recipient: Mailbox, looks: Sequence[Look]) -> None:
        """Answer RCPT when all is known that counts for it."""
        for look in looks:
            await look.end()
        reply = self._ask(transaction, recipient, findings_of(looks))
        if reply is not None:
            self._connection.answer(reply)

    def _vrfy(self, event: Vrfy) -> Reply:
        mailbox = event.mailbox
        if mailbox is None or may_receive(mailbox, False, self._services.domains):
            return self._say("any", catalogue.VRFY_LATER.reply(self.id))
        if self._relay:
            return self._say("any", catalogue.VRFY_FORWARD.reply(self.id, address=mailbox.address))
        return self._refuse("any", catalogue.VRFY_ELSEWHERE.reply(self.id, address=mailbox.address))

    def _help(self, topic: str) -> Reply:
        if topic == "STATUS":
            taken = self._messages - (self._transaction is not None)
            host = self._services.host
            return self._say(
                "any", catalogue.STATUS.reply(self.id, host=host, session=self.id, messages=taken)
            )
        if topic and topic not in ServerProtocol.VERBS:
            return self._refuse("any", catalogue.HELP_UNKNOWN_TOPIC.reply(self.id))
        return self._say("any", catalogue.HELP.reply(self.id))

    # -- content ----------------------------------------------------------------------------------------

    def _end_of_content(self, event: EndOfContent) -> Reply | None:
        transaction = self._transaction
        assert transaction is not None  # the state table lets content follow DATA only  # noqa: S101
        facts = self._facts(findings=(*transaction.findings, *transaction.common))
        self._transaction = None
        protocol = self.protocol
        client = Client(
            session=self.id,
            address=self._client,
            peer=self._peer,
            helo=protocol.helo,
            extended=protocol.extended,
            tls=protocol.tls,
            relay=self._relay,
        )
        acceptance = Acceptance(self._services, client, transaction, self._connection.answer, self._later)
        if event.fault is not None:
            return acceptance.refuse(event.fault, event.size)
        if transaction.failure is not None:
            return acceptance.not_kept(transaction.failure, event.size)
        return acceptance.decide(facts)

    # -- saying -----------------------------------------------------------------------------------------

    def _look(self, stage: Stage, helo: str = "") -> None:
        """Begin to look at a stranger or at its name; the findings count at RCPT."""
        if self._relay:
            return
        services = self._services
        if (former := self._looks.pop(stage, None)) is not None:
            former.drop()
        if stage in services.checks.stages:
            found, waiting = services.checks.at(stage, self._facts(helo=helo))
            self._looks[stage] = Look(found, waiting, services.loop)

    def _ask(self, transaction: Transaction, recipient: Mailbox, before: tuple[Finding, ...]) -> Reply | None:
        """Take a recipient unless a reason against it was found, by now or by the checks of RCPT."""
        checks = self._services.checks
        found: Sequence[Finding] = ()
        if Stage.RCPT in checks.stages and not self._relay:
            facts = self._facts(recipient=recipient, findings=before)
            found, waiting = checks.at(Stage.RCPT, facts)
            if waiting is not None:
                self._later(self._ask_later(transaction, recipient, before, found, waiting))
                return None
        return self._weigh(transaction, recipient, before, found)

    async def _ask_later(
        self,
        transaction: Transaction,
        recipient: Mailbox,
        before: tuple[Finding, ...],
        found: Sequence[Finding],
        waiting: Later,
    ) -> None:
        found = (*found, *(await waiting))
        self._connection.answer(self._weigh(transaction, recipient, before, found))

    def _weigh(
        self,
        transaction: Transaction,
        recipient: Mailbox,
        before: tuple[Finding, ...],
        found: Sequence[Finding],
    ) -> Reply:
        disposition = decide(Stage.RCPT, found, self._services.rules, before)
        if disposition.refuses:
            return self._refuse_by(disposition, Stage.RCPT, (*before, *found), transaction.id)
        transaction.take(recipient, before, found)
        return self._say("rcpt", catalogue.RCPT_OK.reply(transaction.id))

    def _refuse_by(
        self, disposition: Disposition, stage: Stage, findings: Sequence[Finding], ref: str
    ) -> Reply:
        refusal = catalogue.ENTRIES[disposition.entry].reply(ref, **disposition.facts)
        return self._refuse(stage, refusal, findings, disposition)

    def _say(
        self,
        stage: str,
        reply: Reply,
        findings: Sequence[Finding] = (),
        disposition: Disposition | None = None,
    ) -> Reply:
        """Record the reply to a command; one command too many ends the session."""
        services = self._services
        self._commands += 1
        if self._commands > services.settings.max_commands and not self._relay:
            self._how = "refused"
            limit = services.settings.max_commands
            reply = catalogue.COMMANDS_LIMIT.reply(self.id, host=services.host, count=limit)
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
            self._how = "refused"
            reply = catalogue.ERRORS_LIMIT.reply(self.id, host=self._services.host, count=limit)
        return self._say(stage, reply, findings, disposition)

    def _break_off(self, reply: Reply) -> Reply:
        """Record a 421 that answers no command."""
        services = self._services
        self._how = "refused"
        services.journal.append(
            Said(time=services.clock(), session=self.id, stage="any", command="", reply=reply)
        )
        return reply

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        services = self._services
        services.background(services.loop.create_task(self._guard(work)))

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        """Turn a fault of ours into a 421: never a session left hanging."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 - whatever it is, the client is told and the fault is logged
            self.failed(error)

    def _drop_transaction(self) -> None:
        if self._transaction is not None:
            self._transaction.drop()
            self._transaction = None

    def _facts(
        self, *, helo: str = "", recipient: Mailbox | None = None, findings: tuple[Finding, ...] = ()
    ) -> Facts:
        protocol = self.protocol
        transaction = self._transaction
        mail = transaction.mail if transaction is not None else None
        return Facts(
            session=self.id,
            client=self._client,
            role=self._door.role,
            relay=self._relay,
            helo=helo or protocol.helo,
            tls=protocol.tls,
            reverse_path=mail.reverse_path if mail is not None else None,
            recipients=tuple(transaction.recipients) if transaction is not None else (),
            recipient=recipient,
            declared_size=mail.size if mail is not None else 0,
            smtputf8=mail is not None and mail.smtputf8,
            findings=findings,
        )
