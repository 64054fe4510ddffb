"""The blocklist check: asks all lists in DNS about the client, and about the hosts its message came through.

At connect, and at the end of the content for the lists that are asked about header addresses. All lists are asked at
once, within one time; one that is late, refuses or is ill is left out and named. Weights add up: blocklists above 0,
allowlists below. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address
from typing import Final

from msgspec import Struct

from gatepost.checks.check import Looked
from gatepost.checks.connection.address import Address, address_of, is_local, reversed_labels
from gatepost.checks.connection.list_asking import AskedList, Heard, ListAsking, Question, asked_list
from gatepost.checks.connection.list_health import ListHealth
from gatepost.checks.connection.received import received_addresses
from gatepost.checks.connection.settings import DnsblSettings, ListSettings, Version
from gatepost.checks.evidence import ListingEvidence, NoteEvidence, OutageEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.mail.dns import Resolver

_NAME: Final = "dnsbl"


class _List(Struct, frozen=True):
    """A list as it is asked: about whom."""

    asked: AskedList
    ipv6: bool
    client: bool
    header: bool


class DnsblCheck:
    """Ask the lists of the settings. `monotonic` gives seconds that only grow; `health` knows whom to believe."""

    name = _NAME

    def __init__(
        self,
        settings: DnsblSettings,
        resolver: Resolver,
        health: ListHealth,
        monotonic: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._health = health
        self._asking = ListAsking(resolver, health, monotonic, settings.timeout)
        self._monotonic = monotonic
        self._lists = tuple(map(_list, settings.list))
        header = any(each.header for each in self._lists)
        self.stages = frozenset({Stage.CONNECT, Stage.CONTENT} if header else {Stage.CONNECT})

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Looked:
        """Report what the lists say, in one finding for each stage."""
        if facts.relay:
            return ()
        client = address_of(facts.client)
        if stage is Stage.CONTENT:
            return () if content is None else self._header(stage, client, content)
        if client is None or is_local(client):
            note = NoteEvidence(f"{facts.client} is a local address, which no list can know")
            return (Finding(check=_NAME, stage=stage, result=Result.SKIPPED, evidence=(note,)),)
        return self._found(stage, _NAME, (client,), [each for each in self._lists if each.client])

    def _header(
        self, stage: Stage, client: Address | None, content: Content
    ) -> Sequence[Finding] | Awaitable[Sequence[Finding]]:
        try:
            fields = content.opened()[0].fields
        except OSError as error:
            outage = OutageEvidence("the spool", str(error))
            return (Finding(check=_NAME, stage=stage, result=Result.UNAVAILABLE, evidence=(outage,)),)
        limit = self._settings.header_addresses
        addresses = [address for address in received_addresses(fields, limit + 1) if address != client][
            :limit
        ]
        if not addresses:
            return ()
        return self._found(stage, f"{_NAME}-header", addresses, [each for each in self._lists if each.header])

    async def _found(
        self, stage: Stage, name: str, addresses: Sequence[Address], lists: Sequence[_List]
    ) -> Sequence[Finding]:
        """Ask the lists about all addresses, and make the finding: by the address that weighs most."""
        began = self._monotonic()
        questions: list[Question] = []
        left_out: dict[str, OutageEvidence] = {}
        for address in addresses:
            version: Version = 4 if isinstance(address, IPv4Address) else 6
            labels = reversed_labels(address)
            for each in lists:
                if version == 6 and not each.ipv6:
                    continue
                label = each.asked.label
                if why := self._health.why_ill(label, version):
                    left_out[label] = OutageEvidence(label, f"left out, for it is ill: {why}")
                else:
                    questions.append(Question(each.asked, str(address), version, labels))
        heard = await self._asking.ask_all(questions)
        weights: dict[str, float] = {}
        listings: list[ListingEvidence] = []
        for one in heard:
            match one:
                case ListingEvidence():
                    listings.append(one)
                    weights[one.address] = weights.get(one.address, 0.0) + one.weight
                case OutageEvidence():
                    left_out[one.engine] = one
                case None:
                    pass
        total = max(weights.values(), default=0.0)
        result, word = self._judge(total, bool(listings), len(heard) + len(left_out) > 0, heard)
        return (
            Finding(
                check=_NAME,
                stage=stage,
                result=result,
                name=word.format(name) if word else "",
                score=total,
                evidence=(*listings, *left_out.values()),
                duration=self._monotonic() - began,
            ),
        )

    def _judge(self, total: float, listed: bool, asked: bool, heard: Sequence[Heard]) -> tuple[Result, str]:
        if listed and total >= self._settings.listed:
            return Result.FOUND, "{}-listed"
        if listed and total >= self._settings.suspect:
            return Result.FOUND, "{}-suspect"
        if listed and total < 0:
            return Result.FOUND, "dnswl-listed"
        if asked and all(isinstance(one, OutageEvidence) for one in heard):
            return Result.UNAVAILABLE, "{}-unavailable"
        return Result.CLEAN, ""


def _list(settings: ListSettings) -> _List:
    asked = asked_list(settings.label, settings.zone, settings.weight, settings.code)
    return _List(asked, settings.ipv6, settings.client, settings.header)
