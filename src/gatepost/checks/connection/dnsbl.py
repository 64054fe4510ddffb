"""The blocklist check: asks all lists in DNS about the client, and about the hosts its message came through.

At connect, and at the end of the content for the lists that are asked about header addresses. All lists are asked at
once, within one time; one that is late, refuses or is ill is left out and named. Weights add up: blocklists above 0,
allowlists below. Decides nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address
from typing import Final

from msgspec import Struct

from gatepost.checks.check import Looked
from gatepost.checks.connection.address import Address, address_of, is_local, reversed_labels
from gatepost.checks.connection.list_codes import Codes, parse_codes, refusal
from gatepost.checks.connection.list_health import ListHealth, Version
from gatepost.checks.connection.received import received_addresses
from gatepost.checks.connection.settings import DnsblSettings, ListSettings
from gatepost.checks.evidence import ListingEvidence, NoteEvidence, OutageEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.mail.dns import Resolver

_NAME: Final = "dnsbl"
_MAX_TEXT: Final = 250


class _List(Struct, frozen=True):
    """A list as it is asked."""

    label: str
    zone: str
    weight: float
    codes: tuple[tuple[Codes, float, str], ...]
    ipv6: bool
    client: bool
    header: bool


class _Question(Struct, frozen=True):
    """One list to be asked about one address."""

    of: _List
    address: Address
    version: Version
    labels: str


_Heard = ListingEvidence | OutageEvidence | None


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
        self._resolver = resolver
        self._health = health
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
        questions: list[_Question] = []
        left_out: dict[str, OutageEvidence] = {}
        for address in addresses:
            version: Version = 4 if isinstance(address, IPv4Address) else 6
            labels = reversed_labels(address)
            for each in lists:
                if version == 6 and not each.ipv6:
                    continue
                if why := self._health.why_ill(each.label, version):
                    left_out[each.label] = OutageEvidence(each.label, f"left out, for it is ill: {why}")
                else:
                    questions.append(_Question(each, address, version, labels))
        heard = await self._ask_all(questions)
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

    def _judge(self, total: float, listed: bool, asked: bool, heard: Sequence[_Heard]) -> tuple[Result, str]:
        if listed and total >= self._settings.listed:
            return Result.FOUND, "{}-listed"
        if listed and total >= self._settings.suspect:
            return Result.FOUND, "{}-suspect"
        if listed and total < 0:
            return Result.FOUND, "dnswl-listed"
        if asked and all(isinstance(one, OutageEvidence) for one in heard):
            return Result.UNAVAILABLE, "{}-unavailable"
        return Result.CLEAN, ""

    async def _ask_all(self, questions: Sequence[_Question]) -> list[_Heard]:
        """Ask all at once; after the time a list that did not answer is an outage."""
        if not questions:
            return []
        tasks = [asyncio.ensure_future(self._ask(question)) for question in questions]
        try:
            await asyncio.wait(tasks, timeout=self._settings.timeout)
            heard: list[_Heard] = []
            for question, task in zip(questions, tasks, strict=True):
                if task.done():
                    heard.append(task.result())
                    continue
                reason = f"no answer within {self._settings.timeout:g} s"
                self._health.missed(question.of.label, question.version, reason)
                heard.append(OutageEvidence(question.of.label, reason))
            return heard
        finally:
            for task in tasks:
                task.cancel()

    async def _ask(self, question: _Question) -> _Heard:
        of, version = question.of, question.version
        name = f"{question.labels}.{of.zone}"
        began = self._monotonic()
        answer = await self._resolver.ask(name, "A")
        seconds = self._monotonic() - began
        if answer.failed:
            self._health.missed(of.label, version, answer.reason)
            return OutageEvidence(of.label, answer.reason)
        if not answer.found:
            self._health.unlisted(of.label, version)
            return None
        if why := refusal(answer.records):
            self._health.refused(of.label, version, why)
            return OutageEvidence(of.label, why)
        codes, meanings, weight = _meaning(of, answer.records)
        if not codes:
            return None
        if not await self._health.believed(of.label, version):
            why = self._health.why_ill(of.label, version) or "its test points could not be asked for"
            return OutageEvidence(of.label, f"its listing does not count: {why}")
        text = await self._resolver.ask(name, "TXT")
        return ListingEvidence(
            of.label,
            str(question.address),
            codes,
            ", ".join(meanings),
            weight,
            _tame(" ".join(text.records)),
            seconds,
            answer.at,
        )


def _list(settings: ListSettings) -> _List:
    codes = tuple([(parse_codes(code.codes), code.weight, code.meaning) for code in settings.code])
    return _List(
        settings.label,
        settings.zone,
        settings.weight,
        codes,
        settings.ipv6,
        settings.client,
        settings.header,
    )


def _meaning(of: _List, records: tuple[str, ...]) -> tuple[tuple[str, ...], list[str], float]:
    """Give the answers that are listings, what they mean, and the strongest of their weights."""
    if not of.codes:
        return records, [], of.weight
    codes: list[str] = []
    meanings: dict[str, None] = {}
    weight = 0.0
    for record in records:
        for meant, each, meaning in of.codes:
            if IPv4Address(record) in meant:
                codes.append(record)
                weight = max(weight, each, key=abs)
                if meaning:
                    meanings[meaning] = None
    return tuple(dict.fromkeys(codes)), list(meanings), weight


def _tame(text: str) -> str:
    """Keep of a list's own words what can stand in a record and a reply: printable ASCII, not too much."""
    return "".join(char if " " <= char <= "~" else "?" for char in text[:_MAX_TEXT])
