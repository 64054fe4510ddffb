"""An author domain is new until some hours after its first message, and a young memory calls nothing new."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.connection.identities import DMARC
from gatepost.checks.connection.memory_settings import NewDomainsSettings
from gatepost.checks.evidence import DmarcEvidence
from gatepost.checks.facts import Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.identity.new_domains import (
    LEAST_MESSAGES,
    MAX_DOMAINS,
    NEW,
    KnownDomains,
    NewDomainCheck,
    Seen,
    is_new,
    seen_one,
)
from gatepost.checks.memory import DAY, HOUR, Memory
from tests.checks.connection.ram import NOW, Broken, Clock, Ram

SETTINGS = NewDomainsSettings()


def registered(domain: str) -> str:
    return ".".join(domain.split(".")[-2:]) if "." in domain else ""


def known(memory: Memory, clock: Clock) -> KnownDomains:
    return KnownDomains(SETTINGS, memory, clock, registered, lambda domain: domain == "ours.example")


def facts(author: str, *, relay: bool = False, asked: bool = True) -> Facts:
    evidence = DmarcEvidence("none", author, "there is no record")
    finding = Finding(check=DMARC, stage=Stage.CONTENT, result=Result.SKIPPED, evidence=(evidence,))
    return Facts(
        session="s",
        client="192.0.2.7",
        role="inbound",
        relay=relay,
        findings=(finding,) if asked else (),
    )


class House:
    """A gateway that has been at work for `days`."""

    def __init__(self, days: float = 30, messages: int = 1000) -> None:
        self.clock = Clock(NOW - days * DAY)
        self.memory = Ram(self.clock)
        self.domains = known(self.memory, self.clock)
        for _ in range(messages):
            self.domains.learn(("regular.example",))
        self.clock.now = NOW

    def looks(self, facts: Facts) -> Sequence[Finding]:
        found = NewDomainCheck(self.domains, self.clock).look(Stage.CONTENT, facts, None)
        if isinstance(found, Awaitable):

            async def wait() -> Sequence[Finding]:
                return await found

            return asyncio.run(wait())
        return found

    def words(self, author: str) -> list[str]:
        return [found.evidence[0].words() for found in self.looks(facts(author))]


def test_a_domain_is_new_until_some_hours_after_its_first_message() -> None:
    house = House()
    memory = "1,000 messages are remembered since 2026-12-16"
    assert house.words("new.test") == [f"no mail from or to new.test was taken before; {memory}"]
    house.domains.learn(("new.test",))
    house.clock.now += 23 * HOUR
    assert house.words("mail.new.test") == [
        "the first mail from or to new.test was taken at 2027-01-15 08:00 UTC; "
        + memory.replace("1,000", "1,001")
    ]
    house.clock.now += HOUR
    assert house.words("new.test") == []


def test_the_finding_has_a_name_for_policy() -> None:
    (found,) = House().looks(facts("new.test"))
    assert (found.what, found.result, found.stage) == (NEW, Result.FOUND, Stage.CONTENT)


@pytest.mark.parametrize(
    ("days", "messages"),
    [(0, 0), (SETTINGS.quiet_days - 0.1, 10_000), (100, LEAST_MESSAGES - 1)],
    ids=["nothing is remembered", "it is a few days old", "it has seen few messages"],
)
def test_a_young_memory_calls_nothing_new(days: float, messages: int) -> None:
    assert House(days, messages).words("new.test") == []


def test_whom_our_users_wrote_to_is_not_new() -> None:
    house = House()
    house.domains.learn(
        ("a.partner.test", "ours.example", "B\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.test")
    )
    house.clock.now += 25 * HOUR
    assert house.words("partner.test") == []
    assert house.words("xn--bcher-kva.test") == []


@pytest.mark.parametrize(
    "domains",
    [("ours.example",), ("[192.0.2.1]",), ("",), tuple(f"d{k}.test" for k in range(MAX_DOMAINS + 1))],
    ids=["ours", "no name", "nothing", "a mass mailing"],
)
def test_what_makes_nobody_known_is_not_learned(domains: tuple[str, ...]) -> None:
    house = House(messages=0)
    house.domains.learn(domains)
    assert house.memory.records == {}


@pytest.mark.parametrize(
    "facts",
    [facts("new.test", relay=True), facts("ours.example"), facts(""), facts("new.test", asked=False)],
    ids=["our own client", "our own domain", "no author", "nobody asked who it is"],
)
def test_only_authors_from_outside_are_looked_up(facts: Facts) -> None:
    house = House()
    assert house.looks(facts) == ()
    assert house.memory.asked == 0


def test_a_domain_is_forgotten_some_time_after_its_last_message() -> None:
    house = House()
    house.domains.learn(("a.test",))
    house.clock.now += (SETTINGS.remember_days - 1) * DAY
    house.domains.learn(("a.test",))
    house.clock.now += (SETTINGS.remember_days - 1) * DAY
    house.domains.learn(("other.test",))
    assert house.words("a.test") == []
    house.clock.now += DAY
    assert len(house.words("a.test")) == 1


def test_what_was_seen_lately_is_answered_at_once() -> None:
    house = House()
    house.memory.warm = True
    found = NewDomainCheck(house.domains, house.clock).look(Stage.CONTENT, facts("new.test"), None)
    assert isinstance(found, tuple)


def test_a_memory_that_does_not_answer_is_a_finding() -> None:
    house = House()
    house.domains = known(Broken(), house.clock)
    assert [found.what for found in house.looks(facts("new.test"))] == ["author-domain-unavailable"]


TIMES = st.floats(NOW - 400 * DAY, NOW)


@given(st.lists(TIMES, min_size=1, max_size=20))
def test_first_is_the_earliest_and_each_message_counts_whatever_the_clock_does(times: list[float]) -> None:
    seen: Seen | None = None
    for now in times:
        seen = seen_one(seen, now, DAY)
    assert seen is not None
    assert (seen.first, seen.messages, seen.expires) == (min(times), len(times), max(times) + DAY)


@given(st.none() | st.builds(Seen, TIMES, TIMES, st.integers(1, 10**6)), TIMES)
def test_nothing_is_new_to_nobody(seen: Seen | None, now: float) -> None:
    assert not is_new(seen, None, now, SETTINGS)
