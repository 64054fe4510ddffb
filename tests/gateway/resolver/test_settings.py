"""The resolver's settings: name servers are addresses, with a port or without."""

from __future__ import annotations

import pytest

from gatepost.gateway.resolver.settings import ResolverSettings, nameserver


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("127.0.0.1", ("127.0.0.1", 53)),
        ("127.0.0.1:5353", ("127.0.0.1", 5353)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]", ("2001:db8::53", 53)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
    ],
)
def test_a_name_server_is_an_address(text: str, server: tuple[str, int]) -> None:
    assert nameserver(text) == server
    assert ResolverSettings(nameservers=(text,)).nameservers == (text,)


@pytest.mark.parametrize(
    "text", ["", "dns.example", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:99999", "[::1]:x"]
)
def test_what_is_no_address_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="write one like"):
        ResolverSettings(nameservers=(text,))
