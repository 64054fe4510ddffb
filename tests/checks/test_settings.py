"""The settings of the checks: what is refused says what to write instead."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gatepost.checks.settings import VirusSettings


@pytest.mark.parametrize(
    "address", ["unix:/run/clamav/clamd.ctl", "127.0.0.1:3310", "clamd.example:3310", "[::1]:3310"]
)
def test_an_address_is_a_socket_or_a_host_with_a_port(address: str) -> None:
    assert VirusSettings(address=address).address == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "unix:",
        "unix:run/clamd",
        "unix:/",
        "127.0.0.1",
        "127.0.0.1:0",
        "127.0.0.1:65536",
        "h:x",
        ":3310",
        "h:²",
    ],
)
def test_any_other_address_is_refused_with_an_example(address: str) -> None:
    with pytest.raises(ValidationError, match=r"127\.0\.0\.1:3310"):
        VirusSettings(address=address)


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError):
        VirusSettings.model_validate({"address": "127.0.0.1:3310", "adress": "x"})


def test_every_field_is_documented() -> None:
    for name, field in VirusSettings.model_fields.items():
        assert field.description, name
