from __future__ import annotations

import pytest

from gatepost.policy.disposition import Action
from gatepost.policy.known import KNOWN, Choice
from gatepost.policy.rules import SEVERITY, Rule, Rules, Treatment, rule_for, rules
from gatepost.reply import catalogue

CHOICES = [(known, choice) for known in KNOWN.values() for choice in known.choices()]


def test_a_rule_is_found_by_what_was_found() -> None:
    rule = Rule(finding="a-found", action=Action.RELAY, reason="why")
    assert Rules([rule]).find("a-found") is rule
    assert Rules([rule]).find("b-found") is None


def test_two_rules_about_the_same_finding_are_refused() -> None:
    rule = Rule(finding="a-found", action=Action.RELAY, reason="why")
    with pytest.raises(ValueError, match="two rules"):
        Rules([rule, rule])


@pytest.mark.parametrize(("known", "choice"), CHOICES, ids=lambda value: getattr(value, "finding", value))
def test_each_choice_names_an_entry_of_the_class_that_it_promises(known: object, choice: Choice) -> None:
    rule = rule_for(known, Treatment(choice))  # type: ignore[arg-type]
    digit = {Action.REJECT: 5, Action.DEFER: 4}.get(rule.action)
    if digit is None:
        assert (rule.entry, rule.facts) == ("", ())
    else:
        entry = catalogue.ENTRIES[rule.entry]
        assert entry.code // 100 == digit
        assert entry.fields == set(rule.facts)


def test_a_choice_that_would_not_be_true_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        ValueError, match='virus-unavailable cannot be "reject"; choose one of defer, hold, mark, observe'
    ):
        rules({"virus-unavailable": Treatment("reject")})


def test_the_settings_may_change_choice_and_score_and_the_reason_says_so() -> None:
    rule = rules({"virus-unavailable": Treatment("mark", 2.5)}).find("virus-unavailable")
    assert rule is not None
    assert (rule.action, rule.mark, rule.score) == (Action.RELAY, True, 2.5)
    assert "the settings say mark" in rule.reason


def test_what_is_held_is_not_named_in_the_message_and_stands_where_the_finding_is_firm() -> None:
    made = rules({"virus-found": Treatment("hold", 3), "spf-fail": Treatment("hold")})
    virus, spf = made.find("virus-found"), made.find("spf-fail")
    assert virus is not None
    assert spf is not None
    assert (virus.action, virus.mark, virus.firm, virus.score) == (Action.QUARANTINE, False, True, 3)
    assert (spf.action, spf.firm) == (Action.QUARANTINE, False)
    assert "the settings say hold" in spf.reason


def test_every_action_has_its_severity_and_no_two_the_same() -> None:
    assert set(SEVERITY) == set(Action)
    assert len(set(SEVERITY.values())) == len(Action)
