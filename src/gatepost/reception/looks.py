"""What the checks of one stage found, and those of them that are still looking.

Looks at a client, its name and its reverse-path begin as soon as these are known, and are waited for when their
findings count, at RCPT: so the answers of DNS come while the client goes on talking, and a refusal names the
recipient it was about. Decides nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from gatepost.checks.finding import Finding
from gatepost.checks.runner import Findings, Later


class Look:
    """One stage's look, begun when it is made."""

    __slots__ = ("_found", "_task")

    def __init__(self, found: Findings, waiting: Later | None, loop: asyncio.AbstractEventLoop) -> None:
        self._found = found
        self._task = None if waiting is None else loop.create_task(waiting)

    @property
    def ended(self) -> bool:
        """Whether nothing is waited for."""
        return self._task is None or self._task.done()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All that was found, once the look has ended; what was dropped found nothing more."""
        if self._task is None or self._task.cancelled():
            return tuple(self._found)
        return (*self._found, *self._task.result())

    async def end(self) -> None:
        """Wait until the look has ended."""
        if self._task is not None:
            await asyncio.wait((self._task,))

    def drop(self) -> None:
        """Look no more: nobody wants to know."""
        if self._task is not None:
            self._task.cancel()


def findings_of(looks: Iterable[Look]) -> tuple[Finding, ...]:
    """Put together what looks found that have all ended."""
    return tuple([finding for look in looks for finding in look.findings])
