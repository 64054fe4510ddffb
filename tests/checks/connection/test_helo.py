"""What a client calls itself is judged by its form, by DNS, and by whose name it is."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gatepost.checks.connection.helo import HeloCheck
from gatepost.checks.evidence import HeloEvidence
from gatepost.checks.finding import Finding, Result, Stage
from tests.checks.connection.looking import CLIENT, CLIENT6, facts, look, only
from tests.zone import Records, Zone

PTR = "7.113.0.203.in-addr.arpa"
NAMES: dict[str, Records | str] = {
    "mail.sender.example": {"A": ["198.51.100.1", CLIENT]},
    "six.sender.example": {"AAAA": [CLIENT6]},
    "other.example": {"A": ["198.51.100.1"]},
    "mxonly.example": {"MX": ["10 mx.example"]},
    "ours.example": {"A": ["198.51.100.25"]},
    "site.example": {"A": [CLIENT]},
    "broken.example": "SERVFAIL from 192.0.2.53",
    "203-0-113-7.dip.provider.example": {"A": [CLIENT]},
}


def findings(helo: str, client: str = CLIENT, names: Mapping[str, Records | str] = NAMES) -> list[Finding]:
    domains = ("ours.example", "site.example", "Gone.example", "*")
    check = HeloCheck("Gate.Ours.Example", domains, Zone(names), lambda: 0.0)
    return list(look(check, Stage.HELO, facts(client, helo)))


@pytest.mark.parametrize(
    ("helo", "word", "result"),
    [
        ("[203.0.113.7]", "literal", Result.CLEAN),
        ("[203.0.113.8]", "literal-wrong", Result.FOUND),
        ("[IPv6:2001:db8::7]", "literal-wrong", Result.FOUND),
        ("203.0.113.7", "bare-address", Result.FOUND),
        ("2001:db8::7", "bare-address", Result.FOUND),
        ("gate.ours.example", "own-name", Result.FOUND),
        ("GATE.ours.example.", "own-name", Result.FOUND),
        ("ours.example", "own-name", Result.FOUND),
        ("gone.example", "own-name", Result.FOUND),
        ("site.example", "confirmed", Result.CLEAN),
        ("localhost", "no-dot", Result.FOUND),
        ("WIN-4711", "no-dot", Result.FOUND),
        ("[what.ever]", "no-name", Result.FOUND),
        ("a..example", "no-name", Result.FOUND),
        ("mail.sender.example", "confirmed", Result.CLEAN),
        ("Mail.Sender.Example.", "confirmed", Result.CLEAN),
        ("other.example", "mismatch", Result.FOUND),
        ("mxonly.example", "mismatch", Result.FOUND),
        ("nowhere.example", "unresolvable", Result.FOUND),
        ("branch.ours.example", "unresolvable", Result.FOUND),
        ("broken.example", "failed", Result.UNAVAILABLE),
    ],
)
def test_a_name_is_judged(helo: str, word: str, result: Result) -> None:
    finding = only(findings(helo))
    assert (finding.name, finding.result) == (f"helo-{word}", result)
    (evidence,) = finding.evidence
    assert isinstance(evidence, HeloEvidence)
    assert evidence.facts() == {"helo": helo}
    assert evidence.words().startswith(f"{helo} ")


def test_ipv6_clients_have_names_and_literals_too() -> None:
    assert only(findings("six.sender.example", CLIENT6)).name == "helo-confirmed"
    assert only(findings("[IPv6:2001:DB8::7]", CLIENT6)).name == "helo-literal"
    assert only(findings("[ipv6:2001:db8:0::7]", CLIENT6)).name == "helo-literal"


def test_a_name_that_leads_elsewhere_shows_where_and_who_the_client_is() -> None:
    names = NAMES | {PTR: {"PTR": ["mail.sender.example"]}}
    (evidence,) = only(findings("other.example", names=names)).evidence
    assert (
        evidence.words()
        == f"other.example does not lead to {CLIENT}, which is mail.sender.example (198.51.100.1)"
    )


def test_a_name_that_only_the_address_knows_is_no_confirmation() -> None:
    names = NAMES | {PTR: {"PTR": ["other.example"]}}
    assert only(findings("other.example", names=names)).name == "helo-mismatch"


def test_a_name_with_many_addresses_keeps_a_few() -> None:
    names = {"many.example": {"A": [f"198.51.100.{number}" for number in range(200)]}}
    (evidence,) = only(findings("many.example", names=names)).evidence
    assert isinstance(evidence, HeloEvidence)
    assert len(evidence.addresses) == 10


def test_a_name_that_a_provider_made_up_is_a_finding_of_its_own() -> None:
    first, second = findings("203-0-113-7.dip.provider.example")
    assert (first.name, second.name) == ("helo-confirmed", "helo-dynamic")


def test_relay_and_local_clients_may_call_themselves_as_they_like() -> None:
    zone = Zone({})
    check = HeloCheck("gate.example", (), zone, lambda: 0.0)
    assert look(check, Stage.HELO, facts(helo="localhost", relay=True)) == ()
    assert look(check, Stage.HELO, facts(helo="")) == ()
    assert only(look(check, Stage.HELO, facts("10.0.0.1", "localhost"))).result is Result.SKIPPED
    assert zone.asked == []


@pytest.mark.parametrize("rcode", ["A", "AAAA", "MX"])
def test_no_kind_of_failure_is_a_fail(rcode: str) -> None:
    class Failing(Zone):
        async def ask(self, name: str, kind: str) -> object:  # type: ignore[override]
            answer = await super().ask(name, kind)  # type: ignore[arg-type]
            return await Zone({name: "SERVFAIL"}).ask(name, kind) if kind == rcode else answer  # type: ignore[arg-type]

    check = HeloCheck("gate.example", (), Failing({"x.example": {}}), lambda: 0.0)
    assert only(look(check, Stage.HELO, facts(helo="x.example"))).result is Result.UNAVAILABLE
