"""Running the checks of a stage: those that answer at once one after the other, those that wait in parallel.

Between reception and the checks. Whatever goes wrong inside a check comes out as a finding, so that policy
decides about it; reception sees findings and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from gatepost.checks.check import Check
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, OutageEvidence, Result, Stage

_NOTHING: Final[tuple[Finding, ...]] = ()
_MAX_REASON: Final = 300

Findings = Sequence[Finding]
_Look = Callable[[Stage, Facts, Content | None], Findings | Awaitable[Findings]]


class Checks:
    """The checks that are on, in the order in which their findings are to stand; `stages` are those they look at."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self._looks: dict[Stage, tuple[tuple[str, _Look], ...]] = {
            stage: tuple((check.name, check.look) for check in checks if stage in check.stages)
            for stage in Stage
        }
        self.stages: Final = frozenset(stage for stage, looks in self._looks.items() if looks)

    def at(
        self, stage: Stage, facts: Facts, content: Content | None = None
    ) -> Sequence[Finding] | Awaitable[Sequence[Finding]]:
        """Run the checks of a stage. The answer is an awaitable only when a check gave one; await it once."""
        looks = self._looks[stage]
        if not looks:
            return _NOTHING
        if len(looks) == 1:
            name, look = looks[0]
            try:
                answer = look(stage, facts, content)
            except Exception as error:  # noqa: BLE001 - anyone's check may raise anything
                return (_broken(name, stage, error),)
            return answer if isinstance(answer, (tuple, list)) else _guarded(name, stage, answer)
        return _run(looks, stage, facts, content)


def _run(
    looks: tuple[tuple[str, _Look], ...], stage: Stage, facts: Facts, content: Content | None
) -> Findings | Awaitable[Findings]:
    found: list[Findings] = []
    waiting: list[tuple[int, Awaitable[Findings]]] = []
    for name, look in looks:
        try:
            answer = look(stage, facts, content)
        except Exception as error:  # noqa: BLE001 - as in Checks.at
            answer = (_broken(name, stage, error),)
        if isinstance(answer, (tuple, list)):
            found.append(answer)
        else:
            waiting.append((len(found), _guarded(name, stage, answer)))
            found.append(_NOTHING)
    return _gathered(found, waiting) if waiting else _joined(found)


async def _gathered(found: list[Findings], waiting: list[tuple[int, Awaitable[Findings]]]) -> Findings:
    """Put what is waited for into the places that are kept for it."""
    if len(waiting) == 1:  # the usual case: one engine to ask, no task needed
        index, answer = waiting[0]
        found[index] = await answer
    else:
        got = await asyncio.gather(*(answer for _, answer in waiting))
        for (index, _), findings in zip(waiting, got, strict=True):
            found[index] = findings
    return _joined(found)


def _joined(found: Sequence[Findings]) -> list[Finding]:
    return [finding for findings in found for finding in findings]


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
