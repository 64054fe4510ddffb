"""A trial reads the memory, sees what it would change, and changes nothing."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from gatepost.checks.memory import Raw
from gatepost.gateway.memory import EmbeddedMemory
from gatepost.gateway.memory.unwritten import Unwritten


def later(old: Raw | None) -> Raw:
    return Raw(b"new" if old is None else old.value + b"+", time.time() + 60)


def test_changes_are_seen_and_not_kept(tmp_path: Path) -> None:
    async def run() -> None:
        memory = EmbeddedMemory(tmp_path, time.time, asyncio.get_running_loop(), 100)
        try:
            await memory.change("space", ["a"], later)
            trial = Unwritten(memory)
            changed = await trial.change("space", ["a", "b"], later)
            trial.note("space", ["a"], later)
            assert isinstance(changed, tuple)
            assert [raw.value for raw in changed if raw is not None] == [b"new+", b"new"]
            kept = await memory.get("space", ["a", "b"])
            assert isinstance(kept, tuple)
            assert [raw and raw.value for raw in kept] == [b"new", None]
            assert await trial.listed("space") == await memory.listed("space")
        finally:
            memory.close()

    asyncio.run(run())


def test_without_a_memory_nothing_is_known() -> None:
    async def run() -> None:
        trial = Unwritten(None)
        assert trial.fresh("space", ["a", "b"]) == (None, None)
        assert await trial.get("space", ["a"]) == (None,)
        assert await trial.listed("space") == ()

    asyncio.run(run())
