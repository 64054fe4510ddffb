"""A question to a list becomes a listing, an outage or nothing, for domains as for addresses."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from gatepost.checks.connection.list_asking import Heard, ListAsking, Question, asked_list
from gatepost.checks.connection.list_health import HealthChange, ListHealth
from gatepost.checks.connection.settings import CodeSettings
from gatepost.checks.content.links_settings import LinksSettings
from gatepost.checks.evidence import ListingEvidence, OutageEvidence
from tests.zone import AT, Records, Zone

ZONE = "uri.example"
WELL: dict[str, Records | str] = {f"test.{ZONE}": {"A": ["127.0.0.2"]}, ZONE: {}}
CODES = (CodeSettings(codes="&8", weight=2, meaning="phishing"), CodeSettings(codes="&16", weight=3))


def ask(
    table: Mapping[str, Records | str],
    *names: str,
    hang: Sequence[str] = (),
    codes: Sequence[CodeSettings] = (),
) -> tuple[list[Heard], list[HealthChange]]:
    told: list[HealthChange] = []
    settings = LinksSettings.model_validate({"list": [{"zone": ZONE}]})
    zone = Zone(table, hang)
    health = ListHealth(settings, zone, lambda: AT, lambda: 0.0, told.append)
    asking = ListAsking(zone, health, lambda: 0.0, 0.01)
    asked = asked_list(ZONE, ZONE, 1.0, codes)
    return asyncio.run(asking.ask_all([Question(asked, name, 0, name) for name in names])), told


def test_a_listing_an_absence_and_an_outage_are_told_apart() -> None:
    table = WELL | {
        f"evil.test.{ZONE}": {"A": ["127.0.0.2"], "TXT": ["spam"]},
        f"slow.test.{ZONE}": "SERVFAIL",
    }
    (bad, good, unknown), told = ask(table, "evil.test", "good.test", "slow.test")
    assert bad == ListingEvidence(ZONE, "evil.test", ("127.0.0.2",), "", 1.0, "spam", 0.0, AT)
    assert good is None
    assert unknown == OutageEvidence(ZONE, "SERVFAIL")
    assert [(change.version, change.well) for change in told] == [(0, True)]


def test_bits_of_an_answer_have_their_meanings_and_the_strongest_weight_counts() -> None:
    (both, neither), _ = ask(
        WELL | {f"a.test.{ZONE}": {"A": ["127.0.0.24"]}, f"b.test.{ZONE}": {"A": ["127.0.0.4"]}},
        "a.test",
        "b.test",
        codes=CODES,
    )
    assert isinstance(both, ListingEvidence)
    assert (both.weight, both.meaning, both.codes) == (3, "phishing", ("127.0.0.24",))
    assert neither is None


def test_a_refusal_is_no_listing_and_makes_the_list_ill() -> None:
    (heard,), told = ask(WELL | {f"a.test.{ZONE}": {"A": ["127.255.255.254"]}}, "a.test")
    assert isinstance(heard, OutageEvidence)
    assert [change.well for change in told] == [False]


def test_a_listing_of_a_list_that_names_everybody_does_not_count() -> None:
    (heard,), told = ask({f"*.{ZONE}": {"A": ["127.0.0.2"]}}, "a.test")
    assert isinstance(heard, OutageEvidence)
    assert "its listing does not count: it lists invalid, so it lists everybody" in heard.reason
    assert not told[0].well


def test_a_list_of_domains_that_does_not_name_its_test_point_is_ill() -> None:
    (heard,), _ = ask({f"a.test.{ZONE}": {"A": ["127.0.0.2"]}}, "a.test")
    assert isinstance(heard, OutageEvidence)
    assert "does not list its test point test" in heard.reason


def test_a_list_that_is_late_is_an_outage_and_the_others_count() -> None:
    table = WELL | {f"b.test.{ZONE}": {"A": ["127.0.0.2"]}}
    (late, listed), _ = ask(table, "a.test", "b.test", hang=[f"a.test.{ZONE}"])
    assert late == OutageEvidence(ZONE, "no answer within 0.01 s")
    assert isinstance(listed, ListingEvidence)


def test_nothing_is_asked_when_there_is_no_question() -> None:
    assert ask(WELL) == ([], [])
