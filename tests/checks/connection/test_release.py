"""A person lets someone pass: what waits passes at its next try, and what comes later is not asked to wait."""

from __future__ import annotations

import asyncio

import pytest

from gatepost.checks.connection.greylist import EARLY, FIRST, GreylistCheck
from gatepost.checks.connection.identities import SPF
from gatepost.checks.connection.named import Named, read
from gatepost.checks.connection.release import Released, keys_for, release, who_is_known, who_waits
from gatepost.checks.finding import Finding, Result
from gatepost.checks.memory import DAY, Unavailable
from gatepost.mail.path import Mailbox
from tests.checks.connection.ram import NOW, Broken, Clock, Ram, bad, good
from tests.checks.connection.test_greylist import SETTINGS, check, facts, look


def named(text: str) -> Named:
    found = read(text)
    assert isinstance(found, Named)
    return found


class House:
    """A greylist with one who waits, and a stranger to be."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.memory = Ram(self.clock)
        self.greylist: GreylistCheck = check(self.memory, self.clock)
        look(self.greylist, facts(bad(), good(SPF, "bounces.theirs.example")))
        self.clock.now += 1

    def release(self, text: str) -> Released:
        done = asyncio.run(release(self.memory, named(text), self.clock.now, 36 * DAY))
        assert isinstance(done, Released)
        return done

    def retries(self) -> list[tuple[Result, str]]:
        return self.comes(good(SPF, "bounces.theirs.example"))

    def comes(self, *findings: Finding, **more: object) -> list[tuple[Result, str]]:
        found = look(self.greylist, facts(bad(), *findings, **more))  # type: ignore[arg-type]
        return [(one.result, one.name) for one in found]


PASSED = [(Result.CLEAN, "")]


@pytest.mark.parametrize(
    "what",
    [
        "192.0.2.7",
        "192.0.2.0/24",
        "192.0.0.0/8",
        "theirs.example",
        "@theirs.example",
        "them@theirs.example",
        "us@ours.example",
        "bounces.theirs.example",
    ],
)
def test_what_waits_passes_at_its_next_try_by_whatever_it_is_named(what: str) -> None:
    house = House()
    assert len(house.release(what).waiting) == 1
    assert house.retries() == PASSED


@pytest.mark.parametrize("what", ["192.0.2.8", "192.0.3.0/24", "heirs.example", "us@theirs.example"])
def test_what_is_not_meant_goes_on_waiting(what: str) -> None:
    house = House()
    assert house.release(what).waiting == ()
    assert house.retries() == [(Result.FOUND, EARLY)]


@pytest.mark.parametrize(
    ("what", "comer"),
    [
        ("198.51.100.9", {"client": "198.51.100.9"}),
        ("198.51.100.8/29", {"client": "198.51.100.9"}),
        ("198.51.100.0/24", {"client": "::ffff:198.51.100.9"}),
        ("198.51.0.0/16", {"client": "198.51.100.9"}),
        ("2001:db8::/64", {"client": "2001:db8::9"}),
        ("new.example", {"sender": Mailbox("x@new.example", "new.example")}),
        ("x@new.example", {"sender": Mailbox("X@new.example", "new.example")}),
    ],
)
def test_what_is_yet_to_come_is_not_asked_to_wait(what: str, comer: dict[str, object]) -> None:
    house = House()
    before = house.comes(**comer)
    assert before == [(Result.FOUND, FIRST)]
    house = House()
    assert house.release(what).known
    assert house.comes(**comer) == PASSED
    house.clock.now += SETTINGS.known_days * DAY
    assert house.comes(**comer) == [(Result.FOUND, FIRST)]


def test_a_recipient_of_ours_is_not_made_a_known_sender() -> None:
    house = House()
    assert house.release("us@ours.example").known == ()


def test_a_network_too_large_to_remember_releases_what_waits_only() -> None:
    assert keys_for(named("10.0.0.0/8")) == ()


def test_who_waits_and_who_is_known_can_be_seen() -> None:
    house = House()
    house.comes(client="203.0.113.1")
    waiting = asyncio.run(who_waits(house.memory))
    assert not isinstance(waiting, Unavailable)
    assert [(one.client, one.sender, one.recipient, one.first) for one in waiting] == [
        ("192.0.2.7", "them@theirs.example", "us@ours.example", NOW),
        ("203.0.113.1", "them@theirs.example", "us@ours.example", NOW + 1),
    ]
    house.release("192.0.2.7")
    house.retries()
    known = asyncio.run(who_is_known(house.memory))
    assert not isinstance(known, Unavailable)
    assert [(key, one.why) for key, one in known] == [
        ("client=192.0.2.7", "released by a person"),
    ]


def test_a_memory_that_does_not_answer_says_so() -> None:
    assert asyncio.run(release(Broken(), named("a.example"), NOW, DAY)) == Unavailable("the disk is gone")
    assert asyncio.run(who_waits(Broken())) == Unavailable("the disk is gone")
    assert asyncio.run(who_is_known(Broken())) == Unavailable("the disk is gone")
