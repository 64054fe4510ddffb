"""Decisions: pure, and every reason kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.virus import NO_SCANNER
from gatepost.checks.evidence import Evidence, NoteEvidence, OutageEvidence, SignatureEvidence, SizeEvidence
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.policy.decide import decide
from gatepost.policy.disposition import Action
from gatepost.policy.rules import SEVERITY, Rule, Rules, Treatment, rules

RULES = rules()


def finding(
    check: str,
    result: Result,
    *evidence: Evidence,
    stage: Stage = Stage.CONTENT,
    name: str = "",
    score: float = 0.0,
) -> Finding:
    return Finding(check=check, stage=stage, result=result, evidence=evidence, name=name, score=score)


def marking(name: str, score: float) -> Rule:
    return Rule(finding=name, action=Action.RELAY, reason=f"{name} was seen", score=score, mark=True)


CLEAN = finding("virus", Result.CLEAN)
VIRUS = finding("virus", Result.FOUND, SignatureEvidence("Test.Virus", "clamd at unix:/s", "part 2 (a.txt)"))
OUTAGE = finding("virus", Result.UNAVAILABLE, OutageEvidence("clamd at unix:/s", "cannot connect: secret"))
TOO_LARGE = finding("size", Result.FOUND, SizeEvidence(1001, 1000), name="size-exceeded")


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
    assert disposition.reasons == ("a virus signature matched",)


def test_a_size_over_the_limit_is_rejected_by_the_entry_of_its_stage() -> None:
    evidence = SizeEvidence(1001, 1000, declared=True)
    declared = finding("size", Result.FOUND, evidence, stage=Stage.MAIL, name="size-declared")
    at_mail = decide(Stage.MAIL, (declared,), RULES)
    assert (at_mail.action, at_mail.entry) == (Action.REJECT, "size-declared")
    assert at_mail.facts == {"size": "1001", "limit": "1000"}
    at_content = decide(Stage.CONTENT, (TOO_LARGE,), RULES)
    assert (at_content.action, at_content.entry, at_content.facts) == (
        Action.REJECT,
        "size-exceeded",
        {"limit": "1000"},
    )


def test_an_outage_of_the_scanner_defers() -> None:
    disposition = decide(Stage.CONTENT, (OUTAGE,), RULES)
    assert (disposition.action, disposition.entry) == (Action.DEFER, "virus-check-unavailable")
    assert disposition.facts == {}
    assert "could not be asked" in disposition.reasons[0]


def test_an_outage_that_is_accepted_leaves_a_reason() -> None:
    disposition = decide(Stage.CONTENT, (OUTAGE,), rules({"virus-unavailable": Treatment("mark")}))
    assert (disposition.action, disposition.entry) == (Action.RELAY, "")
    assert disposition.marks == ("virus-unavailable",)
    assert "could not be asked" in disposition.reasons[0]


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
    assert disposition.reasons == ("no rule is about new-unavailable",)


def test_a_fact_that_the_evidence_lacks_is_unknown() -> None:
    assert decide(Stage.CONTENT, (finding("virus", Result.FOUND),), RULES).facts == {"signature": "unknown"}


def test_what_was_found_before_decides_too() -> None:
    disposition = decide(Stage.CONTENT, (CLEAN,), RULES, before=(VIRUS,))
    assert disposition.rule == "virus-found"


def test_scores_add_up_and_the_marks_name_what_was_found() -> None:
    some = Rules([marking("a-found", 1.5), marking("b-found", 2.0)])
    disposition = decide(
        Stage.CONTENT, (finding("a", Result.FOUND), finding("b", Result.FOUND, score=-0.25)), some
    )
    assert (disposition.action, disposition.score) == (Action.RELAY, 1.25)
    assert disposition.marks == ("a-found", "b-found")


def test_the_score_refuses_a_message_at_its_end_only() -> None:
    some = Rules([marking("a-found", 5.0)], reject_score=5.0)
    at_rcpt = decide(Stage.RCPT, (finding("a", Result.FOUND, stage=Stage.RCPT),), some)
    assert at_rcpt.action is Action.RELAY
    at_end = decide(Stage.CONTENT, (), some, before=(finding("a", Result.FOUND, stage=Stage.RCPT),))
    assert (at_end.action, at_end.entry) == (Action.REJECT, "score-too-high")
    assert at_end.facts == {"score": "5", "limit": "5"}


def test_what_is_observed_has_no_score_and_no_mark() -> None:
    observed = Rules([Rule(finding="a-found", action=Action.RELAY, reason="seen")], reject_score=1.0)
    disposition = decide(Stage.CONTENT, (finding("a", Result.FOUND, score=9.0),), observed)
    assert (disposition.action, disposition.score, disposition.marks) == (Action.RELAY, 0.0, ())
    assert disposition.reasons == ("seen",)


def test_what_accepts_outweighs_all_but_the_firm() -> None:
    accept = Rule(finding="friend-found", action=Action.RELAY, reason="a friend", accept=True, mark=True)
    refuse = Rule(finding="a-found", action=Action.REJECT, reason="seen", entry="score-too-high")
    some = Rules([accept, refuse, *RULES.rules], reject_score=0.1)
    friend, seen = finding("friend", Result.FOUND), finding("a", Result.FOUND, score=3.0)
    disposition = decide(Stage.CONTENT, (seen, friend), some)
    assert (disposition.action, disposition.rule) == (Action.RELAY, "friend-found")
    assert len(disposition.reasons) == 2
    assert decide(Stage.CONTENT, (seen, friend, VIRUS), some).rule == "virus-found"


@given(st.lists(st.sampled_from([CLEAN, VIRUS, OUTAGE, TOO_LARGE, NO_SCANNER]), max_size=6))
def test_no_finding_makes_a_decision_milder(findings: list[Finding]) -> None:
    severity = [SEVERITY[decide(Stage.CONTENT, findings[:n], RULES).action] for n in range(len(findings) + 1)]
    assert severity == sorted(severity)


HOLDING = rules({"virus-found": Treatment("hold", 4)}, reject_score=9, hold_score=5)
LISTED = finding("lists", Result.FOUND, stage=Stage.CONNECT, name="network-allowed")
SUSPECT = finding("spf", Result.FOUND, stage=Stage.MAIL, name="spf-fail", score=5.5)


def test_a_message_is_held_for_what_the_rules_hold_and_the_client_learns_nothing_of_it() -> None:
    disposition = decide(Stage.CONTENT, (VIRUS,), HOLDING)
    assert (disposition.action, disposition.rule, disposition.entry) == (
        Action.QUARANTINE,
        "virus-found",
        "",
    )
    assert disposition.reasons == ("a virus signature matched; the settings say hold",)
    assert (disposition.score, disposition.marks, disposition.facts) == (4, (), {})


@pytest.mark.parametrize("worse", [TOO_LARGE, OUTAGE])
def test_what_one_finding_refuses_is_refused_whatever_another_holds(worse: Finding) -> None:
    for findings in ((VIRUS, worse), (worse, VIRUS)):
        assert decide(Stage.CONTENT, findings, HOLDING).action in (Action.REJECT, Action.DEFER)


def test_the_score_holds_below_the_one_that_refuses() -> None:
    held = decide(Stage.CONTENT, (SUSPECT,), HOLDING)
    assert (held.action, held.rule, held.entry) == (Action.QUARANTINE, "score", "")
    assert held.reasons[0] == "the score 5.5 reaches 5"
    assert held.marks == ("spf-fail",)
    refused = decide(Stage.CONTENT, (SUSPECT, VIRUS), HOLDING)
    assert (refused.action, refused.rule, refused.entry) == (Action.REJECT, "score", "score-too-high")
    assert decide(Stage.MAIL, (SUSPECT,), HOLDING).action is Action.RELAY


def test_who_is_let_in_is_not_held_but_for_what_is_firm() -> None:
    assert decide(Stage.CONTENT, (LISTED, SUSPECT), HOLDING).action is Action.RELAY
    assert decide(Stage.CONTENT, (LISTED, VIRUS), HOLDING).action is Action.QUARANTINE
