"""The blocklist check: what lists say adds up, what is no listing never counts, and who was left out is named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gatepost.checks.connection.dnsbl import DnsblCheck
from gatepost.checks.connection.list_health import HealthChange, ListHealth
from gatepost.checks.connection.settings import DnsblSettings
from gatepost.checks.evidence import ListingEvidence, OutageEvidence
from gatepost.checks.facts import Content
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.mail.dns import Resolver
from tests.checks.connection.looking import CLIENT, CLIENT6, facts, look, only
from tests.zone import AT, Records, Zone

ME = "7.113.0.203"
ME6 = ".".join(reversed(f"{0x20010DB8_00000000_00000000_00000007:032x}"))


def table(*zones: str) -> dict[str, Records | str]:
    """Give lists that are well and list nobody else."""
    names: dict[str, Records | str] = {}
    for zone in zones:
        names[f"2.0.0.127.{zone}"] = {"A": ["127.0.0.2"]}
    return names


def check(
    names: Mapping[str, Records | str] | Resolver,
    *lists: dict[str, Any],
    hang: list[str] | None = None,
    **settings: Any,
) -> tuple[DnsblCheck, list[HealthChange]]:
    told: list[HealthChange] = []
    model = DnsblSettings.model_validate({"list": lists, **settings})
    resolver: Resolver = Zone(names, hang or []) if isinstance(names, Mapping) else names
    health = ListHealth(model, resolver, lambda: AT, lambda: 0.0, told.append)
    return DnsblCheck(model, resolver, health, lambda: 0.0), told


def found(
    names: Mapping[str, Records | str], *lists: dict[str, Any], client: str = CLIENT, **more: Any
) -> Finding:
    return only(look(check(names, *lists, **more)[0], Stage.CONNECT, facts(client)))


def listings(finding: Finding) -> dict[str, ListingEvidence]:
    return {one.list: one for one in finding.evidence if isinstance(one, ListingEvidence)}


def left_out(finding: Finding) -> dict[str, str]:
    return {one.engine: one.reason for one in finding.evidence if isinstance(one, OutageEvidence)}


def test_a_client_on_no_list_is_clean() -> None:
    finding = found(table("bl.example", "other.example"), {"zone": "bl.example"}, {"zone": "other.example"})
    assert (finding.result, finding.what, finding.score, finding.evidence) == (
        Result.CLEAN,
        "dnsbl-clean",
        0,
        (),
    )


def test_a_listing_is_evidence_that_a_person_can_check() -> None:
    names = table("bl.example") | {
        f"{ME}.bl.example": {"A": ["127.0.0.4"], "TXT": ['see https://bl.example/"ü']}
    }
    code = {"codes": "127.0.0.4-7", "weight": 3, "meaning": "sends spam"}
    finding = found(names, {"zone": "bl.example", "name": "The list", "code": [code]})
    assert (finding.result, finding.name, finding.score) == (Result.FOUND, "dnsbl-listed", 3)
    (evidence,) = finding.evidence
    assert evidence == ListingEvidence(
        "The list", CLIENT, ("127.0.0.4",), "sends spam", 3, 'see https://bl.example/"?', 0.0, AT
    )
    assert evidence.words().startswith(
        "203.0.113.7 is on The list (127.0.0.4: sends spam), weight 3; it says"
    )
    assert evidence.facts() == {"list": "The list", "address": CLIENT}


@pytest.mark.parametrize(
    ("weights", "name", "score"),
    [
        ((1.0, 1.0), "dnsbl-listed", 2.0),
        ((0.4, 0.2), "dnsbl-suspect", 0.6),
        ((0.2, 0.2), "", 0.4),
        ((1.0, -3.0), "dnswl-listed", -2.0),
        ((3.0, -1.0), "dnsbl-listed", 2.0),
        ((1.0, -1.0), "", 0.0),
    ],
)
def test_weights_add_up(weights: tuple[float, float], name: str, score: float) -> None:
    names = table("a.example", "b.example")
    names |= {f"{ME}.a.example": {"A": ["127.0.0.2"]}, f"{ME}.b.example": {"A": ["127.0.0.2"]}}
    lists = [
        {"zone": zone, "weight": weight}
        for zone, weight in zip(("a.example", "b.example"), weights, strict=True)
    ]
    finding = found(names, *lists)
    assert (finding.name, round(finding.score, 6)) == (name, score)
    assert finding.result is (Result.FOUND if name else Result.CLEAN)
    assert set(listings(finding)) == {"a.example", "b.example"}


def test_of_several_codes_all_are_told_and_the_strongest_counts() -> None:
    names = table("bl.example") | {f"{ME}.bl.example": {"A": ["127.0.0.10", "127.0.1.2", "127.0.0.3"]}}
    codes = [
        {"codes": "&8", "weight": 2, "meaning": "open relay"},
        {"codes": "&2", "weight": 0.5, "meaning": "dial-up"},
        {"codes": "127.0.0.3", "weight": 1},
    ]
    listing = listings(found(names, {"zone": "bl.example", "code": codes}))["bl.example"]
    assert (listing.weight, listing.meaning) == (2, "open relay, dial-up")
    assert listing.codes == ("127.0.0.10", "127.0.1.2", "127.0.0.3")


def test_a_code_that_means_nothing_to_us_is_no_listing() -> None:
    names = table("bl.example") | {f"{ME}.bl.example": {"A": ["127.0.0.9"]}}
    finding = found(names, {"zone": "bl.example", "code": [{"codes": "127.0.0.2", "weight": 1}]})
    assert (finding.result, finding.evidence) == (Result.CLEAN, ())


@pytest.mark.parametrize(
    "code", ["127.255.255.252", "127.255.255.254", "127.255.255.255", "127.0.0.1", "198.51.100.1"]
)
def test_a_refusal_is_never_a_listing_and_makes_the_list_ill(code: str) -> None:
    names = table("bl.example", "b.example") | {f"{ME}.bl.example": {"A": ["127.0.0.2", code]}}
    asked, told = check(names, {"zone": "bl.example", "weight": 50}, {"zone": "b.example"})
    finding = only(look(asked, Stage.CONNECT, facts()))
    assert (finding.result, finding.score, listings(finding)) == (Result.CLEAN, 0, {})
    assert list(left_out(finding)) == ["bl.example"]
    assert [(change.list, change.well) for change in told] == [("bl.example", False)]
    finding = only(look(asked, Stage.CONNECT, facts("203.0.113.8")))
    assert "left out, for it is ill" in left_out(finding)["bl.example"]
    assert finding.result is Result.CLEAN


def test_a_list_that_lists_the_world_is_never_believed() -> None:
    asked, told = check({"*.bl.example": {"A": ["127.0.0.2"]}}, {"zone": "bl.example", "weight": 50})
    finding = only(look(asked, Stage.CONNECT, facts()))
    assert (finding.result, finding.what, finding.score) == (Result.UNAVAILABLE, "dnsbl-unavailable", 0)
    assert "lists everybody" in left_out(finding)["bl.example"]
    assert len(told) == 1


def test_failures_of_dns_are_never_a_listing() -> None:
    names = table("b.example") | {"bl.example": "SERVFAIL from 192.0.2.53"}
    finding = found(names, {"zone": "bl.example"}, {"zone": "b.example"})
    assert (finding.result, left_out(finding)) == (Result.CLEAN, {"bl.example": "SERVFAIL from 192.0.2.53"})
    finding = found(names, {"zone": "bl.example"})
    assert (finding.result, finding.what) == (Result.UNAVAILABLE, "dnsbl-unavailable")


def test_a_list_that_is_late_is_left_out_and_the_others_count() -> None:
    names = table("bl.example", "slow.example") | {f"{ME}.bl.example": {"A": ["127.0.0.2"]}}
    lists = ({"zone": "slow.example"}, {"zone": "bl.example"})
    finding = found(names, *lists, hang=[f"{ME}.slow.example"], timeout=0.05)
    assert (finding.name, finding.score) == ("dnsbl-listed", 1)
    assert left_out(finding) == {"slow.example": "no answer within 0.05 s"}


def test_ipv6_clients_are_asked_about_where_lists_know_them() -> None:
    test6 = ".".join(reversed(f"{0xFFFF_7F00_0002:032x}"))
    names = table("a.example", "b.example")
    names |= {f"{test6}.b.example": {"A": ["127.0.0.2"]}, f"{ME6}.b.example": {"A": ["127.0.0.2"]}}
    names |= {f"{ME6}.a.example": {"A": ["127.0.0.2"]}}
    finding = found(names, {"zone": "a.example"}, {"zone": "b.example", "ipv6": True}, client=CLIENT6)
    assert {label: one.address for label, one in listings(finding).items()} == {"b.example": CLIENT6}
    finding = found(names, {"zone": "a.example"}, client=CLIENT6)
    assert (finding.result, finding.evidence) == (Result.CLEAN, ())


def test_relay_clients_are_not_looked_at_and_local_ones_say_so() -> None:
    zone = Zone(table("bl.example"))
    asked, _ = check(zone, {"zone": "bl.example", "header": True})
    assert look(asked, Stage.CONNECT, facts(relay=True)) == ()
    assert look(asked, Stage.CONTENT, facts(relay=True), b"Received: from a ([203.0.113.9])\r\n\r\n") == ()
    for client in ("10.0.0.1", "::1", "not an address"):
        assert only(look(asked, Stage.CONNECT, facts(client))).result is Result.SKIPPED
    assert zone.asked == []


HEADER = b"".join(b"Received: from x ([203.0.113.%d])\r\n" % number for number in (7, 8, 9)) + b"\r\n"
LISTED = {"8.113.0.203.bl.example": {"A": ["127.0.0.2"]}, "9.113.0.203.bl.example": {"A": ["127.0.0.2"]}}


def test_header_addresses_are_asked_about_by_the_lists_that_are_for_it() -> None:
    names = table("bl.example", "dial.example") | LISTED | {"8.113.0.203.dial.example": {"A": ["127.0.0.2"]}}
    asked, _ = check(names, {"zone": "bl.example", "header": True, "client": False}, {"zone": "dial.example"})
    assert asked.stages == {Stage.CONNECT, Stage.CONTENT}
    finding = only(look(asked, Stage.CONTENT, facts(), HEADER))
    # By the address that weighs most, not by their number.
    assert (finding.name, finding.score, finding.stage) == ("dnsbl-header-listed", 1, Stage.CONTENT)
    evidence = [one for one in finding.evidence if isinstance(one, ListingEvidence)]
    assert [(one.list, one.address) for one in evidence] == [
        ("bl.example", "203.0.113.8"),
        ("bl.example", "203.0.113.9"),
    ]


def test_the_client_is_not_asked_about_twice_and_not_too_many_are() -> None:
    zone = Zone(table("bl.example") | LISTED)
    asked, _ = check(zone, {"zone": "bl.example", "header": True}, header_addresses=1)
    look(asked, Stage.CONTENT, facts(), HEADER)
    names = {name for name, kind in zone.asked if kind == "A" and not name.endswith("127.bl.example")}
    assert names == {"8.113.0.203.bl.example"}


def test_without_header_lists_the_content_is_not_looked_at() -> None:
    asked, _ = check({}, {"zone": "bl.example"})
    assert asked.stages == {Stage.CONNECT}


def test_a_content_in_a_file_is_read_and_one_that_is_gone_is_an_outage(tmp_path: Path) -> None:
    asked, _ = check(table("bl.example") | LISTED, {"zone": "bl.example", "header": True})
    path = tmp_path / "content"
    path.write_bytes(HEADER + b"x" * 500_000)
    finding = only(_look_at(asked, Content(path.stat().st_size, file=str(path))))
    assert finding.name == "dnsbl-header-listed"
    path.unlink()
    assert only(_look_at(asked, Content(500_000, file=str(path)))).result is Result.UNAVAILABLE
    assert _look_at(asked, Content(20, b"Subject: nothing\r\n\r\n")) == ()


def _look_at(asked: DnsblCheck, content: Content) -> Any:
    import asyncio
    import inspect

    answer: Any = asked.look(Stage.CONTENT, facts(), content)

    async def wait() -> Any:
        return await answer

    return asyncio.run(wait()) if inspect.isawaitable(answer) else answer
