"""IP addresses as SPF needs them: as numbers to compare, and the client's in the forms that macros give it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Literal

from msgspec import Struct

Kind = Literal["A", "AAAA"]
"""The family of an address, named by the DNS type that holds such ones."""

_OCTET = r"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IP4 = re.compile(r"\.".join([_OCTET] * 4))


class Client(Struct, frozen=True, gc=False):
    """The client's address: `text` is its shortest form, `number` its value."""

    text: str
    kind: Kind
    number: int

    @property
    def family(self) -> str:
        """What `%{v}` expands to (RFC 7208 §7.2)."""
        return "in-addr" if self.kind == "A" else "ip6"

    @property
    def dotted(self) -> str:
        """What `%{i}` expands to: of IPv6 all 32 nibbles with dots between."""
        return self.text if self.kind == "A" else ".".join(f"{self.number:032X}")

    @property
    def reverse_name(self) -> str:
        """The name that holds the PTR records."""
        return f"{'.'.join(reversed(self.dotted.split('.')))}.{self.family}.arpa"

    def is_in(self, addresses: Iterable[str], shift: int) -> bool:
        """Tell whether one of the addresses, of the client's `kind`, is the client's but for `shift` low bits.

        What is no address is nobody's.
        """
        kind, mine = self.kind, self.number >> shift
        for address in addresses:
            number = number_of(address, kind)
            if number is not None and number >> shift == mine:
                return True
        return False


@lru_cache(maxsize=512)
def client_of(address: str) -> Client:
    """Read an address, without its zone; an IPv4 one that is mapped into IPv6 is an IPv4 one (RFC 7208 §5).

    Raises ValueError for what is no address: it comes from a socket, not from the other side.
    """
    if ":" not in address:
        v4 = IPv4Address(address)
        return Client(str(v4), "A", int(v4))
    v6 = IPv6Address(address.partition("%")[0])
    if v6.ipv4_mapped is not None:
        return Client(str(v6.ipv4_mapped), "A", int(v6.ipv4_mapped))
    return Client(str(v6), "AAAA", int(v6))


def number_of(address: str, kind: Kind) -> int | None:
    """Read an address by the grammar of RFC 7208 §5.6, thus without a zone; None for what is none."""
    if kind == "A":
        # A quarter of what IPv4Address takes, and records hold many.
        octets = _IP4.fullmatch(address)
        if octets is None:
            return None
        a, b, c, d = octets.groups()
        return int(a) << 24 | int(b) << 16 | int(c) << 8 | int(d)
    try:
        return int(IPv6Address(address)) if "%" not in address else None
    except AddressValueError:
        return None
