"""Puts the parts of reception together from the settings: what sessions share, and how they reach engines.

The worker calls this with the real world's clock, sockets and disk.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial

from gatepost.checks.check import Stream
from gatepost.gateway.checking import Checking
from gatepost.gateway.dmarc.inbox import Inbox
from gatepost.gateway.dmarc.incoming import inbox_of
from gatepost.gateway.keys import sealer_of, signers_of
from gatepost.gateway.settings import Settings
from gatepost.journal.writer import Journal
from gatepost.mail.ids import SessionIds
from gatepost.policy.domains import Domains
from gatepost.policy.networks import Networks
from gatepost.policy.rules import Rules
from gatepost.reception.confirmations import Confirmations
from gatepost.reception.counts import ConnectionCounts
from gatepost.reception.sealing import Sealing
from gatepost.reception.services import Services
from gatepost.reception.signing import Signing
from gatepost.reply import catalogue
from gatepost.smtp.server import Limits
from gatepost.spool.interface import Spool


def compose(
    settings: Settings,
    *,
    loop: asyncio.AbstractEventLoop,
    checking: Checking,
    rules: Rules,
    domains: Domains,
    ids: SessionIds,
    spool: Spool,
    journal: Journal,
    counts: ConnectionCounts,
    background: Callable[[asyncio.Task[None]], None],
) -> Services:
    """Give what sessions are made with."""
    signers = signers_of(settings)
    sealer = sealer_of(settings, signers)
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
        checks=checking.checks,
        lessons=checking.lessons,
        rules=rules,
        domains=domains,
        relay_networks=Networks(settings.policy.relay_networks),
        signing=Signing(signers),
        sealing=Sealing(sealer) if sealer is not None else None,
        spool=spool,
        journal=journal,
        counts=counts,
        confirmations=Confirmations(loop, journal),
        background=background,
        copies=Inbox(
            inbox_of(settings), frozenset(settings.dmarc.reports_to), partial(loop.run_in_executor, None)
        )
        if settings.dmarc.reports_to
        else None,
    )


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
