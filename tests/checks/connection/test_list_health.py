"""A list is believed while it is well; what makes it ill, what follows, and how it comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gatepost.checks.connection.list_health import MAX_LISTINGS, MAX_MISSES, HealthChange, ListHealth
from gatepost.checks.connection.settings import DnsblSettings
from tests.zone import Records, Zone

WELL: dict[str, Records | str] = {"2.0.0.127.bl.example": {"A": ["127.0.0.2"]}, "bl.example": {}}
TEST6 = ".".join(reversed(f"{0xFFFF_7F00_0002:032x}"))
OTHER6 = ".".join(reversed(f"{0xFFFF_7F00_0001:032x}"))


class Ward:
    """A list health over a table that can change, with a clock that is set, and what was told."""

    def __init__(self, table: dict[str, Records | str] = WELL, **of: Any) -> None:
        self.now = 1000.0
        self.told: list[HealthChange] = []
        self.zone = Zone(table)
        settings = DnsblSettings.model_validate({"list": [{"zone": "bl.example", **of}]})
        self.health = ListHealth(settings, self, lambda: 1.7e9, lambda: self.now, self.told.append)

    async def ask(self, name: str, kind: Any) -> Any:
        return await self.zone.ask(name, kind)

    def becomes(self, table: dict[str, Records | str]) -> None:
        self.zone = Zone(table)

    def look(self) -> float:
        return asyncio.run(self.health.look())

    def believed(self) -> bool:
        return asyncio.run(self.health.believed("bl.example", 4))

    @property
    def why(self) -> str:
        return self.health.why_ill("bl.example", 4)


def test_a_list_with_right_test_points_is_well() -> None:
    ward = Ward()
    assert ward.look() == 600
    assert (ward.why, ward.health.ill()) == ("", ())
    (change,) = ward.told
    assert (change.well, change.reason, change.proven) == (True, "its test points are right", 0.0)
    assert sorted(name for name, _ in ward.zone.asked) == ["1.0.0.127.bl.example", "2.0.0.127.bl.example"]
    assert ward.believed()
    assert len(ward.zone.asked) == 2


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"bl.example": {}}, "does not list its test point 127.0.0.2"),
        ({}, "does not list its test point 127.0.0.2"),
        ({"*.bl.example": {"A": ["127.0.0.2"]}}, "it lists 127.0.0.1, so it lists everybody"),
        ({"*.bl.example": {"A": ["127.255.255.254"]}}, "public one"),
        ({"2.0.0.127.bl.example": {"A": ["127.255.255.255"]}}, "too often"),
        ({"*.bl.example": {"A": ["203.0.113.80"]}}, "somebody else answers in its place"),
        ({"1.0.0.127.bl.example": {"A": ["127.0.0.1"]}, **WELL}, "127.0.0.1"),
    ],
)
def test_wrong_test_points_make_a_list_ill(table: dict[str, Records | str], words: str) -> None:
    ward = Ward(table)
    assert not ward.believed()
    assert words in ward.why
    (change,) = ward.told
    assert (change.list, change.version, change.well, change.at) == ("bl.example", 4, False, 1.7e9)
    assert words in change.reason
    assert ward.health.ill() == (("bl.example", 4, ward.why),)


def test_a_list_comes_back_when_its_test_points_are_right_again() -> None:
    ward = Ward({"*.bl.example": {"A": ["127.0.0.2"]}})
    assert ward.look() == 60
    ward.becomes(WELL)
    ward.now += 59
    assert ward.look() == 1
    assert ward.why
    assert not ward.believed()
    ward.now += 1
    ward.look()
    assert ward.why == ""
    assert [change.well for change in ward.told] == [False, True]
    assert ward.believed()


def test_a_list_that_falls_ill_is_told_with_when_it_was_last_proven_well() -> None:
    ward = Ward()
    ward.look()
    ward.now += 600
    ward.look()
    ward.becomes({})
    ward.now += 600
    ward.look()
    well, ill = ward.told
    assert (well.well, ill.well, ill.proven) == (True, False, 1.7e9)


def test_a_list_that_is_still_ill_is_told_once() -> None:
    ward = Ward({})
    for _ in range(3):
        ward.look()
        ward.now += 60
    assert len(ward.told) == 1


def test_a_refusal_makes_a_list_ill_at_once_and_only_test_points_bring_it_back() -> None:
    ward = Ward()
    ward.look()
    ward.health.refused("bl.example", 4, "the list refuses us")
    assert not ward.believed()
    ward.health.unlisted("bl.example", 4)
    assert ward.why == "the list refuses us"
    ward.now += 60
    ward.look()
    assert ward.why == ""


def test_a_list_that_does_not_answer_is_ill_after_a_while() -> None:
    ward = Ward()
    for _ in range(MAX_MISSES - 1):
        ward.health.missed("bl.example", 4, "no answer within 4 s")
    assert ward.why == ""
    ward.health.unlisted("bl.example", 4)
    for _ in range(MAX_MISSES):
        assert ward.why == ""
        ward.health.missed("bl.example", 4, "no answer within 4 s")
    assert ward.why == "it does not answer (5 times in a row; no answer within 4 s)"


def test_a_listing_does_not_count_when_the_test_points_cannot_be_asked_for() -> None:
    ward = Ward({"bl.example": "SERVFAIL from 192.0.2.53"})
    assert not ward.believed()
    assert ward.why == ""
    assert ward.look() == 60
    for _ in range(MAX_MISSES):
        ward.now += 60
        ward.look()
    assert "SERVFAIL" in ward.why


def test_an_old_proof_is_made_anew_before_a_listing_counts() -> None:
    ward = Ward()
    assert ward.believed()
    ward.becomes({"*.bl.example": {"A": ["127.0.0.2"]}})
    ward.now += 599
    assert ward.believed()
    ward.now += 2
    assert not ward.believed()


def test_too_many_listings_in_a_row_are_suspicious() -> None:
    ward = Ward()
    assert ward.believed()
    ward.becomes({"*.bl.example": {"A": ["127.0.0.2"]}})
    assert [ward.believed() for _ in range(MAX_LISTINGS)] == [True] * (MAX_LISTINGS - 1) + [False]


def test_a_list_without_test_points_must_only_not_list_everybody() -> None:
    assert Ward({"bl.example": {}}, test_points=False).believed()
    assert not Ward({"*.bl.example": {"A": ["127.0.0.2"]}}, test_points=False).believed()


def test_ipv6_has_test_points_and_a_health_of_its_own() -> None:
    ward = Ward(ipv6=True)
    ward.look()
    assert "::ffff:7f00:2" in ward.health.why_ill("bl.example", 6)
    assert ward.why == ""
    ward.becomes({**WELL, f"{TEST6}.bl.example": {"A": ["127.0.0.2"]}})
    ward.now += 60
    ward.look()
    assert ward.health.ill() == ()
    ward.becomes(
        {**WELL, f"{TEST6}.bl.example": {"A": ["127.0.0.2"]}, f"{OTHER6}.bl.example": {"A": ["127.0.0.2"]}}
    )
    ward.now += 600
    ward.look()
    assert "lists ::ffff:7f00:1" in ward.health.why_ill("bl.example", 6)


def test_no_list_is_no_trouble() -> None:
    health = ListHealth(DnsblSettings(), Zone({}), lambda: 0.0, lambda: 0.0, lambda change: None)
    look: Callable[[], Awaitable[float]] = health.look
    assert asyncio.run(look()) == 600  # type: ignore[arg-type]
