"""Search for texts that break the reading of web addresses."""

from __future__ import annotations

from gatepost.mail.links import (
    MAX_ADDRESS,
    MAX_FOUND,
    MAX_INNER,
    Address,
    addresses_in,
    addresses_within,
    read_address,
    shown_address,
)


def target(data: bytes) -> None:
    """Any text has addresses or none, within bounds; each leads to one host, and reads the same again."""
    text = data.decode(errors="replace")
    found = list(addresses_in(text))
    assert len(found) <= MAX_FOUND
    for address in (*found, read_address(text), shown_address(text[:500])):
        if address is not None:
            _holds(address)
            inner = addresses_within(address)
            assert len(inner) <= MAX_INNER
            for each in inner:
                _holds(each)


def _holds(address: Address) -> None:
    assert len(address.written) <= MAX_ADDRESS
    assert address.host
    assert address.host.isascii()
    assert address.host == address.host.lower()
    assert not set(address.host) & set(" /\\?#@%<>|^\t\r\n\0")
    again = read_address(str(address))
    assert again is not None
    assert (again.scheme, again.host, again.port, again.is_ip) == (
        address.scheme,
        address.host,
        address.port,
        address.is_ip,
    )
