"""Whether a client has a name and the name has the client; a failure of DNS is neither yes nor no."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gatepost.checks.connection.reverse_name import MAX_NAMES, ReverseNameCheck
from gatepost.checks.evidence import ReverseNameEvidence
from gatepost.checks.finding import Finding, Result, Stage
from tests.checks.connection.looking import CLIENT, CLIENT6, facts, look, only
from tests.zone import Records, Zone

PTR = "7.113.0.203.in-addr.arpa"
PTR6 = f"{'.'.join(reversed(f'{0x20010DB8000000000000000000000007:032x}'))}.ip6.arpa"


def findings(names: Mapping[str, Records | str], client: str = CLIENT) -> list[Finding]:
    return list(look(ReverseNameCheck(Zone(names), lambda: 0.0), Stage.CONNECT, facts(client)))


@pytest.mark.parametrize(
    ("names", "word", "result", "evidence"),
    [
        (
            {PTR: {"PTR": ["mail.sender.example"]}, "mail.sender.example": {"A": ["203.0.113.7"]}},
            "confirmed",
            Result.CLEAN,
            ReverseNameEvidence(CLIENT, ("mail.sender.example",), "mail.sender.example"),
        ),
        (
            {PTR: {"PTR": ["old.example", "b.example"]}, "b.example": {"A": ["203.0.113.1", "203.0.113.7"]}},
            "confirmed",
            Result.CLEAN,
            ReverseNameEvidence(CLIENT, ("old.example", "b.example"), "b.example"),
        ),
        ({}, "missing", Result.FOUND, ReverseNameEvidence(CLIENT)),
        ({PTR: {"TXT": ["x"]}}, "missing", Result.FOUND, ReverseNameEvidence(CLIENT)),
        (
            {PTR: {"PTR": ["bank.example"]}, "bank.example": {"A": ["198.51.100.1"]}},
            "mismatch",
            Result.FOUND,
            ReverseNameEvidence(CLIENT, ("bank.example",)),
        ),
        (
            {PTR: {"PTR": ["no.example"]}},
            "mismatch",
            Result.FOUND,
            ReverseNameEvidence(CLIENT, ("no.example",)),
        ),
        ({PTR: "SERVFAIL"}, "failed", Result.UNAVAILABLE, ReverseNameEvidence(CLIENT, reason="SERVFAIL")),
        (
            {PTR: {"PTR": ["x.example"]}, "x.example": "REFUSED"},
            "failed",
            Result.UNAVAILABLE,
            ReverseNameEvidence(CLIENT, ("x.example",), reason="REFUSED"),
        ),
        (
            {PTR: {"PTR": ["x.example", "y.example"]}, "x.example": "REFUSED", "y.example": {"A": [CLIENT]}},
            "confirmed",
            Result.CLEAN,
            ReverseNameEvidence(CLIENT, ("x.example", "y.example"), "y.example"),
        ),
    ],
)
def test_the_name_of_a_client_is_told(
    names: Mapping[str, Records | str], word: str, result: Result, evidence: ReverseNameEvidence
) -> None:
    finding = only(findings(names))
    assert (finding.name, finding.result, finding.evidence) == (f"reverse-name-{word}", result, (evidence,))


def test_a_name_that_a_provider_made_up_is_a_finding_of_its_own() -> None:
    name = "203-0-113-7.dip.provider.example"
    first, second = findings({PTR: {"PTR": [name]}, name: {"A": [CLIENT]}})
    assert (first.name, second.name) == ("reverse-name-confirmed", "reverse-name-dynamic")
    assert second.evidence[0].words() == f"{CLIENT} is {name}, and {name} holds the address, or most of it"
    assert second.evidence[0].facts() == {"address": CLIENT, "name": name}
    assert first.evidence[0].vouches_for() == name


def test_an_ipv6_client_has_names_too() -> None:
    names = {PTR6: {"PTR": ["mail.sender.example"]}, "mail.sender.example": {"AAAA": [CLIENT6]}}
    assert only(findings(names, CLIENT6)).name == "reverse-name-confirmed"


def test_not_too_many_names_are_looked_up() -> None:
    zone = Zone({PTR: {"PTR": [f"n{number}.example" for number in range(200)]}})
    look(ReverseNameCheck(zone, lambda: 0.0), Stage.CONNECT, facts())
    assert len(zone.asked) == 1 + MAX_NAMES


def test_relay_and_local_clients_are_not_asked_about() -> None:
    zone = Zone({})
    check = ReverseNameCheck(zone, lambda: 0.0)
    assert look(check, Stage.CONNECT, facts(relay=True)) == ()
    assert only(look(check, Stage.CONNECT, facts("192.168.1.1"))).result is Result.SKIPPED
    assert zone.asked == []


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (ReverseNameEvidence(CLIENT), f"{CLIENT} has no name"),
        (ReverseNameEvidence(CLIENT, ("a.example",)), f"a.example is not {CLIENT}"),
        (ReverseNameEvidence(CLIENT, reason="x"), f"the name of {CLIENT} could not be found out: x"),
    ],
)
def test_the_evidence_says_itself_in_words(evidence: ReverseNameEvidence, words: str) -> None:
    assert evidence.words() == words
