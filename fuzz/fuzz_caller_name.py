"""Search for names, codes and answers that break the judging of callers."""

from __future__ import annotations

from ipaddress import ip_address

from gatepost.checks.connection.address import address_of
from gatepost.checks.connection.dynamic import looks_dynamic
from gatepost.checks.connection.list_codes import parse_codes, refusal

ADDRESSES = (ip_address("203.0.113.7"), ip_address("2001:db8::1111:2222:3333:4444"))


def target(data: bytes) -> None:
    """Any text is judged as a name, is codes or says why not, and is an answer of a list that can be judged."""
    text = data.decode(errors="replace")
    for address in ADDRESSES:
        assert looks_dynamic(text.lower(), address).isprintable()
    address_of(text)
    try:
        codes = parse_codes(text)
    except ValueError:
        pass
    else:
        assert 127 << 24 <= codes.first <= codes.last < 128 << 24
    assert isinstance(refusal((text,)), str)
