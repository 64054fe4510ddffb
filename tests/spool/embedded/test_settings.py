from __future__ import annotations

import pytest
from pydantic import ValidationError

from gatepost.spool.embedded import SpoolSettings


def test_every_setting_says_what_it_is_for() -> None:
    assert all(field.description for field in SpoolSettings.model_fields.values())


@pytest.mark.parametrize(
    "wrong", [{"settle_delay": 0.06}, {"min_free": -1}, {"segments": 1}, {"segment_size": 10}]
)
def test_a_wrong_or_unknown_setting_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        SpoolSettings.model_validate(wrong)
