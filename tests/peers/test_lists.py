"""Who is calling, asked of a real Unbound before a real NSD: lists that are well and ill, names, HELO."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import pytest
import uvloop

from gatepost.checks.connection.dnsbl import DnsblCheck
from gatepost.checks.connection.helo import HeloCheck
from gatepost.checks.connection.list_health import HealthChange, ListHealth
from gatepost.checks.connection.reverse_name import ReverseNameCheck
from gatepost.checks.connection.settings import DnsblSettings
from gatepost.checks.evidence import ListingEvidence, OutageEvidence
from gatepost.checks.facts import Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.gateway.resolver import DnsResolver, ResolverSettings
from tests.peers.nsd import Nsd
from tests.peers.unbound import Unbound

CLIENT = "203.0.113.7"
CLIENT6 = "2001:db8::7"
NIBBLES = ".".join(reversed(f"{0x20010DB8000000000000000000000007:032x}"))
TEST6 = ".".join(reversed(f"{0xFFFF7F000002:032x}"))

ZONES = {
    "well.example": f'2.0.0.127 A 127.0.0.2\n7.113.0.203 A 127.0.0.4\n7.113.0.203 TXT "see https://well.example"\n'
    f"{TEST6} A 127.0.0.2\n{NIBBLES} A 127.0.0.3\n",
    "wild.example": "* A 127.0.0.2\n",
    "refusing.example": "* A 127.255.255.254\n",
    "sold.example": "* A 198.51.100.80\n",
    "empty.example": "",
    "white.example": "2.0.0.127 A 127.0.0.2\n7.113.0.203 A 127.0.5.1\n",
    "113.0.203.in-addr.arpa": "7 PTR mail.sender.example.\n8 PTR bank.sender.example.\n",
    "sender.example": f"mail A {CLIENT}\nmail AAAA {CLIENT6}\nbank A 198.51.100.1\n",
}

Look = Callable[["Callers", str], Awaitable[Sequence[Finding]]]


class Callers:
    """The checks over one resolver, in a running loop."""

    def __init__(self, server: str, *zones: str) -> None:
        self.resolver = DnsResolver(ResolverSettings(nameservers=(server,), timeout=3, tries=1), time.time)
        lists = [
            {"zone": zone, "weight": -1 if zone == "white.example" else 5, "ipv6": zone == "well.example"}
            for zone in zones
        ]
        self.changes: list[HealthChange] = []
        settings = DnsblSettings.model_validate({"list": lists, "timeout": 2})
        health = ListHealth(settings, self.resolver, time.time, time.monotonic, self.changes.append)
        self.lists = DnsblCheck(settings, self.resolver, health, time.monotonic)
        self.names = ReverseNameCheck(self.resolver, time.monotonic)
        self.helo = HeloCheck("gate.example", (), self.resolver, time.monotonic)


@pytest.fixture(scope="module")
def unbound(free_port: Callable[[], int]) -> Iterator[Unbound]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent, Nsd(free_port(), ZONES) as nsd:
        silent.bind(("127.0.0.1", 0))
        nobody = {"silent.example": f"127.0.0.1:{silent.getsockname()[1]}"}
        with Unbound(free_port(), dict.fromkeys(ZONES, nsd.address) | nobody) as server:
            yield server


def look(
    unbound: Unbound, zones: Sequence[str], use: Look, client: str = CLIENT
) -> tuple[Any, list[HealthChange]]:
    """Give what is found, and which lists fell ill."""

    async def run() -> tuple[Any, list[HealthChange]]:
        callers = Callers(unbound.address, *zones)
        try:
            return await use(callers, client), [change for change in callers.changes if not change.well]
        finally:
            callers.resolver.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


def at(stage: Stage, check: str, helo: str = "") -> Look:
    async def use(callers: Callers, client: str) -> Sequence[Finding]:
        facts = Facts(session="", client=client, role="inbound", relay=False, helo=helo)
        answer: Any = getattr(callers, check).look(stage, facts, None)
        return await answer  # type: ignore[no-any-return]

    return use


ASK_LISTS = at(Stage.CONNECT, "lists")


@pytest.mark.peer("nsd", "unbound")
def test_a_listed_client_is_found_with_the_words_of_the_list(unbound: Unbound) -> None:
    for client, code in ((CLIENT, "127.0.0.4"), (CLIENT6, "127.0.0.3")):
        (finding,), changes = look(unbound, ["well.example", "white.example"], ASK_LISTS, client)
        assert (finding.name, changes) == ("dnsbl-listed", [])
        first = finding.evidence[0]
        assert isinstance(first, ListingEvidence)
        assert (first.list, first.codes) == ("well.example", (code,))
        assert first.text == ("see https://well.example" if client == CLIENT else "")
        assert first.seconds > 0
    (finding,), _ = look(unbound, ["well.example"], ASK_LISTS, "203.0.113.9")
    assert finding.result is Result.CLEAN


@pytest.mark.peer("nsd", "unbound")
@pytest.mark.parametrize("zone", ["wild.example", "refusing.example", "sold.example"])
def test_an_ill_list_refuses_nobody(unbound: Unbound, zone: str) -> None:
    (finding,), changes = look(unbound, [zone, "white.example"], ASK_LISTS)
    assert finding.name == "dnswl-listed"
    assert [one.engine for one in finding.evidence if isinstance(one, OutageEvidence)] == [zone]
    assert [(change.list, change.well) for change in changes] == [(zone, False)]


@pytest.mark.peer("nsd", "unbound")
def test_a_list_that_answers_nothing_costs_its_time_and_no_more(unbound: Unbound) -> None:
    (finding,), _ = look(unbound, ["silent.example", "well.example"], ASK_LISTS)
    assert finding.name == "dnsbl-listed"
    (late,) = [one for one in finding.evidence if isinstance(one, OutageEvidence)]
    assert (late.engine, late.reason) == ("silent.example", "no answer within 2 s")


@pytest.mark.peer("nsd", "unbound")
def test_names_are_looked_up_both_ways(unbound: Unbound) -> None:
    for last, word in ((7, "confirmed"), (8, "mismatch"), (9, "missing")):
        (finding,), _ = look(unbound, [], at(Stage.CONNECT, "names"), f"203.0.113.{last}")
        assert finding.name == f"reverse-name-{word}"
    (finding,), _ = look(unbound, [], at(Stage.CONNECT, "names"), "192.0.2.1")
    assert (finding.name, finding.result) == ("reverse-name-failed", Result.UNAVAILABLE)


@pytest.mark.peer("nsd", "unbound")
def test_what_a_client_calls_itself_is_looked_up(unbound: Unbound) -> None:
    for helo, word in (
        ("mail.sender.example", "confirmed"),
        ("bank.sender.example", "mismatch"),
        ("no.sender.example", "unresolvable"),
        ("elsewhere.test", "failed"),
    ):
        (finding,), _ = look(unbound, [], at(Stage.HELO, "helo", helo))
        assert finding.name == f"helo-{word}"
