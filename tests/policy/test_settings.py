"""The settings of policy."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gatepost.policy.disposition import Action
from gatepost.policy.domains import DomainSettings
from gatepost.policy.networks import Networks
from gatepost.policy.rules import Treatment
from gatepost.policy.settings import PolicySettings, TreatmentSettings


def test_by_default_only_this_machine_may_relay_and_an_outage_defers() -> None:
    settings = PolicySettings()
    networks = Networks(settings.relay_networks)
    assert networks.contains("127.0.0.1")
    assert not networks.contains("10.0.0.1")
    rule = settings.rules().find("virus-unavailable")
    assert rule is not None
    assert rule.action is Action.DEFER


def test_a_network_that_is_none_is_refused_with_an_example() -> None:
    with pytest.raises(ValidationError, match=r"10\.0\.0\.0/8"):
        PolicySettings(relay_networks=("10.0.0.1/8",))


def test_an_outage_cannot_be_called_permanent() -> None:
    with pytest.raises(ValidationError):
        PolicySettings.model_validate({"findings": {"virus-unavailable": "reject"}})


def test_a_finding_may_be_treated_otherwise_with_or_without_a_score() -> None:
    settings = PolicySettings.model_validate(
        {"findings": {"virus-unavailable": {"action": "mark", "score": 2}, "virus-found": "observe"}}
    )
    assert settings.treatments() == {
        "virus-unavailable": Treatment("mark", 2.0),
        "virus-found": Treatment("observe"),
    }


def test_an_unknown_finding_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(ValidationError, match="did you mean 'virus-found'"):
        PolicySettings.model_validate({"findings": {"virus-fund": "reject"}})


def test_every_field_is_documented() -> None:
    for model in (PolicySettings, TreatmentSettings, DomainSettings):
        for name, field in model.model_fields.items():
            assert field.description, name


def test_a_message_may_be_held_from_a_score_on_that_is_below_the_one_it_is_refused_from() -> None:
    made = PolicySettings(hold_score=5, reject_score=8).rules()
    assert (made.hold_score, made.reject_score) == (5, 8)
    assert PolicySettings(hold_score=5).rules().reject_score == 0
    with pytest.raises(ValidationError, match="hold_score 8 is not below reject_score 8"):
        PolicySettings(hold_score=8, reject_score=8)
