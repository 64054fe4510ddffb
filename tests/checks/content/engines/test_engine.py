"""The check that asks an engine: what an opinion, an outage and a message that is too large become."""

from __future__ import annotations

import asyncio

from gatepost.checks.content.engines.connections import Outage
from gatepost.checks.content.engines.engine import EngineCheck, Opinion
from gatepost.checks.evidence import NoteEvidence, OutageEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from tests.checks.content.engines.asking import FACTS


class Oracle:
    """An engine that says what it is told to."""

    name = "oracle"
    label = "the oracle at Delphi"
    max_size = 100

    def __init__(self, answer: Opinion | Outage) -> None:
        self._answer = answer

    async def ask(self, facts: Facts, content: Content) -> Opinion | Outage:
        return self._answer

    async def health(self) -> Outage | None:
        return None

    def close(self) -> None:
        pass


def finding(answer: Opinion | Outage, size: int = 10) -> Finding:
    times = iter([1.0, 3.5])
    check = EngineCheck(Oracle(answer), lambda: next(times))
    [found] = asyncio.run(check.look(Stage.CONTENT, FACTS, Content(size, bytes(size))))
    assert (found.check, found.duration) == ("oracle", 2.5)
    return found


def test_an_opinion_is_found_or_clean_with_its_reasons() -> None:
    note = NoteEvidence("it says so")
    found = finding(Opinion("oracle-spam", (note,), 3.0))
    assert (found.result, found.what, found.score, found.evidence) == (
        Result.FOUND,
        "oracle-spam",
        3.0,
        (note,),
    )
    clean = finding(Opinion("", (note,)))
    assert (clean.result, clean.evidence) == (Result.CLEAN, (note,))


def test_an_outage_is_a_finding() -> None:
    found = finding(Outage("it sleeps"))
    assert (found.result, found.what) == (Result.UNAVAILABLE, "oracle-unavailable")
    assert found.evidence == (OutageEvidence("the oracle at Delphi", "it sleeps"),)


def test_of_a_message_that_is_too_large_it_is_not_asked() -> None:
    found = finding(Opinion("oracle-spam"), size=101)
    assert found.result is Result.SKIPPED
    assert found.evidence[0].words() == "101 octets are more than the oracle at Delphi is asked about (100)"


def test_before_there_is_content_nothing_is_asked() -> None:
    assert asyncio.run(EngineCheck(Oracle(Outage("x")), lambda: 0.0).look(Stage.CONTENT, FACTS, None)) == ()
