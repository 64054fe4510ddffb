"""What a person names when he asks about callers: an IP address, a network, a domain, or the address of someone.

For the command line and pages; shared by what they ask of the greylist and of reputation. Pure.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from msgspec import Struct

from gatepost.checks.connection.identities import plain_address
from gatepost.mail.path import BadPath, Mailbox, is_domain, parse_mailbox

MOST_KEYS: Final = 256
_NETWORK: Final = {4: 24, 6: 64}
_WIDEST: Final = {4: 16, 6: 56}  # what MOST_KEYS networks of the kind that is remembered make up


class Place(Struct, frozen=True):
    """An address or a network."""

    network: IPv4Network | IPv6Network

    def holds(self, client: str) -> bool:
        """Tell whether an address lies in it."""
        try:
            other = ip_network(plain_address(client))
        except ValueError:
            return False
        return other.version == self.network.version and other.network_address in self.network

    @property
    def alone(self) -> bool:
        """Whether it is one address."""
        return self.network.num_addresses == 1

    def clients(self) -> tuple[str, ...]:
        """Give its addresses where it is less than a network as they are remembered, and few enough; else none."""
        if self.network.prefixlen <= _NETWORK[self.network.version] or self.network.num_addresses > MOST_KEYS:
            return ()
        return tuple(map(str, self.network))

    def networks(self) -> tuple[str, ...]:
        """Give the networks that it consists of, as they are remembered: none for a part of one, or for too many."""
        version, length = self.network.version, self.network.prefixlen
        if not _WIDEST[version] <= length <= _NETWORK[version]:
            return ()
        return tuple(map(str, self.network.subnets(new_prefix=_NETWORK[version])))

    def __str__(self) -> str:
        return str(self.network.network_address) if self.alone else str(self.network)


class Domain(Struct, frozen=True):
    """A domain, in lower case."""

    name: str

    def holds(self, domain: str) -> bool:
        """Tell whether a domain is it, or below it."""
        return domain == self.name or domain.endswith("." + self.name)

    def __str__(self) -> str:
        return self.name


class Address(Struct, frozen=True):
    """Someone's address, in lower case."""

    address: str

    def __str__(self) -> str:
        return self.address


class BadName(Struct, frozen=True):
    """A text that names nothing, and why."""

    why: str


Named = Place | Domain | Address


def read(text: str) -> Named | BadName:
    """Read what a person wrote: "192.0.2.7", "192.0.2.0/24", "example.org" (or "@example.org"), "a@example.org"."""
    text = text.strip().lower()
    plain = plain_address(text.removeprefix("[").removesuffix("]"))
    try:
        return Place(ip_network(plain))
    except ValueError as error:
        if "/" in text:
            return BadName(f"{text!r} is no network ({error})")
    domain = text.removeprefix("@").rstrip(".")
    if is_domain(domain) and "." in domain:
        return Domain(domain)
    mailbox = parse_mailbox(text)
    if isinstance(mailbox, Mailbox):
        return Address(mailbox.address)
    why = mailbox.why if isinstance(mailbox, BadPath) and "@" in text else "it is none of these"
    return BadName(
        f"{text!r} is no IP address, network, domain or mail address ({why}); write one like 192.0.2.7, "
        "192.0.2.0/24, example.org or someone@example.org"
    )
