"""The settings of policy."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gatepost.policy.domains import DomainSettings
from gatepost.policy.networks import Networks
from gatepost.policy.settings import PolicySettings


def test_by_default_only_this_machine_may_relay_and_an_outage_defers() -> None:
    settings = PolicySettings()
    networks = Networks(settings.relay_networks)
    assert networks.contains("127.0.0.1")
    assert not networks.contains("10.0.0.1")
    assert settings.virus_unavailable == "defer"


def test_a_network_that_is_none_is_refused_with_an_example() -> None:
    with pytest.raises(ValidationError, match=r"10\.0\.0\.0/8"):
        PolicySettings(relay_networks=("10.0.0.1/8",))


def test_an_outage_cannot_be_called_permanent() -> None:
    with pytest.raises(ValidationError):
        PolicySettings.model_validate({"virus_unavailable": "reject"})


def test_every_field_is_documented() -> None:
    for model in (PolicySettings, DomainSettings):
        for name, field in model.model_fields.items():
            assert field.description, name
