"""The country check tells the place of a client, and finds only what the settings block."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gatepost.checks.connection.country import CountryCheck
from gatepost.checks.connection.places import Places
from gatepost.checks.connection.settings import CountrySettings
from gatepost.checks.evidence import OutageEvidence, PlaceEvidence
from gatepost.checks.finding import Result, Stage
from tests.checks.connection.looking import facts, look, only
from tests.checks.connection.mmdb import write

ENTRY = {
    "country": {"iso_code": "DE"},
    "autonomous_system_number": 64496,
    "autonomous_system_organization": "X",
}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    write(tmp_path / "all.mmdb", {"203.0.113.0/24": ENTRY})
    return Places((tmp_path / "all.mmdb",), lambda: 0.0)


@pytest.mark.parametrize(
    ("settings", "blocked"),
    [
        ({}, False),
        ({"blocked": ["DE"]}, True),
        ({"blocked": ["as64496"]}, True),
        ({"blocked": ["FR"]}, False),
        ({"allowed": ["DE"]}, False),
        ({"allowed": ["AS64496"]}, False),
        ({"allowed": ["FR"]}, True),
        ({"blocked": ["DE"], "allowed": ["AS64496"]}, False),
        ({"blocked": ["FR"], "allowed": ["CH"]}, False),
    ],
)
def test_a_client_is_blocked_by_country_or_network(
    places: Places, settings: dict[str, Any], blocked: bool
) -> None:
    finding = only(look(CountryCheck(CountrySettings(**settings), places), Stage.CONNECT, facts()))
    assert finding.evidence == (PlaceEvidence("203.0.113.7", "DE", "AS64496", "X"),)
    assert finding.evidence[0].words() == "203.0.113.7 is in DE and AS64496 X"
    assert (finding.result, finding.name) == (
        (Result.FOUND, "country-blocked") if blocked else (Result.CLEAN, "")
    )


@pytest.mark.parametrize("client", ["198.51.100.1", "10.0.0.1", "2001:db8::1", "nobody"])
def test_a_client_that_no_file_knows_is_not_blocked(places: Places, client: str) -> None:
    check = CountryCheck(CountrySettings(allowed=("FR",)), places)
    assert look(check, Stage.CONNECT, facts(client)) == ()
    assert look(check, Stage.CONNECT, facts(relay=True)) == ()


def test_a_file_that_cannot_be_read_is_an_outage(tmp_path: Path) -> None:
    check = CountryCheck(CountrySettings(blocked=("DE",)), Places((tmp_path / "none",), lambda: 0.0))
    finding = only(look(check, Stage.CONNECT, facts()))
    assert finding.result is Result.UNAVAILABLE
    assert finding.evidence == (OutageEvidence(str(tmp_path / "none"), "No such file or directory"),)
