"""The settings of what is learned stand for themselves, and bands that cross are refused."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from gatepost.checks.connection.memory_settings import (
    CorrespondentsSettings,
    GreylistSettings,
    NewDomainsSettings,
    ReputationSettings,
)

MODELS = [GreylistSettings, ReputationSettings, CorrespondentsSettings, NewDomainsSettings]


@pytest.mark.parametrize("model", MODELS)
def test_every_setting_has_a_default_and_says_what_it_is(model: type[BaseModel]) -> None:
    model()
    assert all(field.description for field in model.model_fields.values())


@pytest.mark.parametrize("model", MODELS)
def test_an_unknown_setting_is_refused(model: type[BaseModel]) -> None:
    with pytest.raises(ValidationError):
        model(no_such_setting=1)


def test_what_is_refused_for_good_must_be_worse_than_what_is_delayed() -> None:
    ReputationSettings(delay_below=20, reject_below=20)
    with pytest.raises(ValidationError, match="reject_below"):
        ReputationSettings(delay_below=20, reject_below=21)


def test_a_domain_must_not_be_forgotten_before_anything_is_said() -> None:
    NewDomainsSettings(quiet_days=29, remember_days=30)
    with pytest.raises(ValidationError, match="quiet_days"):
        NewDomainsSettings(quiet_days=30, remember_days=30)
