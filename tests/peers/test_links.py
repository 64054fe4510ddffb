"""Addresses lead where the URL class of Node.js leads; lists of domains are asked through a real Unbound and NSD."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import random
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import uvloop

from gatepost.checks.connection.list_health import HealthChange, ListHealth
from gatepost.checks.content.links import LinksCheck
from gatepost.checks.content.links_settings import LinksSettings
from gatepost.checks.evidence import ListingEvidence, OutageEvidence
from gatepost.checks.facts import Content
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.gateway.resolver import DnsResolver, ResolverSettings
from gatepost.mail.links import read_address
from tests.checks.connection.looking import facts
from tests.peers.nsd import Nsd
from tests.peers.unbound import Unbound

SCRIPT = """
const cases = JSON.parse(require("fs").readFileSync(0));
console.log(JSON.stringify(cases.map((text) => { try { return new URL(text).hostname } catch { return null } })));
"""
SCHEMES = ("http:", "https:", "HTTP:", "ftp:", "h\tttp:")
SLASHES = ("//", "/", "", "///", "\\\\", "/\\", "//\t")
USERS = ("", "", "bank.example@", "a:b@", "a@b@", "%40@", "bank.example%2f@")
HOSTS = (
    "evil.test", "EVIL.Test", "evil.test.", "ev%69l.test", "3221226037", "0xC0000235", "0300.0.2.1", "192.0.2",
    "192.168.257", "1.2.3.4.5", "1.2.3.256", "256.1.1.1", "0x.0x.0", "09.1.1.1", "[::1]", "[::ffff:1.2.3.4]",
    "[2001:DB8::1]", "ev\u00adil.test", "\uff45\uff56\uff49\uff4c.test", "evil\u3002test", "m\u00fcnchen.de",
    "\u0430\u0440\u0440le.com", "xn--mnchen-3ya.de", "a_b.test", "-a.test", "localhost", "ev il.test", "ev<il.test",
    "ev|il", "\u24bcoogle.com", "\u2460.test", "1.2.3.4.", "0x7f.1", "4294967295", "4294967296", "evil.test%00",
    "fa\u00df.de", "a%2eb.test", "%65vil%E3%80%82test", "evil.1a", "x.0x1", "\u212a.test", "\ufb01.test",
    "a\u200bb.test", "%31%39%32.0.2.1", "\uff11\uff19\uff12.0.2.1",
)  # fmt: skip
PORTS = ("", "", ":80", ":443", ":8080", ":")
RESTS = ("", "/", "/x", "?q", "#f", "\\x", "/a b", "/@c")


@pytest.mark.peer("node")
def test_each_address_leads_where_a_browser_goes() -> None:
    choose = random.Random(5).choice
    cases = sorted(
        {
            choose(SCHEMES) + choose(SLASHES) + choose(USERS) + host + choose(PORTS) + choose(RESTS)
            for host in HOSTS
            for _ in range(100)
        }
    )
    done = subprocess.run(
        ["node", "-e", SCRIPT], input=json.dumps(cases), capture_output=True, text=True, check=True
    )
    for case, there in zip(cases, json.loads(done.stdout), strict=True):
        here = read_address(case)
        assert (here.host if here is not None else None) == _one_form(there), case


def _one_form(host: str | None) -> str | None:
    if host is None or not host.startswith("["):
        return host.removesuffix(".") if host else None
    six = ipaddress.IPv6Address(host[1:-1])
    return str(six.ipv4_mapped or six)


ZONES = {
    "well.example": "test A 127.0.0.2\n2.0.0.127 A 127.0.0.2\nevil.example A 127.0.0.8\n53.2.0.192 A 127.0.0.8\n"
    'evil.example TXT "see https://well.example"\n',
    "wild.example": "* A 127.0.0.2\n",
    "refusing.example": "* A 127.255.255.254\n",
    "empty.example": "",
}


@pytest.fixture(scope="module")
def server(free_port: Callable[[], int]) -> Iterator[str]:
    with (
        Nsd(free_port(), ZONES) as nsd,
        Unbound(free_port(), dict.fromkeys(ZONES, nsd.address)) as unbound,
    ):
        yield unbound.address


def looked(server: str, message: bytes, *zones: str) -> tuple[Sequence[Finding], list[HealthChange]]:
    async def look() -> tuple[Sequence[Finding], list[HealthChange]]:
        resolver = DnsResolver(ResolverSettings(nameservers=(server,), timeout=3, tries=1), time.time)
        lists = [{"zone": zone, "addresses": zone == "well.example"} for zone in zones]
        settings = LinksSettings.model_validate({"list": lists})
        changes: list[HealthChange] = []
        health = ListHealth(settings, resolver, time.time, time.monotonic, changes.append)
        check = LinksCheck(
            settings,
            resolver,
            health,
            time.monotonic,
            registered=lambda host: ".".join(host.split(".")[-2:]),
            ours=lambda domain: False,
            resembles=lambda domain: "",
        )
        answer: Any = check.look(Stage.CONTENT, facts(), Content(len(message), message))
        try:
            return await answer, changes
        finally:
            resolver.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(look())


MESSAGE = b"Subject: s\r\n\r\nhttp://login.evil.example/x or http://192.0.2.53/ or https://good.example\r\n"


@pytest.mark.peer("nsd", "unbound")
def test_a_listed_domain_and_a_listed_address_are_found_with_the_words_of_the_list(server: str) -> None:
    message = MESSAGE.replace(b"192.0.2.53", b"203.0.113.9")
    (finding, *others), changes = looked(server, message, "well.example")
    (one,) = [each for each in finding.evidence if isinstance(each, ListingEvidence)]
    assert finding.name == "link-listed"
    assert (one.address, one.codes, one.text) == ("evil.example", ("127.0.0.8",), "see https://well.example")
    assert [each.name for each in others] == ["link-address"]
    assert [change.version for change in changes] == [0]


@pytest.mark.peer("nsd", "unbound")
@pytest.mark.parametrize("zone", ["wild.example", "refusing.example"])
def test_an_ill_list_of_domains_refuses_nobody(server: str, zone: str) -> None:
    findings, changes = looked(server, MESSAGE, zone)
    assert [each.what for each in findings if each.result is Result.UNAVAILABLE] == ["link-unavailable"]
    assert {each.engine for each in findings[0].evidence if isinstance(each, OutageEvidence)} == {zone}
    assert [(change.list, change.well) for change in changes] == [(zone, False)]
