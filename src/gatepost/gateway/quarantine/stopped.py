"""Carries out orders while no gateway runs: opens the shard under its lock as a worker does, and closes it again.

What is released waits in the spool; the gateway delivers it when it starts.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path
from typing import Final

from gatepost.gateway.quarantine.carrier import Carrier
from gatepost.gateway.settings import Settings
from gatepost.gateway.takeover import take_over
from gatepost.journal.writer import Journal
from gatepost.spool.embedded import EmbeddedSpool

SECONDS: Final = 30.0


def carry_out(settings: Settings, shard: Path) -> None:
    """Carry out all orders to a shard. Raises SpoolUnusable when another process has it, OSError."""
    asyncio.run(_carry_out(settings, shard))


async def _carry_out(settings: Settings, shard: Path) -> None:
    loop = asyncio.get_running_loop()
    directory = settings.journal_dir
    journal = Journal(directory, "quarantine", time.time, loop.call_soon)
    try:
        spool = EmbeddedSpool(
            shard,
            time.time,
            loop.call_soon_threadsafe,
            settings.spool,
            partial(take_over, journal=journal, directory=directory, clock=time.time),
        )
        try:
            carrier = Carrier(
                shard,
                spool,
                journal,
                directory,
                time.time,
                lifetime=settings.delivery.lifetime,
                days=settings.policy.hold_days,
            )
            until = loop.time() + SECONDS
            while carrier.look() and loop.time() < until:  # noqa: ASYNC110 - files say nothing when they change
                await asyncio.sleep(0.01)
        finally:
            spool.close()
            await asyncio.sleep(0)
    finally:
        journal.close()
