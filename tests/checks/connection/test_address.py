"""Addresses are read as sockets and literals give them, and turned round as DNS wants them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.connection.address import address_of, is_local, reverse_name, reversed_labels


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_an_address_is_read(text: str, address: str) -> None:
    assert address_of(text) == ip_address(address)


@pytest.mark.parametrize("text", ["", "192.0.2", "192.0.2.256", "example.org", "[192.0.2.1]", "192.0.2.01"])
def test_what_is_no_address_is_none(text: str) -> None:
    assert address_of(text) is None


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("100.64.0.1", True),
        ("172.31.0.1", True),
        ("172.32.0.1", False),
        ("192.168.1.1", True),
        ("169.254.1.1", True),
        ("255.255.255.255", True),
        ("0.0.0.0", True),
        ("192.0.2.1", False),
        ("8.8.8.8", False),
        ("::1", True),
        ("fe80::1", True),
        ("fd00::1", True),
        ("2001:db8::1", False),
    ],
)
def test_local_addresses_are_known(text: str, local: bool) -> None:
    assert is_local(ip_address(text)) is local


def test_addresses_are_turned_round_as_the_rfcs_show() -> None:
    assert reversed_labels(ip_address("192.0.2.99")) == "99.2.0.192"  # RFC 5782 §2.1
    assert (
        reversed_labels(ip_address("2001:db8:1:2:3:4:567:89ab"))  # RFC 5782 §2.4
        == "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2"
    )


@given(st.ip_addresses())
def test_a_reversed_name_is_the_one_that_the_library_makes(address: IPv4Address | IPv6Address) -> None:
    assert reverse_name(address) == address.reverse_pointer


@given(st.ip_addresses())
def test_turning_round_twice_gives_the_address(address: IPv4Address | IPv6Address) -> None:
    parts = reversed_labels(address).split(".")[::-1]
    if isinstance(address, IPv4Address):
        assert IPv4Address(".".join(parts)) == address
    else:
        assert IPv6Address(int("".join(parts), 16)) == address
