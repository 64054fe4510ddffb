"""What every session of a worker uses: passed in once, replaced never (a reload starts new workers)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from gatepost.checks.facts import Content
from gatepost.checks.runner import Checks
from gatepost.journal.records import Reception
from gatepost.journal.writer import Journal
from gatepost.mail.clock import Clock
from gatepost.mail.ids import SessionIds
from gatepost.policy.domains import Domains
from gatepost.policy.networks import Networks
from gatepost.policy.rules import Rules
from gatepost.reception.confirmations import Confirmations
from gatepost.reception.counts import ConnectionCounts
from gatepost.reception.lessons import Lessons
from gatepost.reception.sealing import Sealing
from gatepost.reception.settings import ReceptionSettings
from gatepost.reception.signing import Signing
from gatepost.reply.reply import Reply
from gatepost.smtp.server import Limits
from gatepost.spool.interface import Spool

Role = Literal["inbound", "submission", "relay"]


class Copies(Protocol):
    """Who wants a copy of some messages, such as of those that carry reports about our domains."""

    def take(self, reception: Reception, content: Content) -> None:
        """Look at a message that was just stored. Returns at once and never raises."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The parts that a session is made with.

    `host` is our name in greeting and trace fields; `greeting` and `closing` are said in every session and the
    same in all; `lifetime` the seconds a message may stay undelivered.
    `background` keeps a task alive until it ends. `copies` is None where nobody wants any.
    """

    host: str
    greeting: Reply
    closing: Reply
    settings: ReceptionSettings
    limits: Limits
    lifetime: float
    loop: asyncio.AbstractEventLoop
    clock: Clock
    ids: SessionIds
    checks: Checks
    lessons: Lessons
    rules: Rules
    domains: Domains
    relay_networks: Networks
    signing: Signing
    sealing: Sealing | None
    spool: Spool
    journal: Journal
    counts: ConnectionCounts
    confirmations: Confirmations
    background: Callable[[asyncio.Task[None]], None]
    copies: Copies | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One listener as its sessions see it: its role, its address ("" when it has many), and how TLS is to be had.

    `tls_wanted` without `tls` means that the certificate could not be used: STARTTLS is offered and answered
    454, so that the fault is seen by those it concerns instead of turning into silent plain text.
    """

    role: Role
    local: str = ""
    tls: ssl.SSLContext | None = None
    tls_wanted: bool = False
