from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatepost.checks.connection.list_health import HealthChange
from gatepost.checks.facts import Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.gateway.checking import Checking
from gatepost.gateway.compose import dial
from gatepost.gateway.memory import EmbeddedMemory
from gatepost.gateway.settings import Settings
from gatepost.policy.domains import Domains
from tests.zone import Zone


def with_checking(
    folder: Path,
    settings: dict[str, Any],
    act: Callable[[Checking], Any],
    zone: Zone | None = None,
    told: Callable[[HealthChange], None] = lambda change: None,
) -> Any:
    """Put the checks together, let something be done with them, take them away."""

    async def run() -> Any:
        loop = asyncio.get_running_loop()
        parsed = Settings.model_validate(
            {"host": "gateway.test", "domain": [{"name": "ours.test"}], **settings}
        )
        memory = EmbeddedMemory(folder, lambda: 1e9, loop)
        checking = Checking(
            parsed,
            domains=Domains(parsed.domain),
            rules=parsed.policy.rules(),
            resolver=zone or Zone({}),
            memory=memory,
            secret=bytes(32),
            dial=dial,
            clock=lambda: 1e9,
            monotonic=loop.time,
            told=told,
        )
        try:
            done = act(checking)
            return await done if asyncio.iscoroutine(done) else done
        finally:
            checking.close()
            memory.close()

    return asyncio.run(run())


OFF = {
    "reverse_name": {"enabled": False},
    "helo": {"enabled": False},
    "greylist": {"mode": "off"},
    "reputation": {"enabled": False},
    "correspondents": {"enabled": False},
    "identity": {"spf": False, "dkim": False},
    "spam": {"enabled": False},
    "links": {"enabled": False},
}


def names(checking: Checking) -> set[str]:
    return {name for waves in checking.checks._waves.values() for wave in waves for name, _ in wave}


def test_without_settings_all_is_asked_that_needs_no_choice(tmp_path: Path) -> None:
    assert with_checking(tmp_path, {}, names) == {
        *("size", "postmaster", "lists", "reverse-name", "helo", "spf", "reputation", "greylist"),
        *(
            "correspondent",
            "identity",
            "contact",
            "author-domain",
            "inspection",
            "mime",
            "virus",
            "spam",
            "link",
            "header",
        ),
    }


def test_each_check_can_be_turned_off(tmp_path: Path) -> None:
    assert with_checking(tmp_path, {"checks": OFF}, names) == {
        "size",
        "postmaster",
        "lists",
        "header",
        "inspection",
        "mime",
        "virus",
    }


def test_who_judges_by_proof_comes_behind_those_who_find_it(tmp_path: Path) -> None:
    def waves(checking: Checking) -> list[list[str]]:
        return [[name for name, _ in wave] for wave in checking.checks._waves[Stage.CONTENT]]

    first, second = with_checking(tmp_path, {}, waves)
    assert "identity" in first
    assert second == ["reputation", "correspondent", "contact", "author-domain", "link", "spam"]
    without_proof = {"checks": {"identity": {"dkim": False}}}
    assert with_checking(tmp_path, without_proof, waves)[-1] == [
        "reputation",
        "correspondent",
        "link",
        "spam",
    ]


def test_own_clients_are_asked_nothing(tmp_path: Path) -> None:
    facts = Facts(session="s", client="198.51.100.7", role="inbound", relay=True, helo="localhost")
    zone = Zone({})

    async def look(checking: Checking) -> list[Finding]:
        findings: list[Finding] = []
        for stage in (Stage.CONNECT, Stage.HELO, Stage.MAIL, Stage.RCPT):
            found, waiting = checking.checks.at(stage, facts)
            findings += [*found, *(await waiting if waiting is not None else ())]
        return findings

    assert with_checking(tmp_path, {}, look, zone) == []
    assert zone.asked == []


@pytest.mark.parametrize(("family", "point"), [("dnsbl", "2.0.0.127"), ("links", "test")])
def test_a_list_that_is_ill_is_told_of(tmp_path: Path, family: str, point: str) -> None:
    zone = Zone({f"{point}.bl.test": {"A": ["127.255.255.254"]}})
    told: list[HealthChange] = []

    async def watch(checking: Checking) -> None:
        watching = asyncio.create_task(checking.watch())
        async with asyncio.timeout(10):
            while not told:
                await asyncio.sleep(0)
        watching.cancel()

    with_checking(tmp_path, {"checks": {family: {"list": [{"zone": "bl.test"}]}}}, watch, zone, told.append)
    assert (told[0].list, told[0].well) == ("bl.test", False)


def test_what_the_rules_let_count_makes_a_session_wait_and_what_speaks_for_it_spares_it(
    tmp_path: Path,
) -> None:
    def finding(name: str) -> Finding:
        return Finding(check="c", stage=Stage.CONNECT, result=Result.FOUND, name=name)

    def judged(checking: Checking) -> list[bool]:
        looks = dict(checking.checks._waves[Stage.RCPT][0])
        greylist = looks["greylist"].__self__  # type: ignore[attr-defined]
        return [
            greylist._suspicious(finding("reverse-name-missing")),
            greylist._suspicious(finding("arc-fail")),
            greylist._spared(finding("sender-allowed")),
            greylist._spared(finding("reverse-name-missing")),
        ]

    assert with_checking(tmp_path, {}, judged) == [True, False, True, False]
