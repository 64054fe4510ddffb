"""Asking lists in DNS, many questions at once, and what their answers mean; by names of hosts or of domains.

Under the checks that ask lists. Whom a list may be asked about is their affair; here an answer becomes a listing with
its weight, an outage, or nothing, and the health of the list hears of it. A list that did not answer in time is an
outage, and a listing counts only when the list was proven well (`list_health`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address
from typing import Final

from msgspec import Struct

from gatepost.checks.connection.list_codes import Codes, parse_codes, refusal
from gatepost.checks.connection.list_health import ListHealth
from gatepost.checks.connection.settings import CodeSettings, Version
from gatepost.checks.evidence import ListingEvidence, OutageEvidence
from gatepost.mail.dns import Resolver

_MAX_TEXT: Final = 250


class AskedList(Struct, frozen=True):
    """A list as it is asked: what it is called, where, and what its answers mean and weigh."""

    label: str
    zone: str
    weight: float
    codes: tuple[tuple[Codes, float, str], ...]


class Question(Struct, frozen=True):
    """One list to be asked about one address or domain; `labels` are what is put before its zone."""

    of: AskedList
    about: str
    version: Version
    labels: str


Heard = ListingEvidence | OutageEvidence | None


def asked_list(label: str, zone: str, weight: float, codes: Sequence[CodeSettings]) -> AskedList:
    """Make a list that can be asked from what the settings say of it."""
    meant = [(parse_codes(code.codes), code.weight, code.meaning) for code in codes]
    return AskedList(label, zone, weight, tuple(meant))


class ListAsking:
    """Ask lists. `monotonic` gives seconds that only grow, `timeout` is in seconds, for all questions together."""

    def __init__(
        self, resolver: Resolver, health: ListHealth, monotonic: Callable[[], float], timeout: float
    ) -> None:
        self._resolver = resolver
        self._health = health
        self._monotonic = monotonic
        self._timeout = timeout

    async def ask_all(self, questions: Sequence[Question]) -> list[Heard]:
        """Ask all at once; after the time a list that did not answer is an outage."""
        if not questions:
            return []
        tasks = [asyncio.ensure_future(self._ask(question)) for question in questions]
        try:
            await asyncio.wait(tasks, timeout=self._timeout)
            heard: list[Heard] = []
            for question, task in zip(questions, tasks, strict=True):
                if task.done():
                    heard.append(task.result())
                    continue
                reason = f"no answer within {self._timeout:g} s"
                self._health.missed(question.of.label, question.version, reason)
                heard.append(OutageEvidence(question.of.label, reason))
            return heard
        finally:
            for task in tasks:
                task.cancel()

    async def _ask(self, question: Question) -> Heard:
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
            question.about,
            codes,
            ", ".join(meanings),
            weight,
            _tame(" ".join(text.records)),
            seconds,
            answer.at,
        )


def _meaning(of: AskedList, records: tuple[str, ...]) -> tuple[tuple[str, ...], list[str], float]:
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
