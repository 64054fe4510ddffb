"""Poison messages: content on which the inspection failed again and again, remembered by its fingerprint.

Between the inspection and the memory. A message that is put off comes again for days; one that kills each inspector
would do so for as long, and its sender would never learn of it.
"""

from __future__ import annotations

from typing import Final

from gatepost.checks.memory import DAY, Memory, Remembered, Space, Unavailable
from gatepost.mail.clock import Clock

_KEPT: Final = 7 * DAY


class _Failures(Remembered, frozen=True, array_like=True, gc=False):
    times: int


class Poison:
    """Counts failures by content; `most` of them make a message poisonous."""

    def __init__(self, memory: Memory, clock: Clock, most: int) -> None:
        self.most: Final = most
        self._failures = Space(memory, "poison", _Failures)
        self._clock = clock

    async def again(self, fingerprint: str) -> int:
        """Count one more failure; give how many there were. Without a memory it is always the first."""
        expires = self._clock() + _KEPT

        def step(old: _Failures | None) -> _Failures:
            return _Failures(expires, 1 if old is None else old.times + 1)

        changed = await self._failures.change([fingerprint], step)
        if isinstance(changed, Unavailable) or changed[0] is None:
            return 1
        return changed[0].times
