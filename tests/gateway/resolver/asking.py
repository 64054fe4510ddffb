"""Asking a resolver in a test: on asyncio's loop and on uvloop, several names at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import uvloop

from gatepost.gateway.resolver import DnsResolver, ResolverSettings
from gatepost.mail.dns import Answer, Kind

LOOPS: Final = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
AT: Final = 1_700_000_000.0


def with_resolver(
    nameservers: tuple[str, ...] | str,
    use: Callable[[DnsResolver], Awaitable[Any]],
    loop: str = "uvloop",
    **settings: Any,
) -> Any:
    """Make a resolver, use it, close it."""
    servers = (nameservers,) if isinstance(nameservers, str) else nameservers

    async def run() -> Any:
        resolver = DnsResolver(ResolverSettings(nameservers=servers, **settings), lambda: AT)
        try:
            return await use(resolver)
        finally:
            resolver.close()

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        return runner.run(run())


def ask(nameservers: tuple[str, ...] | str, name: str, kind: Kind = "A", **settings: Any) -> Answer:
    """Ask one question of a resolver of its own."""
    answer: Answer = with_resolver(nameservers, lambda resolver: resolver.ask(name, kind), **settings)
    return answer
