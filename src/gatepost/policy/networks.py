"""Relay networks: the clients that may send to any domain.

Read when a session opens, once per session; answers are remembered, because the same clients come again.
Knows no sockets: an address is the text that the listener saw.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

LOOPBACK: Final = ("127.0.0.0/8", "::1/128")
_REMEMBERED: Final = 4096  # a dual-stack client can come from 2^64 addresses: the memory has to have an end


class Networks:
    """A set of networks in CIDR notation. Raises ValueError for a name that is none, or has host bits set."""

    def __init__(self, names: Iterable[str]) -> None:
        self._networks = tuple(ip_network(name) for name in names)
        self._known: dict[str, bool] = {}

    def contains(self, address: str) -> bool:
        """Tell whether an address lies in one of the networks; text that is no address lies in none."""
        known = self._known.get(address)
        if known is None:
            known = self._look(address)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[address] = known
        return known

    def _look(self, address: str) -> bool:
        try:
            ip = ip_address(
                address.partition("%")[0]
            )  # RFC 4007 §11: what follows "%" names a local interface
        except ValueError:
            return False
        plain: IPv4Address | IPv6Address = ip
        if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
            plain = (
                ip.ipv4_mapped
            )  # a dual-stack socket shows an IPv4 client as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2)
        return any(plain.version == network.version and plain in network for network in self._networks)
