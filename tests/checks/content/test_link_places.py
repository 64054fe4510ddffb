"""Hosts that are known for what they do with links are known below their names, and only there."""

from __future__ import annotations

import pytest

from gatepost.checks.content.link_places import REWRITERS, SHORTENERS, TRACKERS, is_below, leads_on
from gatepost.mail.idn import to_ascii
from gatepost.mail.links import read_address


@pytest.mark.parametrize(
    ("address", "registered", "known"),
    [
        ("https://www.google.com/url?q=http://a.test", "google.com", True),
        ("https://www.google.com/search?q=a", "google.com", False),
        ("https://t.umblr.com/redirect?z=http://a.test", "umblr.com", True),
        ("https://www.umblr.com/redirect?z=http://a.test", "umblr.com", False),
        ("https://shop.example/url?q=http://a.test", "shop.example", False),
    ],
)
def test_a_redirector_is_known_by_host_and_path(address: str, registered: str, known: bool) -> None:
    read = read_address(address)
    assert read is not None
    assert leads_on(read, registered) is known


def test_a_host_is_below_a_place_by_whole_labels() -> None:
    assert is_below("bit.ly", SHORTENERS)
    assert is_below("go.bit.ly", SHORTENERS)
    assert not is_below("rabbit.ly", SHORTENERS)
    assert is_below("eur01.safelinks.protection.outlook.com", REWRITERS)
    assert not is_below("outlook.com", REWRITERS)
    assert not is_below("", TRACKERS)


@pytest.mark.parametrize("places", [SHORTENERS, TRACKERS, REWRITERS])
def test_the_tables_are_written_as_dns_has_them(places: frozenset[str]) -> None:
    assert all(to_ascii(place) == place for place in places)
