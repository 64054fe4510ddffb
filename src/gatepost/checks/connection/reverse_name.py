"""The reverse name check: whether the client's address has a name, and whether that name has the address.

At connect. A name that leads back to the address (forward-confirmed reverse DNS, RFC 1912 §2.1, the "iprev" of RFC
8601 §2.7.3) shows that whoever runs the network and whoever runs the name agree. DNS that fails says nothing of the
client.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address
from typing import Final

from gatepost.checks.check import Looked
from gatepost.checks.connection.address import Address, address_of, is_local, reverse_name
from gatepost.checks.connection.dynamic import looks_dynamic
from gatepost.checks.evidence import NoteEvidence, ReverseNameEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.mail.dns import Kind, Resolver

_NAME: Final = "reverse-name"
MAX_NAMES: Final = 5  # of an address, that are looked up: those that have hundreds are no sign of order


class ReverseNameCheck:
    """Look up the client's names. `monotonic` gives seconds that only grow."""

    name = _NAME
    stages = frozenset({Stage.CONNECT})

    def __init__(self, resolver: Resolver, monotonic: Callable[[], float]) -> None:
        self._resolver = resolver
        self._monotonic = monotonic

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Looked:  # noqa: ARG002
        """Report one of: confirmed, mismatch, missing, failed; and dynamic beside the first two."""
        if facts.relay:
            return ()
        address = address_of(facts.client)
        if address is None or is_local(address):
            note = NoteEvidence(f"{facts.client} is a local address, whose name says nothing")
            return (Finding(check=_NAME, stage=stage, result=Result.SKIPPED, evidence=(note,)),)
        return self._look(stage, address)

    async def _look(self, stage: Stage, address: Address) -> Sequence[Finding]:
        began = self._monotonic()
        word, evidence = await confirmed_name(self._resolver, address)
        results = {"confirmed": Result.CLEAN, "failed": Result.UNAVAILABLE}

        def finding(word: str, result: Result) -> Finding:
            return Finding(
                check=_NAME,
                stage=stage,
                result=result,
                name=f"{_NAME}-{word}",
                evidence=(evidence,),
                duration=self._monotonic() - began,
            )

        findings = (finding(word, results.get(word, Result.FOUND)),)
        return (*findings, finding("dynamic", Result.FOUND)) if evidence.dynamic else findings


async def confirmed_name(resolver: Resolver, address: Address) -> tuple[str, ReverseNameEvidence]:
    """Look up the names of an address and their addresses; give the word for what came out, and the evidence."""
    text = str(address)
    reverse = await resolver.ask(reverse_name(address), "PTR")
    if reverse.failed:
        return "failed", ReverseNameEvidence(text, reason=reverse.reason)
    names = tuple([name for name in reverse.records[:MAX_NAMES] if name])
    if not names:
        return "missing", ReverseNameEvidence(text)
    kind: Kind = "A" if isinstance(address, IPv4Address) else "AAAA"
    answers = await asyncio.gather(*[resolver.ask(name, kind) for name in names])
    for name, answer in zip(names, answers, strict=True):
        if text in answer.records:
            return "confirmed", ReverseNameEvidence(text, names, name, looks_dynamic(name, address))
    if reason := next((answer.reason for answer in answers if answer.failed), ""):
        return "failed", ReverseNameEvidence(text, names, reason=reason)
    return "mismatch", ReverseNameEvidence(text, names, dynamic=looks_dynamic(names[0], address))
