"""The contract of a check, for those that ship with Gatepost and for anyone's own.

A check looks and reports; it decides nothing and says nothing to the client. Whatever goes wrong while it
looks becomes a finding, so `look` raises nothing but CancelledError.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Stage

Looked = Sequence[Finding] | Awaitable[Sequence[Finding]]
"""What a check answers: findings at once, or something to wait for."""


class Check(Protocol):
    """Look at a session or message and report what is there."""

    name: str
    stages: frozenset[Stage]

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Looked:
        """Report at one stage: at once when nothing must be waited for, else as an awaitable.

        `content` is given at CONTENT only. At CONNECT, HELO and RCPT only strangers are looked at; at the other
        stages `facts.relay` tells our own clients. An answer at once costs a message no task switch.
        """
        ...


class Stream(Protocol):
    """An open connection to an engine, as `Dialer` gives it."""

    async def read(self, limit: int) -> bytes:
        """Give what has come, at most `limit` octets; b"" at the end."""
        ...

    def write(self, data: bytes) -> None:
        """Queue octets for sending."""
        ...

    async def drain(self) -> None:
        """Wait until the queue of octets is short again."""
        ...

    def close(self) -> None:
        """Drop the connection at once, with what is not sent yet: the other side may never read it."""
        ...


Dialer = Callable[[str], Awaitable[Stream]]
"""Open a connection to "host:port" or "unix:/path". Raises OSError."""
