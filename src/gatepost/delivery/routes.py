"""Where a recipient's mail goes: static routes, one group of next hops per domain.

Pure. A group is tried in order; `*` is the default for domains not named.
"""

from __future__ import annotations

import ipaddress
import re

from msgspec import Struct

from gatepost.policy.domains import Domains

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")


class NextHop(Struct, frozen=True, gc=False):
    """One place to deliver to: a host and port, or a unix socket; over SMTP, or LMTP (RFC 2033)."""

    host: str
    port: int
    lmtp: bool = False
    path: str = ""

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


Group = tuple[NextHop, ...]


class Routes:
    """The table from domains to groups of next hops. Raises ValueError when a next hop cannot be read."""

    def __init__(self, domains: Domains) -> None:
        self._domains = domains
        self._groups = {d.name: tuple(parse_next_hop(hop) for hop in d.next_hop) for d in domains}

    def of(self, address: str) -> Group:
        """Give the next hops of a recipient, in the order to try them; () when none is named."""
        domain = self._domains.route(address.rpartition("@")[2].lower() if "@" in address else "")
        return self._groups[domain.name] if domain is not None else ()

    @property
    def any(self) -> bool:
        """Whether a next hop is named for any domain at all."""
        return any(self._groups.values())


def parse_next_hop(text: str) -> NextHop:
    """Read "host:port", "[ipv6]:port", "host", "lmtp:host:port" or "lmtp:unix:/path".

    Raises ValueError with one sentence that says what is wrong.
    """
    lmtp = text.startswith("lmtp:")
    rest = text.removeprefix("lmtp:")
    if rest == "mx":
        raise ValueError('next_hop "mx" is not offered yet: name a host and port, such as "10.0.0.5:25"')
    if rest.startswith("unix:"):
        path = rest.removeprefix("unix:")
        if not path.startswith("/"):
            raise ValueError(f'next_hop {text!r}: the path of a unix socket must begin with "/"')
        return NextHop("", 0, lmtp, path)
    if rest.startswith("["):
        host, bracket, port = rest[1:].partition("]")
        port = port.removeprefix(":")
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            bracket = ""
        if not bracket:
            raise ValueError(
                f'next_hop {text!r}: in brackets goes an IPv6 address, such as "[2001:db8::5]:25"'
            )
    else:
        host, _, port = rest.partition(":")
        if _HOST.fullmatch(host) is None:
            raise ValueError(
                f'next_hop {text!r} names no host: write it like "10.0.0.5:25" or "lmtp:127.0.0.1:24"'
            )
    if not port:
        port = "24" if lmtp else "25"
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise ValueError(f"next_hop {text!r}: {port!r} is not a port between 1 and 65535")
    return NextHop(host, int(port), lmtp)
