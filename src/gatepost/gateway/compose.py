"""Puts the parts of reception together from the settings: the checks, the rules, the limits.

The worker calls this with the real world's clock, sockets and disk.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from publicsuffixlist import PublicSuffixList

from gatepost.checks.check import Check, Stream
from gatepost.checks.connection.postmaster import PostmasterCheck
from gatepost.checks.content.size import SizeCheck
from gatepost.checks.content.virus import NoVirusCheck, VirusCheck
from gatepost.checks.identity.forgery import Resembles
from gatepost.checks.identity.lists import ListsCheck
from gatepost.checks.identity.message import MessageCheck
from gatepost.checks.identity.spf import SpfCheck
from gatepost.checks.runner import Checks
from gatepost.gateway.keys import signers_of
from gatepost.gateway.settings import Settings
from gatepost.journal.writer import Journal
from gatepost.mail.clock import Clock
from gatepost.mail.dns import Resolver
from gatepost.mail.dns_budget import Budgeted
from gatepost.mail.ids import SessionIds
from gatepost.mail.lookalike import Known, resembles
from gatepost.policy.domains import ANY, Domains, a_labels
from gatepost.policy.networks import Networks
from gatepost.reception.confirmations import Confirmations
from gatepost.reception.counts import ConnectionCounts
from gatepost.reception.services import Services
from gatepost.reception.signing import Signing
from gatepost.reply import catalogue
from gatepost.smtp.server import Limits
from gatepost.spool.interface import Spool


def compose(
    settings: Settings,
    *,
    loop: asyncio.AbstractEventLoop,
    checks: Checks,
    domains: Domains,
    ids: SessionIds,
    spool: Spool,
    journal: Journal,
    counts: ConnectionCounts,
    background: Callable[[asyncio.Task[None]], None],
) -> Services:
    """Give what sessions are made with."""
    return Services(
        host=settings.host,
        greeting=catalogue.GREETING.reply(host=settings.host),
        closing=catalogue.CLOSING.reply(host=settings.host),
        settings=settings.reception,
        limits=Limits(
            command_line=settings.reception.max_command_line,
            text_line=settings.reception.max_text_line,
            size=settings.reception.max_message_size,
        ),
        lifetime=settings.delivery.lifetime,
        loop=loop,
        clock=time.time,
        ids=ids,
        checks=checks,
        rules=settings.policy.rules(),
        domains=domains,
        relay_networks=Networks(settings.policy.relay_networks),
        signing=Signing(signers_of(settings)),
        spool=spool,
        journal=journal,
        counts=counts,
        confirmations=Confirmations(loop, journal),
        background=background,
    )


def compose_checks(
    settings: Settings, *, monotonic: Callable[[], float], clock: Clock, resolver: Resolver, domains: Domains
) -> tuple[Checks, VirusCheck | None]:
    """Give the checks that the settings ask for, and the one that has connections to close."""
    identity = settings.checks.identity

    def budgeted() -> Resolver:
        return Budgeted(resolver, identity.questions, identity.seconds, monotonic)

    lists = ListsCheck(*settings.checks.lists.lists(), clock, unproven=settings.checks.lists.allow_unproven)

    def ours(domain: str) -> bool:
        return domains.named(domain) is not None

    checks: list[Check] = [SizeCheck(settings.reception.max_message_size), PostmasterCheck(ours), lists]
    if identity.spf:
        checks.append(SpfCheck(settings.host, budgeted, clock))
    if identity.dkim:
        checks.append(
            MessageCheck(
                budgeted=budgeted,
                clock=clock,
                suffixes=PublicSuffixList(),
                ours=ours,
                resembles=_resembles(domains),
                trusted=identity.trusted_forwarders,
                lists=lists,
            )
        )
    virus = None
    if settings.checks.virus is None:
        checks.append(NoVirusCheck())
    else:
        virus = VirusCheck(settings.checks.virus, dial, monotonic)
        checks.append(virus)
    return Checks(checks), virus


def _resembles(domains: Domains) -> Resembles:
    """Compare with the domains that we take mail for."""
    known = Known([a_labels(domain.name) for domain in domains if domain.name != ANY])

    def words(domain: str) -> str:
        found = resembles(domain, known)
        return found.reason if found is not None else ""

    return words


class _Dialled:
    """An asyncio stream as checks see it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.read = reader.read
        self.write = writer.write
        self.drain = writer.drain
        self.close = writer.transport.abort  # `writer.close` would wait for an engine that reads no more


async def dial(address: str) -> Stream:
    """Open a stream to "host:port" or "unix:/path". Raises OSError."""
    if address.startswith("unix:"):
        reader, writer = await asyncio.open_unix_connection(address.removeprefix("unix:"))
    else:
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    return _Dialled(reader, writer)
