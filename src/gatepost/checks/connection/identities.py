"""By which name a caller is remembered: what other checks vouch for, else where it calls from.

The one place that reads other checks' findings for names. A name that is vouched for is shared by all machines of
its owner; an address that is not is widened to the network that one owner mostly has.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from gatepost.checks.evidence import DmarcEvidence
from gatepost.checks.facts import Facts
from gatepost.checks.finding import Finding, Result
from gatepost.mail.path import Mailbox, is_domain, parse_mailbox

SPF: Final = "spf"
DKIM: Final = "dkim"
DMARC: Final = "dmarc"
REVERSE: Final = "reverse-name"

Registered = Callable[[str], str]
"""Give the registered domain that a domain belongs to by the public suffix list, "" where there is none."""


def vouched(findings: Sequence[Finding], check: str) -> tuple[str, ...]:
    """Give the domains that a check found proof of: those that the evidence of its CLEAN findings vouches for."""
    return tuple(
        [
            domain.lower()
            for finding in findings
            if finding.check == check and finding.result is Result.CLEAN
            for evidence in finding.evidence
            if (domain := evidence.vouches_for())
        ]
    )


def aligned(domain: str, proven: Collection[str], registered: Registered) -> bool:
    """Tell whether a domain is proven, or one of the same registered domain.

    As DMARC's relaxed mode has it (RFC 9989 §4.10.2), by the public suffix list: no question to DNS.
    """
    if domain in proven:
        return True
    organisation = registered(domain) if proven else ""
    return bool(organisation) and any(registered(name) == organisation for name in proven)


def author_of(findings: Sequence[Finding]) -> DmarcEvidence | None:
    """Give what DMARC says of the author; None before the content's end, and where it is not asked."""
    for finding in findings:
        if finding.check == DMARC:
            for evidence in finding.evidence:
                if isinstance(evidence, DmarcEvidence):
                    return evidence
    return None


def proven_author(findings: Sequence[Finding], registered: Registered) -> Mailbox | None:
    """Give the author's address where the author's domain stands behind the message.

    DMARC passed; or the domain has no record, and a signature or the reverse-path is aligned.
    """
    said = author_of(findings)
    if said is None or not said.address or said.result not in ("pass", "none"):
        return None
    if said.result == "none" and not aligned(
        said.author, {*vouched(findings, SPF), *vouched(findings, DKIM)}, registered
    ):
        return None
    mailbox = parse_mailbox(said.address)
    return mailbox if isinstance(mailbox, Mailbox) else None


def signed_author(findings: Sequence[Finding], registered: Registered) -> str:
    """Give the author's domain where it has signed the message itself, or its organisation has; "" where not.

    A pass of DMARC by SPF alone is none: at a provider that sends for many, any of them passes for all.
    """
    for author in vouched(findings, DMARC):
        if aligned(author, vouched(findings, DKIM), registered):
            return author
    return ""


@lru_cache(4096)
def plain_address(client: str) -> str:
    """Write an address in one way: IPv4 that came through a dual-stack socket as IPv4, no zone."""
    ip = _ip(client)
    return client if ip is None else str(ip)


@lru_cache(4096)
def network_of(client: str) -> str:
    """Give the network of an address: its /24, or its /64 (what one site gets at least, RFC 6177)."""
    ip = _ip(client)
    return client if ip is None else str(ip_network(f"{ip}/{24 if ip.version == 4 else 64}", strict=False))


def pool_of(facts: Facts, registered: Registered) -> str:
    """Name the provider's pool that a session comes from, so that another machine of it is the same caller.

    "spf=example.org" when SPF passed; "host=example.net" when the verified reverse name and HELO agree on the
    registered domain, for forging both takes the owner of the address; else the network with the name it gave,
    "net=192.0.2.0/24 name=example.net", for that name alone proves nothing.
    """
    spf = vouched(facts.findings, SPF)
    if spf:
        return f"spf={spf[0]}"
    helo = registered(facts.helo.lower()) if is_domain(facts.helo) else ""
    verified = vouched(facts.findings, REVERSE)
    reverse = registered(verified[0]) if verified else ""
    if reverse and reverse == helo:
        return f"host={reverse}"
    return f"net={network_of(facts.client)} name={reverse or helo or '-'}"


def _ip(client: str) -> IPv4Address | IPv6Address | None:
    try:
        ip = ip_address(client.partition("%")[0])
    except ValueError:
        return None
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    return ip
