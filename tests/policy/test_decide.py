"""Decisions: pure, and every reason kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.virus import NO_SCANNER
from gatepost.checks.finding import (
    Evidence,
    Finding,
    NoteEvidence,
    OutageEvidence,
    Result,
    SignatureEvidence,
    SizeEvidence,
    Stage,
)
from gatepost.policy.decide import decide
from gatepost.policy.disposition import Action
from gatepost.policy.rules import SEVERITY, Rule, Rules, standard
from gatepost.reply.catalogue import ENTRIES

RULES = standard()


def finding(check: str, result: Result, *evidence: Evidence, stage: Stage = Stage.CONTENT) -> Finding:
    return Finding(check=check, stage=stage, result=result, evidence=evidence)


CLEAN = finding("virus", Result.CLEAN)
VIRUS = finding("virus", Result.FOUND, SignatureEvidence("Test.Virus", "clamd at unix:/s", "part 2 (a.txt)"))
OUTAGE = finding("virus", Result.UNAVAILABLE, OutageEvidence("clamd at unix:/s", "cannot connect: secret"))
TOO_LARGE = finding("size", Result.FOUND, SizeEvidence(1001, 1000))


@pytest.mark.parametrize("findings", [(), (CLEAN,), (CLEAN, NO_SCANNER)])
def test_nothing_found_is_relayed_by_a_shared_value(findings: tuple[Finding, ...]) -> None:
    disposition = decide(Stage.CONTENT, findings, RULES)
    assert disposition is decide(Stage.CONTENT, (), RULES)
    assert disposition.action is Action.RELAY
    assert not disposition.entry


def test_a_virus_is_rejected_and_its_signature_is_public() -> None:
    disposition = decide(Stage.CONTENT, (CLEAN, VIRUS), RULES)
    assert (disposition.action, disposition.rule, disposition.entry) == (
        Action.REJECT,
        "virus-found",
        "virus-found",
    )
    assert disposition.facts == {"signature": "Test.Virus"}
    assert "part 2 (a.txt)" in disposition.reasons[0]


def test_a_size_over_the_limit_is_rejected_by_the_entry_of_its_stage() -> None:
    declared = finding("size", Result.FOUND, SizeEvidence(1001, 1000, declared=True), stage=Stage.MAIL)
    at_mail = decide(Stage.MAIL, (declared,), RULES)
    assert (at_mail.action, at_mail.entry) == (Action.REJECT, "size-declared")
    assert at_mail.facts == {"size": "1001", "limit": "1000"}
    at_content = decide(Stage.CONTENT, (TOO_LARGE,), RULES)
    assert (at_content.action, at_content.entry, at_content.facts) == (
        Action.REJECT,
        "size-exceeded",
        {"limit": "1000"},
    )


def test_an_outage_of_the_scanner_defers_and_stays_private() -> None:
    disposition = decide(Stage.CONTENT, (OUTAGE,), RULES)
    assert (disposition.action, disposition.entry) == (Action.DEFER, "virus-check-unavailable")
    assert disposition.facts == {}
    assert "cannot connect: secret" in disposition.reasons[0]


def test_an_outage_that_is_accepted_leaves_a_reason() -> None:
    disposition = decide(Stage.CONTENT, (OUTAGE,), standard(virus_unavailable="accept"))
    assert (disposition.action, disposition.entry) == (Action.RELAY, "")
    assert "not checked for viruses" in disposition.reasons[0]
    assert "cannot connect: secret" in disposition.reasons[0]


@pytest.mark.parametrize("findings", [(OUTAGE, TOO_LARGE), (TOO_LARGE, OUTAGE)])
def test_the_severest_action_wins_and_all_reasons_stay(findings: tuple[Finding, ...]) -> None:
    disposition = decide(Stage.CONTENT, findings, RULES)
    assert (disposition.action, disposition.rule) == (Action.REJECT, "size-exceeded")
    assert len(disposition.reasons) == 2


def test_of_equals_the_first_wins() -> None:
    assert decide(Stage.CONTENT, (VIRUS, TOO_LARGE), RULES).rule == "virus-found"
    assert decide(Stage.CONTENT, (TOO_LARGE, VIRUS), RULES).rule == "size-exceeded"


def test_what_no_rule_is_about_goes_on_with_a_reason() -> None:
    disposition = decide(Stage.CONTENT, (finding("new", Result.UNAVAILABLE, NoteEvidence("x")),), RULES)
    assert (disposition.action, disposition.rule) == (Action.RELAY, "no-rule")
    assert disposition.reasons == ("no rule says what to do when new is unavailable (x)",)


def test_a_fact_that_the_evidence_lacks_is_unknown() -> None:
    assert decide(Stage.CONTENT, (finding("virus", Result.FOUND),), RULES).facts == {"signature": "unknown"}


@pytest.mark.parametrize("rules", [standard("defer"), standard("accept")])
def test_every_rule_s_entry_is_in_the_catalogue_with_just_its_facts(rules: Rules) -> None:
    for rule in rules.rules:
        if rule.entry:
            entry = ENTRIES[rule.entry]
            assert entry.fields == frozenset(rule.facts)
            assert entry.code // 100 == (4 if rule.action is Action.DEFER else 5)


def test_two_rules_about_the_same_finding_are_refused() -> None:
    rule = Rule(name="a", check="c", result=Result.FOUND, action=Action.RELAY, reason="r")
    with pytest.raises(ValueError, match="two rules"):
        Rules(
            (
                rule,
                Rule(
                    name="b",
                    check="c",
                    stage=Stage.MAIL,
                    result=Result.FOUND,
                    action=Action.DEFER,
                    reason="r",
                ),
            )
        )


@given(st.lists(st.sampled_from([CLEAN, VIRUS, OUTAGE, TOO_LARGE, NO_SCANNER]), max_size=6))
def test_no_finding_makes_a_decision_milder(findings: list[Finding]) -> None:
    severity = [SEVERITY[decide(Stage.CONTENT, findings[:n], RULES).action] for n in range(len(findings) + 1)]
    assert severity == sorted(severity)
