"""A running gateway judges a message by what DKIM and DMARC say of it and what it remembers of the author."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path

import pytest

from gatepost.checks.connection.memory_settings import NewDomainsSettings
from gatepost.checks.identity.new_domains import LEAST_MESSAGES, KnownDomains
from gatepost.checks.memory import DAY, Memory
from gatepost.mail.fields import split
from gatepost.mailauth.dkim import Signer, sign
from gatepost.mailauth.dkim.keypair import key_record, new_ed25519_key
from tests.cli.test_greylist import with_memory
from tests.delivery.next_hop import NextHop, wait_until
from tests.peers.client import Client
from tests.peers.gateway import Gateway
from tests.peers.nameserver import Nameserver

KEY = new_ed25519_key()
SIGNERS = ("supplier.test", "supp1ier.test", "service.test", "spammer.test")
TABLE: dict[str, dict[str, list[str]]] = {
    **{f"s1._domainkey.{domain}": {"TXT": [key_record(KEY)]} for domain in SIGNERS},
    **{f"_dmarc.{domain}": {"TXT": ["v=DMARC1; p=reject"]} for domain in SIGNERS},
    "service.test": {"TXT": ["v=spf1 ip4:127.0.0.0/8 -all"]},
}
STRANGER, ELSEWHERE, NEW_PLACE, OWN = "127.0.0.2", "127.0.7.2", "127.0.8.3", "127.0.0.9"


class Town:
    """A gateway with clients at several addresses, and a next hop."""

    def __init__(self, gateway: Gateway, hop: NextHop) -> None:
        self.gateway = gateway
        self.hop = hop

    def says(self, content: bytes, reverse_path: str, source: str, recipient: str = "bob@ours.test") -> str:
        """Send a message; give the reply."""
        with Client(self.gateway.port, source=source) as client:
            [result] = client.send(reverse_path, (recipient,), content)
        return str(result.reply)

    def marks(self, author: str, *signers: str, reverse_path: str = "bounces+7@service.test") -> str:
        """Send a message that is taken; give its marks as the next hop sees them."""
        before = len(self.hop.messages)
        content = message(author, *signers)
        reply = self.says(content, reverse_path, STRANGER)
        assert reply.startswith("250"), reply

        def arrived() -> list[bytes]:
            return [m.content for m in self.hop.messages[before:] if m.content.endswith(content)]

        assert wait_until(arrived)
        fields = [field for field in split(arrived()[0]).fields if field.name == "x-gatepost-marks"]
        return " ".join(fields[0].value.decode().split()) if fields else ""

    def trace(self, what: str) -> str:
        """Give all stories about something, in one line."""
        return " ".join(self.tells("trace", what, "--all").split())

    def tells(self, *arguments: str) -> str:
        """Ask on the command line; give the answer."""
        command = [sys.executable, "-m", "gatepost", *arguments, "-c", str(self.gateway.config)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def message(author: str, *signers: str) -> bytes:
    dated = f"Date: {formatdate()}\r\nMessage-ID: <1@{author.partition('@')[2]}>"
    content = (
        f"From: Ann <{author}>\r\nTo: bob@ours.test\r\nSubject: Hi\r\n{dated}\r\n\r\nHello.\r\n".encode()
    )
    for signer in signers:
        header = split(content)
        field = sign(header, (content[header.body :],), (Signer(signer, "s1", KEY),), int(time.time()))
        assert isinstance(field, bytes)
        content = field + content
    return content


def until(holds: Callable[[], bool]) -> None:
    """Do it again until it holds: what is learned is written a moment later."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end


@pytest.fixture(scope="module")
def town(free_port: Callable[[], int]) -> Iterator[Town]:
    with Nameserver(free_port(), TABLE) as nameserver, NextHop() as hop:
        settings = {
            "dns": {"nameservers": [nameserver.address]},
            "policy": {
                "relay_networks": [OWN],
                "findings": {"reputation-bad": "reject"},
            },
            "domain": [
                {"name": "ours.test", "next_hop": [hop.address]},
                {"name": "*", "next_hop": [hop.address]},
            ],
            "checks": {
                "reverse_name": {"enabled": False},
                "helo": {"enabled": False},
                "lists": {"blocked": ["bad@spammer.test"]},
                "reputation": {"least_messages": 2},
            },
        }
        with Gateway(free_port(), settings=settings) as gateway:
            grown_up(gateway.data_dir)
            yield Town(gateway, hop)


def grown_up(data_dir: Path) -> None:
    """Give the gateway a memory of some weeks."""

    async def remember(memory: Memory) -> None:
        then = time.time() - 30 * DAY
        known = KnownDomains(
            NewDomainsSettings(), memory, lambda: then, lambda domain: domain, lambda domain: False
        )
        for _ in range(LEAST_MESSAGES):
            known.learn(("service.test",))

    with_memory(data_dir, remember)


def test_an_author_whom_our_user_writes_to_is_known_by_dmarc_and_then_whoever_looks_like_him(
    town: Town,
) -> None:
    first = town.marks("ann@supplier.test", "supplier.test")
    assert first == "author-domain-new; score=0.5"
    assert "no mail from or to supplier.test was taken before; 2" in town.trace("ann@supplier.test")
    assert "contact-look-alike" not in town.marks("ann@supp1ier.test", "supp1ier.test")
    written = message("bob@ours.test")
    for _ in range(2):
        assert town.says(written, "bounce@ours.test", OWN, "ann@supplier.test").startswith("250")
    until(lambda: "known-correspondent" in town.marks("ann@supplier.test", "supplier.test"))
    assert "of the author at supplier.test" in town.trace("ann@supplier.test")

    until(lambda: "contact-look-alike" in town.marks("ann@supp1ier.test", "supp1ier.test"))
    assert "contact-look-alike" not in town.marks("ann@supplier.test", "supplier.test")
    told = town.trace("ann@supp1ier.test")
    assert "it has letters or digits that look like those of supplier.test" in told


def test_without_proof_of_the_author_nobody_is_known(town: Town) -> None:
    reply = town.says(message("ann@supplier.test"), "bounces+7@service.test", STRANGER)
    assert reply.startswith("550 5.7.26 supplier.test asks to refuse mail")


def test_a_signer_whose_mail_was_refused_is_refused_from_wherever_it_comes_as_the_settings_say(
    town: Town,
) -> None:
    bad = message("bad@spammer.test", "spammer.test")
    replies = [town.says(bad, "x@client.test", ELSEWHERE)]

    def refused_for_its_past() -> bool:
        replies.append(town.says(bad, "x@client.test", ELSEWHERE))
        return "reputation-bad" in replies[-1]

    until(refused_for_its_past)
    assert replies[0].startswith("550 5.7.1 Mail from bad@spammer.test is not taken here (sender-blocked ")
    # From a network that nothing is known of, written by somebody else there.
    reply = town.says(message("a@spammer.test", "spammer.test"), "x@client.test", NEW_PLACE)
    assert reply.startswith("550 5.7.1 Nearly all that spammer.test sent here was refused (reputation-bad ")
    found = re.search(r"\(reputation-bad (\S+)\)", reply)
    assert found is not None
    assert "spammer.test (DMARC) has " in town.trace(found[1])
    rows = json.loads(town.tells("reputation", "show", "spammer.test", "--json"))
    assert [row["kind"] for row in rows] == ["dkim", "dmarc"]
    assert (
        json.loads(town.tells("reputation", "list", "--kind", "dkim", "--json"))[0]["identity"]
        == "spammer.test"
    )
