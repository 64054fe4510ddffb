"""A trial: what the gateway would do with a message, by the checks and rules it has, with nothing sent or learned.

For `gatepost scan`. It asks the same checks at the same stages as `reception` does, and the same decision, but there
is no client to answer and no spool; a recipient that is refused does not end it, so that all is seen.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Stage
from gatepost.gateway.checking import Checking
from gatepost.gateway.compose import dial
from gatepost.gateway.memory import EmbeddedMemory, secret
from gatepost.gateway.memory.file import FILE
from gatepost.gateway.memory.unwritten import Unwritten
from gatepost.gateway.resolver import DnsResolver
from gatepost.gateway.settings import Settings
from gatepost.mail.header import Glance, glance
from gatepost.mail.ids import SessionIds, message_id
from gatepost.mail.path import Mailbox
from gatepost.policy.decide import decide
from gatepost.policy.disposition import Action, Disposition
from gatepost.policy.domains import Domains, may_receive
from gatepost.policy.networks import Networks
from gatepost.policy.rules import Rules
from gatepost.reception.transaction import in_common
from gatepost.reply import catalogue
from gatepost.reply.reply import Reply

HERE: Final = "127.0.0.1"
"""The client of a trial that names none: then only the content is looked at."""

_LIMITS: Final = Disposition(action=Action.REJECT, rule="limits")


class Envelope(Struct, frozen=True, kw_only=True):
    """Who would send the message to whom. `client` is an address, `reverse_path` None for `<>`."""

    client: str = HERE
    helo: str = ""
    reverse_path: Mailbox | None = None
    recipients: tuple[Mailbox, ...] = ()


class Answer(Struct, frozen=True, kw_only=True):
    """What would be said at RCPT to one recipient, or at the end of the content (`recipient` is then "")."""

    stage: Stage
    recipient: str
    disposition: Disposition
    reply: Reply
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """Whether the client would be refused."""
        return self.reply.code >= 400


class Trial(Struct, frozen=True, kw_only=True):
    """What a trial showed: the answers in their order, the one at the end of the content last."""

    answers: tuple[Answer, ...]
    seen: Glance

    @property
    def verdict(self) -> Answer:
        """The answer that decides: when every recipient would be refused, the content would not be asked for."""
        *before, end = self.answers
        return before[0] if before and all(answer.refused for answer in before) else end


def scan(settings: Settings, envelope: Envelope, content: Content) -> Trial:
    """Try a message. Raises OSError when it cannot be read."""
    return asyncio.run(_scan(settings, envelope, content))


async def _scan(settings: Settings, envelope: Envelope, content: Content) -> Trial:
    loop = asyncio.get_running_loop()
    resolver = DnsResolver(settings.dns, time.time)
    kept = (
        EmbeddedMemory(settings.data_dir, time.time, loop, settings.memory.max_records)
        if (settings.data_dir / FILE).exists()
        else None
    )
    domains = Domains(settings.domain)
    rules = settings.policy.rules()
    checking = Checking(
        settings,
        domains=domains,
        rules=rules,
        resolver=resolver,
        memory=Unwritten(kept),
        secret=secret(settings.data_dir) if kept is not None else b"",
        dial=dial,
        clock=time.time,
        monotonic=loop.time,
        told=lambda _: None,
    )
    try:
        return await _Stages(settings, checking, rules, domains, envelope).played(content)
    finally:
        checking.close()
        if kept is not None:
            kept.close()
        resolver.close()


class _Stages:
    """One message's way through the stages, as `reception.InboundSession` goes it."""

    def __init__(
        self,
        settings: Settings,
        checking: Checking,
        rules: Rules,
        domains: Domains,
        envelope: Envelope,
    ) -> None:
        self._settings = settings
        self._checks = checking.checks
        self._rules = rules
        self._domains = domains
        self._envelope = envelope
        self._named = envelope.client != HERE
        self._relay = self._named and Networks(settings.policy.relay_networks).contains(envelope.client)
        self._session = SessionIds(0, time.time)()
        self._ref = message_id(self._session, 1)

    async def played(self, content: Content) -> Trial:
        envelope = self._envelope
        before: tuple[Finding, ...] = ()
        if self._named:
            if not self._relay:
                before = await self._at(Stage.CONNECT, self._facts())
                if envelope.helo:
                    before += await self._at(Stage.HELO, self._facts())
            before += await self._at(Stage.MAIL, self._facts())
        answers = [await self._asked(recipient, before) for recipient in envelope.recipients]
        common: tuple[Finding, ...] | None = None
        for answer in [answer for answer in answers if not answer.refused] or answers:
            common = in_common(common, answer.findings[len(before) :])
        seen = glance(content.data or next(content.chunks(), b""))
        answers.append(await self._end(content, seen, (*before, *(common or ()))))
        return Trial(answers=tuple(answers), seen=seen)

    async def _asked(self, recipient: Mailbox, before: tuple[Finding, ...]) -> Answer:
        if not may_receive(recipient, self._relay, self._domains):
            reply = catalogue.RELAY_DENIED.reply(self._ref, recipient=recipient.address)
            return self._answer(Stage.RCPT, recipient.address, _LIMITS, reply, before)
        found: tuple[Finding, ...] = ()
        if self._named and not self._relay:
            found = await self._at(Stage.RCPT, self._facts(recipient=recipient, findings=before))
        disposition = decide(Stage.RCPT, found, self._rules, before)
        reply = self._reply(disposition) or catalogue.RCPT_OK.reply(self._ref)
        return self._answer(Stage.RCPT, recipient.address, disposition, reply, (*before, *found))

    async def _end(self, content: Content, seen: Glance, before: tuple[Finding, ...]) -> Answer:
        if seen.hops > self._settings.reception.max_hops:
            reply = catalogue.MAIL_LOOP.reply(self._ref, hops=seen.hops)
            return self._answer(Stage.CONTENT, "", _LIMITS, reply, before)
        facts = self._facts(findings=before)
        found = await self._at(Stage.CONTENT, facts, content)
        disposition = decide(Stage.CONTENT, found, self._rules, before)
        reply = self._reply(disposition) or catalogue.MESSAGE_ACCEPTED.reply(self._ref)
        return self._answer(Stage.CONTENT, "", disposition, reply, (*before, *found))

    async def _at(self, stage: Stage, facts: Facts, content: Content | None = None) -> tuple[Finding, ...]:
        found, waiting = self._checks.at(stage, facts, content)
        return tuple(found) if waiting is None else (*found, *(await waiting))

    def _reply(self, disposition: Disposition) -> Reply | None:
        if not disposition.entry:
            return None
        return catalogue.ENTRIES[disposition.entry].reply(self._ref, **disposition.facts)

    def _answer(
        self,
        stage: Stage,
        recipient: str,
        disposition: Disposition,
        reply: Reply,
        findings: Sequence[Finding],
    ) -> Answer:
        return Answer(
            stage=stage,
            recipient=recipient,
            disposition=disposition,
            reply=reply,
            findings=tuple(findings),
        )

    def _facts(self, *, recipient: Mailbox | None = None, findings: tuple[Finding, ...] = ()) -> Facts:
        envelope = self._envelope
        return Facts(
            session=self._session,
            client=envelope.client,
            role="inbound",
            relay=self._relay,
            helo=envelope.helo,
            reverse_path=envelope.reverse_path,
            recipients=envelope.recipients,
            recipient=recipient,
            findings=findings,
        )
