"""Settings of lists and countries that cannot be meant are refused in words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gatepost.checks.connection.settings import CountrySettings, DnsblSettings, ListSettings


def test_a_list_needs_only_its_zone() -> None:
    one = ListSettings(zone="BL.Example.org.")
    assert (one.zone, one.label, one.weight) == ("bl.example.org", "bl.example.org", 1.0)
    assert ListSettings(zone="key.bl.example", name="The list").label == "The list"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"list": [{"zone": ""}]}, "not the zone of a list"),
        ({"list": [{"zone": "a b"}]}, "not the zone of a list"),
        ({"list": [{"zone": "a.example"}, {"zone": "A.example"}]}, "two lists are called a.example"),
        ({"list": [{"zone": "a.example", "weight": -1, "header": True}]}, "speaks for clients"),
        ({"list": [{"zone": "a.example", "code": [{"codes": "192.0.2.1", "weight": 1}]}]}, "names no codes"),
        ({"suspect": 2, "listed": 1}, "suspect is more than listed"),
        ({"list": [{"zone": "a.example", "wait": 1}]}, "wait"),
    ],
)
def test_what_cannot_be_meant_is_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        DnsblSettings.model_validate(settings)


def test_places_are_countries_and_networks() -> None:
    assert CountrySettings(blocked=("de", "as64496")).blocked == ("DE", "AS64496")
    for place in ("", "D", "DEU", "ASx", "64496"):
        with pytest.raises(ValidationError, match="neither a country"):
            CountrySettings(allowed=(place,))
