"""Addresses are numbers to compare, and texts for macros."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mailauth.spf.address import client_of, number_of


@pytest.mark.parametrize(
    ("address", "text", "dotted", "reverse_name"),
    [
        ("192.0.2.3", "192.0.2.3", "192.0.2.3", "3.2.0.192.in-addr.arpa"),
        ("::FFFF:192.0.2.3", "192.0.2.3", "192.0.2.3", "3.2.0.192.in-addr.arpa"),
        (
            "2001:DB8:0::CB01%eth0",
            "2001:db8::cb01",
            "2.0.0.1.0.D.B.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.C.B.0.1",
            "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6.arpa",
        ),
    ],
)
def test_a_client_has_the_forms_that_macros_need(
    address: str, text: str, dotted: str, reverse_name: str
) -> None:
    client = client_of(address)
    assert (client.text, client.dotted, client.reverse_name) == (text, dotted, reverse_name)
    assert client.kind == ("A" if client.family == "in-addr" else "AAAA")


@pytest.mark.parametrize("text", ["", "unix", "192.0.2", "192.0.2.256", "2001:db8", "2001:db8::1::2"])
def test_what_is_no_address_is_a_mistake_of_the_caller(text: str) -> None:
    with pytest.raises(ValueError):
        client_of(text)


def test_a_client_is_in_a_network_with_an_address_of_its_own_kind() -> None:
    client = client_of("192.0.2.77")
    assert client.is_in(["198.51.100.1", "192.0.2.77"], 0)
    assert client.is_in(["192.0.2.1"], 8)
    assert not client.is_in(["192.0.2.1"], 6)
    assert client.is_in(["198.51.100.1"], 32)
    assert not client.is_in([], 32)
    assert not client.is_in(["no address", "192.0.2.077", "2001:db8::1"], 32)
    assert client_of("2001:db8::1").is_in(["2001:DB8:0:0::2"], 64)
    assert not client_of("2001:db8::1").is_in(["fe80::1%eth0"], 128)


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_each_address_is_read_as_the_standard_library_does(address: IPv4Address | IPv6Address) -> None:
    assert number_of(str(address), "A" if address.version == 4 else "AAAA") == int(address)


@given(st.from_regex(r"[0-9./]{1,15}|[0-9]{1,4}(\.[0-9]{1,4}){3}", fullmatch=True) | st.text(max_size=20))
def test_what_the_standard_library_takes_for_none_is_none(text: str) -> None:
    try:
        expected = int(IPv4Address(text))
    except AddressValueError:
        expected = None
    assert number_of(text, "A") == expected
