from __future__ import annotations

import pytest

from gatepost.checks.finding import Result, Stage
from gatepost.policy.disposition import Action
from gatepost.policy.rules import SEVERITY, Outage, Rule, Rules, standard
from gatepost.reply import catalogue


def rule(**given: object) -> Rule:
    values = {"name": "r", "check": "c", "result": Result.FOUND, "action": Action.REJECT, "reason": "why"}
    return Rule(**(values | given))  # type: ignore[arg-type]


def test_a_rule_without_a_stage_holds_at_every_stage() -> None:
    anywhere = rule()
    assert {Rules([anywhere]).find("c", stage, Result.FOUND) for stage in Stage} == {anywhere}


def test_a_rule_with_a_stage_holds_there_only() -> None:
    rules = Rules([rule(stage=Stage.MAIL)])
    assert [s for s in Stage if rules.find("c", s, Result.FOUND) is not None] == [Stage.MAIL]
    assert rules.find("c", Stage.MAIL, Result.CLEAN) is None
    assert rules.find("d", Stage.MAIL, Result.FOUND) is None


@pytest.mark.parametrize("stage", [None, Stage.MAIL])
def test_two_rules_about_the_same_finding_are_refused(stage: Stage | None) -> None:
    with pytest.raises(ValueError, match="two rules are about c found at mail"):
        Rules([rule(stage=Stage.MAIL), rule(name="other", stage=stage)])


@pytest.mark.parametrize("outage", ["defer", "accept"])
def test_the_standard_rules_name_entries_of_the_class_that_their_action_promises(outage: Outage) -> None:
    digit = {Action.REJECT: 5, Action.DEFER: 4}
    for one in standard(outage).rules:
        if one.action is Action.RELAY:
            assert (one.entry, one.facts) == ("", ())
        else:
            entry = catalogue.ENTRIES[one.entry]
            assert entry.code // 100 == digit[one.action]
            assert entry.fields == set(one.facts)


def test_a_scanner_outage_never_rejects() -> None:
    for outage, action in (("defer", Action.DEFER), ("accept", Action.RELAY)):
        found = standard(outage).find("virus", Stage.CONTENT, Result.UNAVAILABLE)  # type: ignore[arg-type]
        assert found is not None
        assert found.action is action


def test_every_action_has_its_severity_and_no_two_the_same() -> None:
    assert set(SEVERITY) == set(Action)
    assert len(set(SEVERITY.values())) == len(Action)
