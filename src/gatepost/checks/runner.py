"""Running the checks of a stage: those that answer at once one after the other, those that wait in parallel.

They run in waves. The checks of a wave do not know of each other; each sees in the facts what the waves before it
found, as it sees what was found at earlier stages. So a check that judges by the word of others stands in a later
wave than theirs, and nothing else about it is different.

Between reception and the checks. Whatever goes wrong inside a check comes out as a finding, so that policy
decides about it; reception sees findings and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final

from msgspec.structs import replace

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
_Wave = tuple[tuple[str, _Look], ...]


class Checks:
    """The checks that are on, by waves, in the order in which their findings are to stand.

    `stages` are those they look at.
    """

    def __init__(self, *waves: Sequence[Check]) -> None:
        self._waves: dict[Stage, tuple[_Wave, ...]] = {stage: _looking_at(stage, waves) for stage in Stage}
        self.stages: Final = frozenset(stage for stage, looking in self._waves.items() if looking)

    def at(self, stage: Stage, facts: Facts, content: Content | None = None) -> tuple[Findings, Later | None]:
        """Run the checks of a stage: what they found at once, and what is to be waited for.

        The second is None when nothing waits; else await it, once.
        """
        waves = self._waves[stage]
        return _run(waves, stage, facts, content) if waves else _AT_ONCE


def _looking_at(stage: Stage, waves: Sequence[Sequence[Check]]) -> tuple[_Wave, ...]:
    looking = [tuple([(check.name, check.look) for check in wave if stage in check.stages]) for wave in waves]
    return tuple([wave for wave in looking if wave])


def _run(
    waves: tuple[_Wave, ...], stage: Stage, facts: Facts, content: Content | None
) -> tuple[Findings, Later | None]:
    """Run waves one after the other as long as nothing waits, and let the others follow what does."""
    found, waiting = _ask(waves[0], stage, facts, content)
    behind = waves[1:]
    if not behind:
        return found, waiting
    if waiting is not None:
        return found, _followed(waiting, found, behind, stage, facts, content)
    more, waiting = _run(behind, stage, _knowing(facts, found), content)
    return ((*found, *more) if more else found), waiting


async def _followed(
    waiting: Later,
    found: Findings,
    behind: tuple[_Wave, ...],
    stage: Stage,
    facts: Facts,
    content: Content | None,
) -> Findings:
    later = await waiting
    more, waiting_more = _run(behind, stage, _knowing(facts, (*found, *later)), content)
    return (*later, *more, *(await waiting_more if waiting_more is not None else ()))


def _knowing(facts: Facts, found: Findings) -> Facts:
    return replace(facts, findings=(*facts.findings, *found)) if found else facts


def _ask(looks: _Wave, stage: Stage, facts: Facts, content: Content | None) -> tuple[Findings, Later | None]:
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
    except Exception as error:  # noqa: BLE001 - as in _ask
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
