"""What a person names is read as an address, a network, a domain or someone's address, or it says why not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.connection.named import MOST_KEYS, Address, BadName, Domain, Place, read

GOOD = [
    ("192.0.2.7", Place, "192.0.2.7"),
    (" [192.0.2.7] ", Place, "192.0.2.7"),
    ("::ffff:192.0.2.7", Place, "192.0.2.7"),
    ("192.0.2.0/24", Place, "192.0.2.0/24"),
    ("2001:DB8::1", Place, "2001:db8::1"),
    ("2001:db8::/64", Place, "2001:db8::/64"),
    ("Example.ORG", Domain, "example.org"),
    ("@example.org", Domain, "example.org"),
    ("example.org.", Domain, "example.org"),
    ("Some.One@Example.org", Address, "some.one@example.org"),
]


@pytest.mark.parametrize(("text", "kind", "written"), GOOD)
def test_what_names_something_is_read(text: str, kind: type, written: str) -> None:
    named = read(text)
    assert isinstance(named, kind)
    assert str(named) == written


@pytest.mark.parametrize("text", ["", "word", "192.0.2.7/24", "a b@example.org", "192.0.2.0/33", "@", "x@"])
def test_what_names_nothing_says_why_and_how_to_write_it(text: str) -> None:
    named = read(text)
    assert isinstance(named, BadName)
    assert text.strip() in named.why


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    read(text)


def test_a_place_holds_what_lies_in_it() -> None:
    place = read("192.0.2.0/24")
    assert isinstance(place, Place)
    inside = ("192.0.2.7", "::ffff:192.0.2.7")
    outside = ("192.0.3.7", "2001:db8::1", "unix", "")
    assert [place.holds(client) for client in (*inside, *outside)] == [True, True, False, False, False, False]


@pytest.mark.parametrize(
    ("text", "clients", "networks"),
    [
        ("192.0.2.7", 1, 0),
        ("192.0.2.0/28", 16, 0),
        ("192.0.2.0/24", 0, 1),
        ("192.0.0.0/16", 0, 256),
        ("192.0.0.0/15", 0, 0),
        ("2001:db8::7", 1, 0),
        ("2001:db8::/64", 0, 1),
        ("2001:db8::/56", 0, 256),
        ("2001:db8::/32", 0, 0),
        ("2001:db8::/96", 0, 0),
    ],
)
def test_a_place_is_remembered_by_few_keys_or_none(text: str, clients: int, networks: int) -> None:
    place = read(text)
    assert isinstance(place, Place)
    assert (len(place.clients()), len(place.networks())) == (clients, networks)
    assert max(clients, networks) <= MOST_KEYS


def test_a_domain_holds_what_is_below_it_and_nothing_that_only_ends_so() -> None:
    domain = Domain("example.org")
    held = [domain.holds(name) for name in ("example.org", "a.example.org", "notexample.org", "org")]
    assert held == [True, True, False, False]
