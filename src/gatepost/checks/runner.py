"""Running the checks of a stage: those that answer at once one after the other, those that wait in parallel.

Between reception and the checks. Whatever goes wrong inside a check comes out as a finding, so that policy
decides about it; reception sees findings and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final

from gatepost.checks.check import Check
from gatepost.checks.evidence import OutageEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage

_NOTHING: Final[tuple[Finding, ...]] = ()
_AT_ONCE: Final = (_NOTHING, None)
_MAX_REASON: Final = 300

Findings = Sequence[Finding]
Later = Coroutine[Any, Any, Findings]
_Look = Callable[[Stage, Facts, Content | None], Findings | Awaitable[Findings]]


class Checks:
    """The checks that are on, in the order in which their findings are to stand; `stages` are those they look at."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self._looks: dict[Stage, tuple[tuple[str, _Look], ...]] = {
            stage: tuple((check.name, check.look) for check in checks if stage in check.stages)
            for stage in Stage
        }
        self.stages: Final = frozenset(stage for stage, looks in self._looks.items() if looks)

    def at(self, stage: Stage, facts: Facts, content: Content | None = None) -> tuple[Findings, Later | None]:
        """Run the checks of a stage: what they found at once, and what is to be waited for, side by side.

        The second is None when nothing waits; else await it, once.
        """
        looks = self._looks[stage]
        if not looks:
            return _AT_ONCE
        found: Findings = _NOTHING
        waiting: list[Later] = []
        for name, look in looks:
            try:
                answer = look(stage, facts, content)
            except Exception as error:  # noqa: BLE001 - anyone's check may raise anything
                answer = (_broken(name, stage, error),)
            if isinstance(answer, (tuple, list)):
                if answer:
                    found = (*found, *answer) if found else answer
            else:
                waiting.append(_guarded(name, stage, answer))
        if not waiting:
            return found, None
        return found, waiting[0] if len(waiting) == 1 else _gathered(waiting)


async def _gathered(waiting: Sequence[Later]) -> Findings:
    got = await asyncio.gather(*waiting)
    return [finding for findings in got for finding in findings]


async def _guarded(name: str, stage: Stage, answer: Findings | Awaitable[Findings]) -> Findings:
    try:
        findings: Findings = await answer  # type: ignore[misc]  # neither sequence nor awaitable: a TypeError
    except Exception as error:  # noqa: BLE001 - as in Checks.at
        return (_broken(name, stage, error),)
    return findings


def _broken(name: str, stage: Stage, error: Exception) -> Finding:
    """Report a check that raised, with the place where it did: private, for the journal."""
    place, trace = "", error.__traceback__
    while trace is not None:
        place = f" at {trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
        trace = trace.tb_next
    reason = f"the check itself failed: {type(error).__name__}: {error}"[:_MAX_REASON] + place
    return Finding(
        check=name, stage=stage, result=Result.UNAVAILABLE, evidence=(OutageEvidence(name, reason),)
    )
