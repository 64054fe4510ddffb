"""Whatever some reader would find in a message, the view has it; and it says what is ambiguous."""

from __future__ import annotations

import pytest

from gatepost.mail.mime import view
from tests.mail.mime.tricks import PAYLOAD, TRICKS


def seen(message: bytes) -> list[bytes]:
    return [reading for part in view(message).leaves for reading in part.readings()]


@pytest.mark.parametrize("name", TRICKS)
def test_the_payload_of_each_trick_is_seen(name: str) -> None:
    message, _ = TRICKS[name]
    assert any(PAYLOAD in reading for reading in seen(message))


@pytest.mark.parametrize("name", [name for name, (_, trick) in TRICKS.items() if trick is not None])
def test_each_trick_is_named(name: str) -> None:
    message, trick = TRICKS[name]
    assert trick in {ambiguity.name for ambiguity in view(message).ambiguities}
