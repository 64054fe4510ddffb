"""Names that providers make up are told from names that were chosen."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.connection.dynamic import looks_dynamic


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("p203-0-113-7.dip0.provider.example", "203.0.113.7"),
        ("7.113.0.203.customer.provider.example", "203.0.113.7"),
        ("host-113-0-203.provider.example", "203.0.113.7"),
        ("c-7-113-0.area.provider.example", "203.0.113.7"),
        ("cb007107.provider.example", "203.0.113.7"),
        ("203000113007.provider.example", "203.0.113.7"),
        ("dynamic-xyz.provider.example", "203.0.113.7"),
        ("abc.dsl.provider.example", "203.0.113.7"),
        ("x-pool12.provider.example", "203.0.113.7"),
        ("2001-db8-0-0-1111-2222-3333-4444.provider.example", "2001:db8::1111:2222:3333:4444"),
        ("20010db8000000001111222233334444.provider.example", "2001:db8::1111:2222:3333:4444"),
    ],
)
def test_a_name_that_a_provider_made_up_says_so(name: str, address: str) -> None:
    assert looks_dynamic(name, ip_address(address))


@pytest.mark.parametrize(
    "name",
    [
        "example.org",
        "203-0-113-7.example",  # the label itself is the domain
        "mail.example.org",
        "mx1.example.org",
        "mail-203-0-113-7.provider.example",
        "static-203-0-113-7.provider.example",
        "home.example.org",
        "node12.example.org",
        "a8-53.smtp-out.mailer.example",
        "host7.example.org",
        "spool.example.org",
        "203-1-113-7.provider.example",
        "v113-0-7.provider.example",
        "",
    ],
)
def test_a_name_that_was_chosen_is_left_alone(name: str) -> None:
    assert looks_dynamic(name, ip_address("203.0.113.7")) == ""


@given(st.text(alphabet="abdyn0123456789.-", max_size=80), st.ip_addresses())
def test_any_name_is_judged(name: str, address: object) -> None:
    looks_dynamic(name, ip_address(str(address)))


@given(st.ip_addresses(v=4))
def test_each_address_is_found_in_its_own_name(address: object) -> None:
    octets = str(address).split(".")
    for text in ("-".join(octets), ".".join(octets[::-1]), ip_address(str(address)).packed.hex()):
        assert looks_dynamic(f"x{text}.provider.example", ip_address(str(address)))
