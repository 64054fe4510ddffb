"""The settings of the memory have a default that fits most, and a bound that cannot be taken away."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gatepost.gateway.memory.settings import MemorySettings


def test_it_stands_for_itself_and_is_always_bounded() -> None:
    assert MemorySettings().max_records >= 1000
    with pytest.raises(ValidationError):
        MemorySettings(max_records=0)
