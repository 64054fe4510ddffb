"""A memory that is read and never written: for looking at what would happen, without its having happened.

Between a trial (`gateway.scan`) and the real store, or none where the gateway has not run yet.
"""

from __future__ import annotations

from collections.abc import Sequence

from gatepost.checks.memory import Found, Memory, Raw, Step, Unavailable


class Unwritten:
    """`checks.memory.Memory` over another one, which hears of no change; over None nothing is remembered."""

    def __init__(self, memory: Memory | None) -> None:
        self._memory = memory

    def fresh(self, space: str, keys: Sequence[str]) -> Found | None:
        """Give nothing without waiting but nothing itself."""
        return (None,) * len(keys) if self._memory is None else self._memory.fresh(space, keys)

    async def get(self, space: str, keys: Sequence[str]) -> Found | Unavailable:
        """Give the records as they are."""
        return (None,) * len(keys) if self._memory is None else await self._memory.get(space, keys)

    async def change(self, space: str, keys: Sequence[str], step: Step) -> Found | Unavailable:
        """Give the records as they would be."""
        found = await self.get(space, keys)
        return found if isinstance(found, Unavailable) else tuple([step(raw) for raw in found])

    def note(self, space: str, keys: Sequence[str], step: Step) -> None:
        """Change nothing."""

    async def listed(
        self, space: str, prefix: str = "", after: str = "", limit: int = 1000
    ) -> tuple[tuple[str, Raw], ...] | Unavailable:
        """Give the records as they are."""
        return () if self._memory is None else await self._memory.listed(space, prefix, after, limit)
