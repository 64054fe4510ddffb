"""The contract of an engine, and the check that asks one about each message.

At the end of data. The check knows neither protocol nor product; what an engine's answer means is the engine's word,
and what follows from it is policy's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct

from gatepost.checks.content.engines.connections import Outage
from gatepost.checks.evidence import Evidence, NoteEvidence, OutageEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage


class Opinion(Struct, frozen=True, gc=False):
    """What an engine says of a message: the name of the finding, "" when it has nothing against it; why."""

    found: str
    evidence: tuple[Evidence, ...] = ()
    score: float = 0.0


class Engine(Protocol):
    """A program that is asked. `name` is the check's, `label` says which program it is and where."""

    name: str
    label: str
    max_size: int

    async def ask(self, facts: Facts, content: Content) -> Opinion | Outage:
        """Ask about a message. Raises nothing but CancelledError."""
        ...

    async def health(self) -> Outage | None:
        """Ask whether it is well, without a message; None when it is. Raises nothing but CancelledError."""
        ...

    def close(self) -> None:
        """Close the connections that are kept."""
        ...


class EngineCheck:
    """Ask an engine about each message. `monotonic` gives seconds that only grow."""

    stages = frozenset({Stage.CONTENT})

    def __init__(self, engine: Engine, monotonic: Callable[[], float]) -> None:
        self.name = engine.name
        self._engine = engine
        self._monotonic = monotonic

    async def look(self, stage: Stage, facts: Facts, content: Content | None) -> Sequence[Finding]:
        """Report what the engine says, or why it could not be asked."""
        if content is None:
            return ()
        engine = self._engine
        name, score = "", 0.0
        evidence: tuple[Evidence, ...] = ()
        began = self._monotonic()
        if content.size > engine.max_size:
            note = (
                f"{content.size:,} octets are more than {engine.label} is asked about ({engine.max_size:,})"
            )
            result, evidence = Result.SKIPPED, (NoteEvidence(note),)
        else:
            answer = await engine.ask(facts, content)
            if isinstance(answer, Outage):
                result, evidence = Result.UNAVAILABLE, (OutageEvidence(engine.label, answer.reason),)
            else:
                result = Result.FOUND if answer.found else Result.CLEAN
                name, score, evidence = answer.found, answer.score, answer.evidence
        return (
            Finding(
                check=self.name,
                stage=stage,
                result=result,
                name=name,
                score=score,
                evidence=evidence,
                duration=self._monotonic() - began,
            ),
        )
