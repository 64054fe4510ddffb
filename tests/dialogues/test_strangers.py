"""Replies about strangers, from the running gateway to a real client that is not on this machine's loopback.

The gateway, its resolver (Unbound) and who that asks (NSD) live in one network namespace, the client in another. Each
dialogue's `gatepost trace` must say who said what, and why.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.checks.connection.mmdb import write
from tests.dialogues.given import shows
from tests.dialogues.script import Dialogue, all_dialogues, play
from tests.dialogues.test_dialogues import SocketLine
from tests.dialogues.test_live import gatepost, trace
from tests.peers.client import Client
from tests.peers.gateway import Gateway
from tests.peers.namespace import HERE, STRANGER, Namespaces, inside
from tests.peers.nsd import Nsd
from tests.peers.unbound import Unbound

pytestmark = [pytest.mark.peer("namespaces", "nsd", "unbound"), pytest.mark.slow]

FROM_ELSEWHERE = [dialogue for dialogue in all_dialogues() if not dialogue.client.startswith("127.")]
ZONES = ("test", "100.51.198.in-addr.arpa")
NOBODY = "127.0.0.1:9"

# For each refusal: the finding that decided, what was seen, and whose move the trace says it is.
WHY = {
    "client-listed": (
        "dnsbl-listed",
        'is on The List (127.0.0.4), weight 1; it says "Open proxy"',
        "the sender's",
    ),
    "client-name-later": (
        "reverse-name-failed",
        f"the name of {STRANGER} could not be found out",
        "the sender's",
    ),
    "client-nameless": ("reverse-name-missing", f"{STRANGER} has no name", "the sender's"),
    "greylisted": (
        "greylist-first",
        "net=198.51.100.0/24 name=client.test, try 1, may pass in 240 s",
        "nobody's",
    ),
    "helo-refused": ("helo-own-name", "gateway.test is the name of this gateway", "the sender's"),
    "place-blocked": ("country-blocked", "198.51.100.7 is in ZZ", "the sender's"),
}


class OpenGateway(Gateway):
    """A gateway that is reached on all addresses of its namespace."""

    @property
    def address(self) -> str:
        return f"0.0.0.0:{self.port}"


@pytest.fixture(scope="module")
def namespaces() -> Iterator[Namespaces]:
    with contextlib.ExitStack() as stack:
        try:
            made = stack.enter_context(Namespaces())
        except OSError as error:
            pytest.skip(f"no network namespaces can be made here: {error}")
        yield made


@contextlib.contextmanager
def gateway_of(
    namespaces: Namespaces, free_port: Callable[[], int], table: Mapping[str, Any], settings: dict[str, Any]
) -> Iterator[Gateway]:
    """Start name server, resolver and gateway at home; the body runs there too."""
    with inside(namespaces.home), Nsd(free_port(), zones_of(table)) as nsd:
        broken = {name: NOBODY for name, records in table.items() if isinstance(records, str)}
        with Unbound(free_port(), dict.fromkeys(ZONES, nsd.address) | broken) as unbound:
            settings = {"dns": {"nameservers": [unbound.address]}, **settings}
            with OpenGateway(free_port(), settings=settings) as gateway:
                yield gateway


def zones_of(table: Mapping[str, Any]) -> dict[str, str]:
    """Write the table of a dialogue as zone files."""
    zones = dict.fromkeys(ZONES, "")
    for name, records in table.items():
        [zone] = [zone for zone in ZONES if f".{name}".endswith(f".{zone}")]
        if not isinstance(records, str):
            zones[zone] += "".join(
                f"{name}. {kind} {_text(kind, text)}\n" for kind, texts in records.items() for text in texts
            )
    return zones


def _text(kind: str, text: str) -> str:
    match kind:
        case "TXT":
            return f'"{text}"'
        case "PTR":
            return f"{text}."
        case _:
            return text


def assert_told(gateway: Gateway, entry: str) -> None:
    """See that the stranger's trace has the reply once, who gave it, and why."""
    finding, seen, move = WHY[entry]
    facts: list[dict[str, Any]] = json.loads(trace(gateway, STRANGER, "--json"))
    [refused] = [fact for fact in facts if fact.get("reply", {}).get("entry") == entry]
    assert (refused["type"], refused["stage"]) == ("reply-sent", "rcpt")
    assert refused["peer"].startswith(f"{STRANGER}:")
    assert refused["disposition"]["rule"] == finding
    assert finding in [one["name"] for one in refused["findings"]]
    assert refused["explanation"]["confidence"] == "certain"
    words = " ".join(trace(gateway, STRANGER).split())
    reply = refused["reply"]
    assert f"we say {reply['code']} {reply['enhanced']} {reply['text']}" in words
    assert f"found {finding}" in words
    assert seen in words
    assert f"rule {finding}: " in words
    assert f"means {refused['explanation']['meaning']}" in words
    assert f"move {move}" in words


@pytest.mark.parametrize("dialogue", FROM_ELSEWHERE, ids=lambda d: d.name)
def test_the_running_gateway_says_to_a_stranger_what_the_dialogue_says_and_trace_tells_why(
    dialogue: Dialogue, namespaces: Namespaces, free_port: Callable[[], int]
) -> None:
    assert dialogue.client == STRANGER
    with gateway_of(namespaces, free_port, dialogue.zone, dialogue.settings) as gateway:
        with inside(namespaces.elsewhere):
            line = SocketLine(STRANGER, gateway.port, HERE)
        with contextlib.closing(line):
            play(dialogue, line)
        for entry in dialogue.entries() & WHY.keys():
            assert_told(gateway, entry)


@shows("place-blocked")
def test_a_client_of_a_blocked_country_is_refused_and_trace_names_the_country(
    namespaces: Namespaces, free_port: Callable[[], int], tmp_path: Path
) -> None:
    database = tmp_path / "places.mmdb"
    write(database, {"198.51.100.0/24": {"country": {"iso_code": "ZZ"}}})
    settings = {
        "policy": {"relay_networks": ["::1"]},
        "domain": [{"name": "ours.test"}],
        "checks": {"country": {"database": [str(database)], "blocked": ["ZZ"]}},
    }
    with gateway_of(namespaces, free_port, {}, settings) as gateway:
        with inside(namespaces.elsewhere), Client(gateway.port, HERE, source=STRANGER) as client:
            [result] = client.send(
                "a@client.test", ("b@ours.test",), b"From: a@client.test\r\n\r\nHello.\r\n"
            )
        said = str(result.reply)
        assert said.startswith(f"550 5.7.1 Mail from {STRANGER} (ZZ) is not taken here (place-blocked ")
        assert_told(gateway, "place-blocked")


def test_what_was_accepted_while_a_list_was_ill_can_be_listed(
    namespaces: Namespaces, free_port: Callable[[], int]
) -> None:
    settings = {
        "policy": {"relay_networks": ["::1"]},
        "domain": [{"name": "ours.test"}],
        "checks": {"dnsbl": {"list": [{"zone": "bl.test", "name": "The List"}]}},
    }
    refusing = {"*.bl.test": {"A": ["127.255.255.254"]}}
    with gateway_of(namespaces, free_port, refusing, settings) as gateway:
        with inside(namespaces.elsewhere), Client(gateway.port, HERE, source=STRANGER) as client:
            [result] = client.send(
                "a@client.test", ("b@ours.test",), b"From: a@client.test\r\n\r\nHello.\r\n"
            )
        assert result.reply.code == 250
        done = gatepost(gateway, "lists", "bl.test", "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    [spell] = told["spells"]
    assert told["health"][0]["state"] == "ill"
    assert "a public one (127.255.255.254)" in spell["reason"]
    assert spell["ended"] is None
    assert spell["decided"] == []
    [accepted] = spell["accepted"]
    assert accepted["id"] in result.reply.text
    assert accepted["peer"].startswith(STRANGER)


def test_each_refusal_of_a_stranger_is_shown_here() -> None:
    shown = {entry for dialogue in FROM_ELSEWHERE for entry in dialogue.entries()} | {"place-blocked"}
    assert WHY.keys() <= shown
