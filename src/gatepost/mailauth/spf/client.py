"""The client's address as SPF needs it: as a number to compare, and in the forms that macros give it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Literal

from msgspec import Struct


class Client(Struct, frozen=True, gc=False):
    """An address. `text` is its shortest form, `kind` the DNS type that holds such ones, `number` its value."""

    text: str
    kind: Literal["A", "AAAA"]
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
        """Tell whether one of the addresses of the client's `kind` is the client's, but for `shift` low bits."""
        mine = self.number >> shift
        return any(_number(address, self.kind) >> shift == mine for address in addresses)


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


def _number(address: str, kind: str) -> int:
    """Read an address that DNS gave; what is none is no address of anybody (-1, in whatever network)."""
    try:
        return int(IPv4Address(address) if kind == "A" else IPv6Address(address))
    except AddressValueError:
        return -1
