from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

import pytest

from gatepost.checks.evidence import SpfEvidence
from gatepost.checks.facts import Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.identity.spf import SpfCheck
from gatepost.mail.path import Mailbox
from tests.zone import Zone

ZONE = Zone(
    {
        "sender.example": {"TXT": ["v=spf1 ip4:192.0.2.0/24 ~all"]},
        "strict.example": {"TXT": ["v=spf1 ip4:192.0.2.0/24 -all exp=why.%{d}"]},
        "why.strict.example": {"TXT": ["Only our own servers send for %{d}"]},
        "broken.example": {"TXT": ["v=spf1 ip4:300.0.0.1"]},
        "failing.example": "SERVFAIL from 192.0.2.53",
        "mail.sender.example": {"TXT": ["v=spf1 -all"]},
    }
)


def looked(client: str, sender: str, helo: str = "mail.example", *, relay: bool = False) -> Sequence[Finding]:
    check = SpfCheck("gw.test", lambda: ZONE, lambda: 1.0)
    mailbox = Mailbox(sender, sender.rpartition("@")[2]) if sender else None
    facts = Facts(session="s", client=client, role="inbound", relay=relay, helo=helo, reverse_path=mailbox)

    async def run() -> Sequence[Finding]:
        answer = check.look(Stage.MAIL, facts, None)
        return await answer if isinstance(answer, Awaitable) else answer

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("client", "sender", "name", "result"),
    [
        ("192.0.2.7", "a@sender.example", "spf-pass", Result.CLEAN),
        ("198.51.100.7", "a@sender.example", "spf-softfail", Result.FOUND),
        ("198.51.100.7", "a@strict.example", "spf-fail", Result.FOUND),
        ("198.51.100.7", "a@broken.example", "spf-permerror", Result.FOUND),
        ("198.51.100.7", "a@failing.example", "spf-temperror", Result.UNAVAILABLE),
        ("198.51.100.7", "a@nowhere.example", "spf-none", Result.SKIPPED),
    ],
)
def test_each_result_of_spf_is_a_finding(client: str, sender: str, name: str, result: Result) -> None:
    [finding] = looked(client, sender)
    assert (finding.what, finding.result) == (name, result)


def test_the_evidence_holds_record_term_and_explanation() -> None:
    [finding] = looked("198.51.100.7", "a@strict.example")
    [evidence] = finding.evidence
    assert isinstance(evidence, SpfEvidence)
    assert (evidence.mechanism, evidence.record[:6]) == ("-all", "v=spf1")
    assert evidence.facts()["why"] == "Only our own servers send for strict.example"


def test_a_name_that_its_domain_denies_is_a_finding_of_its_own() -> None:
    names = [finding.what for finding in looked("192.0.2.7", "a@sender.example", "mail.sender.example")]
    assert names == ["spf-pass", "spf-helo-fail"]


def test_for_the_null_reverse_path_the_name_is_asked_about() -> None:
    [finding] = looked("192.0.2.7", "", "strict.example")
    [evidence] = finding.evidence
    assert isinstance(evidence, SpfEvidence)
    assert (finding.what, evidence.domain) == ("spf-pass", "strict.example")


def test_own_clients_are_not_asked_about() -> None:
    asked = len(ZONE.asked)
    assert looked("198.51.100.7", "a@strict.example", relay=True) == ()
    assert len(ZONE.asked) == asked
