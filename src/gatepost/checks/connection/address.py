"""Addresses as these checks need them: read, turned round for DNS, and known to be nobody's business or somebody's.

Knows no list and asks nothing.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address

_LOCAL: Final[tuple[IPv4Network | IPv6Network, ...]] = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
        "::/128",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
    )
)


def address_of(text: str) -> Address | None:
    """Read an address as a listener or a literal gives it; None for text that is none.

    A zone behind "%" is dropped (RFC 4007 §11), and an IPv4 client that a dual-stack socket shows as ::ffff:a.b.c.d
    is an IPv4 client (RFC 4291 §2.5.5.2).
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_local(address: Address) -> bool:
    """Tell whether an address means something else in each network, so that no list can know it."""
    return any(address in network for network in _LOCAL if network.version == address.version)


def reversed_labels(address: Address) -> str:
    """Turn an address round: its four octets (RFC 5782 §2.1) or its 32 nibbles (§2.4), the last one first."""
    if isinstance(address, IPv4Address):
        return ".".join(reversed(str(address).split(".")))
    return ".".join(reversed(f"{int(address):032x}"))


def reverse_name(address: Address) -> str:
    """Give the name whose PTR records name an address (RFC 1035 §3.5, RFC 3596 §2.5)."""
    zone = "in-addr.arpa" if isinstance(address, IPv4Address) else "ip6.arpa"
    return f"{reversed_labels(address)}.{zone}"
