"""Running checks: at once where nothing waits, in parallel where something does, wave by wave, never an exception."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from gatepost.checks.evidence import OutageEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.runner import Checks

FACTS = Facts(session="7zq4k0v3m8x2a", client="192.0.2.7", role="inbound", relay=False)


def finding(check: str) -> Finding:
    return Finding(check=check, stage=Stage.CONTENT, result=Result.CLEAN)


class AtOnce:
    stages = frozenset({Stage.CONTENT})

    def __init__(self, name: str, error: Exception | None = None) -> None:
        self.name = name
        self.error = error

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Sequence[Finding]:
        if self.error:
            raise self.error
        return (finding(self.name),)


class Waiting(AtOnce):
    """Waits until `others` such checks are running, so that it ends only when they run side by side."""

    def __init__(self, name: str, error: Exception | None = None, barrier: Any = None) -> None:
        super().__init__(name, error)
        self.barrier = barrier

    async def look(  # type: ignore[override]
        self, stage: Stage, facts: Facts, content: Content | None
    ) -> Sequence[Finding]:
        if self.barrier:
            await self.barrier.wait()
        await asyncio.sleep(0)
        return super().look(stage, facts, content)


class Wrong(AtOnce):
    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Any:
        return 17


def at(checks: Checks, stage: Stage = Stage.CONTENT) -> Sequence[Finding]:
    async def run() -> Sequence[Finding]:
        found, waiting = checks.at(stage, FACTS)
        return [*found, *(await waiting)] if waiting is not None else found

    return asyncio.run(run())


def test_no_check_no_finding() -> None:
    assert Checks(()).at(Stage.CONNECT, FACTS) == ((), None)


def test_the_stages_that_are_looked_at_are_known() -> None:
    assert Checks((AtOnce("a"),)).stages == {Stage.CONTENT}


def test_only_the_checks_of_the_stage_run() -> None:
    assert Checks((AtOnce("a"),)).at(Stage.MAIL, FACTS) == ((), None)


def test_checks_that_need_not_wait_answer_without_an_event_loop() -> None:
    found, waiting = Checks((AtOnce("a"), AtOnce("b"))).at(Stage.CONTENT, FACTS)
    assert waiting is None
    assert [each.check for each in found] == ["a", "b"]


@pytest.mark.parametrize(
    "checks",
    [
        (Waiting("a"),),
        (AtOnce("a"), Waiting("b")),
        (Waiting("a"), AtOnce("b"), Waiting("c")),
        (Waiting("a"), Waiting("b"), AtOnce("c"), AtOnce("d")),
    ],
)
def test_findings_at_once_come_first_and_each_kind_in_the_order_of_the_checks(
    checks: Sequence[AtOnce],
) -> None:
    in_order = sorted(checks, key=lambda check: isinstance(check, Waiting))
    assert [each.check for each in at(Checks(checks))] == [check.name for check in in_order]


def test_what_is_found_at_once_is_told_at_once() -> None:
    async def run() -> None:
        found, waiting = Checks((Waiting("a"), AtOnce("b"))).at(Stage.CONTENT, FACTS)
        assert [each.check for each in found] == ["b"]
        assert waiting is not None
        assert [each.check for each in await waiting] == ["a"]

    asyncio.run(run())


def test_checks_that_wait_run_side_by_side() -> None:
    async def run() -> Sequence[Finding]:
        barrier = asyncio.Barrier(3)
        _, waiting = Checks([Waiting(name, barrier=barrier) for name in "abc"]).at(Stage.CONTENT, FACTS)
        assert waiting is not None
        async with asyncio.timeout(10):
            return await waiting

    assert [each.check for each in asyncio.run(run())] == ["a", "b", "c"]


@pytest.mark.parametrize("kind", [AtOnce, Waiting])
@pytest.mark.parametrize("others", [(), (AtOnce("x"),), (Waiting("x"),)])
def test_a_check_that_raises_is_a_finding_that_names_the_place(
    kind: type[AtOnce], others: tuple[AtOnce, ...]
) -> None:
    found = at(Checks((kind("broken", ZeroDivisionError("secret")), *others)))
    broken, *rest = sorted(found, key=lambda finding: finding.check != "broken")
    assert (broken.check, broken.stage, broken.result) == ("broken", Stage.CONTENT, Result.UNAVAILABLE)
    [evidence] = broken.evidence
    assert isinstance(evidence, OutageEvidence)
    assert "ZeroDivisionError: secret" in evidence.reason
    assert "test_runner" in evidence.reason
    assert [each.check for each in rest] == [check.name for check in others]


def test_an_answer_that_is_none_is_a_finding() -> None:
    [broken] = at(Checks((Wrong("wrong"),)))
    assert broken.result is Result.UNAVAILABLE


def test_cancelling_reaches_the_checks() -> None:
    cancelled = []

    class Slow(AtOnce):
        async def look(  # type: ignore[override]
            self, stage: Stage, facts: Facts, content: Content | None
        ) -> Sequence[Finding]:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(self.name)
                raise
            return ()

    async def run() -> None:
        _, waiting = Checks((Slow("a"), Slow("b"))).at(Stage.CONTENT, FACTS)
        assert waiting is not None
        task = asyncio.ensure_future(waiting)
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert sorted(cancelled) == ["a", "b"]


# -- waves --------------------------------------------------------------------------------------------------


class Judge(AtOnce):
    """Tells by its name what it saw of others: "j(a b)"."""

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Sequence[Finding]:
        super().look(stage, facts, content)
        return (finding(f"{self.name}({' '.join([seen.check for seen in facts.findings])})"),)


class WaitingJudge(Judge):
    async def look(  # type: ignore[override]
        self, stage: Stage, facts: Facts, content: Content | None
    ) -> Sequence[Finding]:
        await asyncio.sleep(0)
        return super().look(stage, facts, content)


@pytest.mark.parametrize("first", [AtOnce, Waiting])
@pytest.mark.parametrize("second", [Judge, WaitingJudge])
@pytest.mark.parametrize("third", [Judge, WaitingJudge])
def test_each_wave_sees_what_the_waves_before_it_found_and_nothing_of_its_own(
    first: type[AtOnce], second: type[Judge], third: type[Judge]
) -> None:
    checks = Checks((first("a"), first("b")), (second("j"), second("k")), (third("l"),))
    assert [each.check for each in at(checks)] == ["a", "b", "j(a b)", "k(a b)", "l(a b j(a b) k(a b))"]


def test_a_later_wave_sees_what_was_found_at_once_and_what_was_waited_for() -> None:
    checks = Checks((Waiting("a"), AtOnce("b")), (Judge("j"),))
    assert [each.check for each in at(checks)] == ["b", "a", "j(b a)"]


def test_a_later_wave_sees_the_findings_of_earlier_stages_too() -> None:
    before = Facts(
        session="7zq4k0v3m8x2a", client="192.0.2.7", role="inbound", relay=False, findings=(finding("x"),)
    )
    found, waiting = Checks((AtOnce("a"),), (Judge("j"),)).at(Stage.CONTENT, before)
    assert ([each.check for each in found], waiting) == (["a", "j(x a)"], None)
    assert [each.check for each in before.findings] == ["x"]


def test_nothing_is_waited_for_where_no_wave_waits() -> None:
    found, waiting = Checks((AtOnce("a"),), (Judge("j"),), (Judge("k"),)).at(Stage.CONTENT, FACTS)
    assert waiting is None
    assert [each.check for each in found] == ["a", "j(a)", "k(a j(a))"]


def test_a_wave_without_checks_at_a_stage_is_none() -> None:
    class AtRcpt(Judge):
        stages = frozenset({Stage.RCPT})

    checks = Checks((AtRcpt("r"),), (Judge("j"),), ())
    assert checks.stages == {Stage.RCPT, Stage.CONTENT}
    assert [each.check for each in at(checks)] == ["j()"]
    assert [each.check for each in at(checks, Stage.RCPT)] == ["r()"]


@pytest.mark.parametrize("first", [AtOnce, Waiting])
@pytest.mark.parametrize("second", [Judge, WaitingJudge])
def test_what_fails_in_a_wave_is_a_finding_that_the_next_one_sees(
    first: type[AtOnce], second: type[Judge]
) -> None:
    error = ZeroDivisionError("secret")
    found = at(Checks((first("a", error),), (second("j"), second("k", error))))
    assert [(each.check, each.result is Result.UNAVAILABLE) for each in found] == [
        ("a", True),
        ("j(a)", False),
        ("k", True),
    ]
