"""The HELO check: what a client calls itself, against what is known of its address.

At HELO and EHLO. RFC 5321 §4.1.4 forbids to refuse mail because a name does not lead to the client, and §2.3.5 wants
a name that has addresses or mail exchangers; so there are many findings here, and what weighs how much is policy's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from gatepost.checks.check import Looked
from gatepost.checks.connection.address import Address, address_of, is_local
from gatepost.checks.connection.dynamic import looks_dynamic
from gatepost.checks.connection.reverse_name import confirmed_name
from gatepost.checks.evidence import HeloEvidence, NoteEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.mail.dns import Resolver
from gatepost.mail.path import is_address_literal, is_domain

_NAME: Final = "helo"
_MAX_ADDRESSES: Final = 10  # that are kept as evidence


class HeloCheck:
    """Look at what strangers call themselves.

    `host` is the gateway's own name, which nobody else has; `domains` are those that it takes mail for, which are a
    stranger's name only where DNS says so. `monotonic` gives seconds that only grow.
    """

    name = _NAME
    stages = frozenset({Stage.HELO})

    def __init__(
        self, host: str, domains: Iterable[str], resolver: Resolver, monotonic: Callable[[], float]
    ) -> None:
        self._host = host.lower().removesuffix(".")
        self._domains = frozenset(domain.lower().removesuffix(".") for domain in domains if domain != "*")
        self._resolver = resolver
        self._monotonic = monotonic

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Looked:  # noqa: ARG002
        """Report what the name shows; nothing for one that is its client's."""
        if facts.relay or not facts.helo:
            return ()
        address = address_of(facts.client)
        if address is None or is_local(address):
            note = NoteEvidence(f"{facts.client} is a local address, which may call itself as it likes")
            return (Finding(check=_NAME, stage=stage, result=Result.SKIPPED, evidence=(note,)),)
        helo = facts.helo.lower().removesuffix(".")
        if (plain := self._by_form(helo, address)) is not None:
            word, matter = plain
            result = Result.CLEAN if word == "literal" else Result.FOUND
            return (_finding(stage, word, result, HeloEvidence(facts.helo, matter)),)
        return self._by_dns(stage, facts.helo, helo, address)

    def _by_form(self, helo: str, address: Address) -> tuple[str, str] | None:
        """Judge what needs no DNS: literals, our own names, names that are none."""
        if is_address_literal(helo):
            if address_of(helo[1:-1].removeprefix("ipv6:")) == address:
                return "literal", "is its own address"
            return "literal-wrong", f"is not {address}"
        if address_of(helo) is not None:
            return "bare-address", "is an address without the brackets that RFC 5321 §4.1.3 wants"
        if helo == self._host:
            return "own-name", "is the name of this gateway"
        if "." not in helo:
            return "no-dot", "has no dot, so it is no name that others can look up"
        if not is_domain(helo):
            return "no-name", "has characters that no host name has"
        return None

    async def _by_dns(self, stage: Stage, said: str, helo: str, address: Address) -> Sequence[Finding]:
        """Judge by the addresses that the name has, and by the client's reverse name."""
        began = self._monotonic()
        word, result, evidence = await self._resolved(said, helo, address)
        if helo in self._domains and word in ("mismatch", "unresolvable"):
            matter = f"is a domain that this gateway takes mail for, and not the name of {address}"
            word, evidence = "own-name", HeloEvidence(said, matter, evidence.addresses)
        duration = self._monotonic() - began
        findings = [_finding(stage, word, result, evidence, duration)]
        if dynamic := looks_dynamic(helo, address):
            findings.append(_finding(stage, "dynamic", Result.FOUND, HeloEvidence(said, dynamic)))
        return findings

    async def _resolved(self, said: str, helo: str, address: Address) -> tuple[str, Result, HeloEvidence]:
        ipv4, ipv6, (word, reverse) = await asyncio.gather(
            self._resolver.ask(helo, "A"),
            self._resolver.ask(helo, "AAAA"),
            confirmed_name(self._resolver, address),
        )
        addresses = (*ipv4.records, *ipv6.records)
        kept = addresses[:_MAX_ADDRESSES]
        if str(address) in addresses:
            return "confirmed", Result.CLEAN, HeloEvidence(said, f"has the address {address}", kept)
        if word == "confirmed" and reverse.confirmed == helo:
            return "confirmed", Result.CLEAN, HeloEvidence(said, f"is the name of {address}", kept)
        failure = next((answer.reason for answer in (ipv4, ipv6) if answer.failed), "")
        if failure:
            return (
                "failed",
                Result.UNAVAILABLE,
                HeloEvidence(said, f"could not be looked up: {failure}", kept),
            )
        if addresses:
            named = f", which is {reverse.confirmed}" if reverse.confirmed else ""
            return "mismatch", Result.FOUND, HeloEvidence(said, f"does not lead to {address}{named}", kept)
        exchangers = await self._resolver.ask(helo, "MX")  # RFC 5321 §2.3.5: enough for a name
        if exchangers.failed:
            matter = f"could not be looked up: {exchangers.reason}"
            return "failed", Result.UNAVAILABLE, HeloEvidence(said, matter)
        if exchangers.found:
            return "mismatch", Result.FOUND, HeloEvidence(said, f"has mail exchangers, but not {address}")
        return "unresolvable", Result.FOUND, HeloEvidence(said, "has neither addresses nor mail exchangers")


def _finding(
    stage: Stage, word: str, result: Result, evidence: HeloEvidence, duration: float = 0.0
) -> Finding:
    return Finding(
        check=_NAME,
        stage=stage,
        result=result,
        name=f"{_NAME}-{word}",
        evidence=(evidence,),
        duration=duration,
    )
