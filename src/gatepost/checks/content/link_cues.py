"""What a link itself tells against a message: that it shows another domain, hides its host, has an address for one.

Under the check of links; pure. Each is a sign that policy adds up: senders who count clicks, machines that write of
themselves and people who copy from a search make such links in all honesty. Domains are compared by what was
registered, as `registered` tells; "" where it cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct

from gatepost.checks.connection.address import address_of, is_local
from gatepost.checks.connection.identities import Registered, author_of
from gatepost.checks.content.link_places import REWRITERS, SHORTENERS, TRACKERS, is_below, leads_on
from gatepost.checks.evidence import LinkEvidence
from gatepost.checks.facts import Facts
from gatepost.mail.links import SeenLink, addresses_within, shown_address

MISMATCH: Final = "link-mismatch"
LOOK_ALIKE: Final = "link-look-alike"
ADDRESS: Final = "link-address"
ENCODED: Final = "link-encoded-host"
SHORTENER: Final = "link-shortener"
REDIRECT: Final = "link-redirect"

_MAX_SHOWN: Final = 200


class Sender(Struct, frozen=True):
    """Who stands behind a message: the registered domain of the author where it is proven, and all that is."""

    author: str = ""
    proven: frozenset[str] = frozenset()


def sender_of(facts: Facts, registered: Registered) -> Sender:
    """Tell from the findings so far who stands behind a message."""
    vouched = [each.vouches_for() for finding in facts.findings for each in finding.evidence]
    proven = frozenset([registered(domain) for domain in vouched if domain]) - {""}
    author = author_of(facts.findings)
    domain = registered(author.author) if author is not None and author.author else ""
    return Sender(domain if domain in proven else "", proven)


class LinkCues:
    """Look at single links. `ours` tells whether a domain is one of ours, `resembles` which of ours it looks like."""

    def __init__(
        self,
        registered: Registered,
        ours: Callable[[str], bool],
        resembles: Callable[[str], str],
        *,
        shorteners: frozenset[str] = frozenset(),
        trackers: frozenset[str] = frozenset(),
    ) -> None:
        self._registered = registered
        self._ours = ours
        self._resembles = resembles
        self._shorteners = SHORTENERS | shorteners
        self._trackers = TRACKERS | trackers

    def of(self, link: SeenLink, domain: str, sender: Sender) -> Iterator[tuple[str, LinkEvidence]]:
        """Give what a link tells, as names of findings with what each rests on; `domain` is its registered domain."""
        address = link.address
        if address.tricks:
            yield ENCODED, evidence(link, "; ".join(address.tricks))
        if address.is_ip:
            ip = address_of(address.host)
            if ip is not None and not is_local(ip):
                yield ADDRESS, evidence(link, "an address stands in place of a name")
        elif domain and not self._ours(domain):
            if is_below(address.host, self._shorteners):
                yield SHORTENER, evidence(link, "a shortener, which does not show where it leads")
            if why := self._resembles(domain):
                yield LOOK_ALIKE, evidence(link, why)
            if leads_on(address, domain) and addresses_within(address):
                yield REDIRECT, evidence(link, "it leads on to any address that it is given")
        if link.shown and (other := self._shows_another(link, domain, sender)):
            yield MISMATCH, evidence(link, f"it shows {other}")

    def _shows_another(self, link: SeenLink, domain: str, sender: Sender) -> str:
        """Give the host that a link shows, where that is another's than the one it leads to."""
        address = link.address
        shown = shown_address(link.shown)
        if shown is None or shown.host == address.host or self._ours(domain or address.host):
            return ""
        other = "" if shown.is_ip else self._registered(shown.host)
        if not other and not shown.is_ip:
            return ""  # no domain that anybody could have
        if other == domain or any(
            self._registered(inner.host) == other for inner in addresses_within(address)
        ):
            return ""
        counts = is_below(address.host, self._trackers) or domain in sender.proven
        if other == sender.author and other and counts:
            return ""  # the author has the clicks on links to their own site counted
        return "" if is_below(address.host, REWRITERS) else shown.host


def evidence(link: SeenLink, why: str, private: str = "") -> LinkEvidence:
    """Make the evidence of what is the matter with a link."""
    written = "".join(
        [char if char.isprintable() else "?" for char in link.address.written[:_MAX_SHOWN].strip()]
    )
    where = f"{link.where}, within a link to {link.through}" if link.through else link.where
    return LinkEvidence(written, link.address.host, where[:_MAX_SHOWN], why, private)
