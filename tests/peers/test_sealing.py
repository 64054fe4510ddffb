"""Mail through running gateways that seal: dkimpy and we ourselves verify what the next hop gets.

Two gateways of ours: the first delivers to a mail server of its own, or to the second, which has one too.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path

import dkim
import pytest

from gatepost.mail.fields import split
from gatepost.mailauth import arc
from gatepost.mailauth.arc.chain import new_seal_digest
from gatepost.mailauth.dkim import Signer
from gatepost.mailauth.dkim.key import Key, read_key
from gatepost.mailauth.dkim.keypair import key_record, new_ed25519_key, new_rsa_key, write_private_key
from gatepost.reception.signing import SIGN_AT_ONCE
from tests.delivery.next_hop import NextHop, wait_until
from tests.peers.client import Client
from tests.peers.gateway import Gateway
from tests.peers.nameserver import Nameserver
from tests.zone import Zone

FIRST, SECOND, LAME = new_rsa_key(), new_rsa_key(), new_ed25519_key()
TABLE = {
    "sender.test": {"TXT": ["v=spf1 ip4:127.0.0.0/8 -all"]},
    "s1._domainkey.first.test": {"TXT": [key_record(FIRST)]},
    "s2._domainkey.second.test": {"TXT": [key_record(SECOND)]},
    "_domainkey.lame.test": "SERVFAIL from 192.0.2.53",
}
NOW = 1_795_000_000
MESSAGE = (
    b"From: Ann <ann@sender.test>\r\nTo: bob@first.test\r\nSubject: Hi\r\n"
    b"Date: Sat, 28 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@sender.test>\r\n\r\nHello  Bob. \r\n\r\n\r\n"
)
FORGED = (
    b"Authentication-Results: gateway.first.test; dmarc=pass\r\nX-Gatepost-Marks: none\r\n"
    b"Authentication-Results: gateway.second.test; dmarc=pass\r\n"
)
STRANGER, OWN = "127.0.0.1", "127.0.0.9"


class Net:
    """Two gateways, with a mail server behind each."""

    def __init__(
        self, first: Gateway, second: Gateway, behind_first: NextHop, behind_second: NextHop
    ) -> None:
        self.first = first
        self.second = second
        self.behind_first = behind_first
        self.behind_second = behind_second

    def through_first(self, content: bytes, source: str = STRANGER) -> bytes:
        """Send through the first gateway; give what its mail server has of it."""
        return _through(self.first, self.behind_first, content, "bob@first.test", source)

    def through_second(self, content: bytes) -> bytes:
        """Send through the second gateway alone."""
        return _through(self.second, self.behind_second, content, "bob@second.test", STRANGER)

    def through_both(self, content: bytes) -> bytes:
        """Send to the first gateway, which delivers to the second."""
        return _through(self.first, self.behind_second, content, "bob@second.test", STRANGER)

    def trace(self, gateway: Gateway, arrived: bytes) -> str:
        """Tell the story of a message as a gateway has it, in one line."""
        found = re.search(rf"by {gateway.settings['host']}\b[^:]*? id (\S+)".encode(), arrived)
        assert found is not None, arrived
        command = [sys.executable, "-m", "gatepost", "trace", found[1].decode(), "-c", str(gateway.config)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        return " ".join(done.stdout.split())


def _through(gateway: Gateway, hop: NextHop, content: bytes, recipient: str, source: str) -> bytes:
    before = len(hop.messages)
    with Client(gateway.port, source=source) as client:
        [result] = client.send("ann@sender.test", (recipient,), content)
    assert result.reply.code == 250, result
    wait_until(lambda: len(hop.messages) > before)
    return hop.messages[-1].content


@pytest.fixture(scope="module")
def net(free_port: Callable[[], int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Net]:
    folder = tmp_path_factory.mktemp("keys")
    with Nameserver(free_port(), TABLE) as nameserver, NextHop() as behind_first, NextHop() as behind_second:

        def gateway(name: str, key: Path, selector: str, hops: dict[str, str]) -> Gateway:
            domains = [{"name": domain, "next_hop": [hop]} for domain, hop in hops.items()]
            domains[0] |= {"dkim": [{"selector": selector, "key": str(key)}]}  # type: ignore[dict-item]
            settings = {
                "host": f"gateway.{name}",
                "dns": {"nameservers": [nameserver.address]},
                "policy": {"relay_networks": [OWN]},
                "reception": {"memory_per_message": 4096},
                "checks": {"identity": {"sealer": name}},
                "domain": domains,
            }
            return Gateway(free_port(), settings=settings)

        (folder / "first.pem").write_bytes(write_private_key(FIRST))
        (folder / "second.pem").write_bytes(write_private_key(SECOND))
        with gateway(
            "second.test", folder / "second.pem", "s2", {"second.test": behind_second.address}
        ) as second:
            hops = {"first.test": behind_first.address, "second.test": second.address}
            with gateway("first.test", folder / "first.pem", "s1", hops) as first:
                yield Net(first, second, behind_first, behind_second)


def ours(content: bytes) -> arc.Chain:
    header = split(content)
    return asyncio.run(arc.verify(header, [content[header.body :]], Zone(TABLE), 4e9))


def theirs(content: bytes) -> str:
    def told(name: bytes, timeout: int = 5) -> bytes:
        [record] = TABLE[name.decode().removesuffix(".")]["TXT"]  # type: ignore[index]
        return record.encode()

    status, _, _ = dkim.arc_verify(content, dnsfunc=told)
    # It gives no status to a chain whose last sealer says cv=fail.
    return "fail" if status is None else bytes(status).decode()


def kinds(content: bytes) -> list[str]:
    """Name the fields that the gateways put on top, from the top."""
    names = [field.name for field in split(content).fields]
    return names[: names.index("from")]


ON_TOP = [
    "arc-seal",
    "arc-message-signature",
    "arc-authentication-results",
    "authentication-results",
    "received",
]


@pytest.mark.parametrize(
    "body",
    [b"", b"a line of a larger message\r\n" * 1000, b"a line of a large message\r\n" * 50_000],
    ids=["in memory", "on disk", "in a thread"],
)
def test_what_goes_on_is_sealed_over_what_is_sent(net: Net, body: bytes) -> None:
    content = MESSAGE + body
    assert (len(content) > SIGN_AT_ONCE) is (len(body) > 1_000_000)
    arrived = net.through_first(content)
    assert arrived.endswith(content)
    assert kinds(arrived) == ON_TOP
    chain = ours(arrived)
    assert (chain.status, chain.domains) == ("pass", ("first.test",))
    assert chain.sealers[0].results.startswith(
        "gateway.first.test; spf=pass smtp.mailfrom=sender.test; dkim=none;"
    )
    assert theirs(arrived) == "pass"


@pytest.mark.parametrize(
    "body", [b"", b"a line of a larger message\r\n" * 1000], ids=["in memory", "on disk"]
)
def test_a_seal_covers_what_was_renamed(net: Net, body: bytes) -> None:
    arrived = net.through_first(FORGED + MESSAGE + body)
    assert b"X-Stranger-AuthResults: gateway.first.test" in arrived
    assert (ours(arrived).status, theirs(arrived)) == ("pass", "pass")


@pytest.mark.parametrize(
    "body", [b"", b"a line of a larger message\r\n" * 1000], ids=["in memory", "on disk"]
)
def test_a_second_gateway_seals_on_the_first_ones_seal(net: Net, body: bytes) -> None:
    arrived = net.through_both(FORGED + MESSAGE + body)
    assert kinds(arrived)[:10] == [*ON_TOP, *ON_TOP]
    assert b"X-Stranger-AuthResults: gateway.second.test" in arrived
    chain = ours(arrived)
    # The second gave a field another name and could have broken what the first had signed: it did not.
    assert (chain.status, chain.domains, chain.oldest_pass) == ("pass", ("second.test", "first.test"), 0)
    assert "; arc=pass;" in chain.sealers[0].results
    assert theirs(arrived) == "pass"


def test_a_chain_that_was_broken_is_closed_once_by_a_set_that_stands_alone(net: Net) -> None:
    broken = net.through_first(MESSAGE).replace(b"Hello  Bob.", b"Hello Eve.")
    assert (ours(broken).status, theirs(broken)) == ("fail", "fail")
    closed = net.through_second(broken)
    assert kinds(closed)[:5] == ON_TOP
    chain = ours(closed)
    assert (chain.status, chain.newest, chain.ended, theirs(closed)) == ("fail", 2, True, "fail")
    assert re.search(rb"^ARC-Seal: [^:]*cv=fail; d=second\.test; i=2;", closed)
    # RFC 8617 §5.1.2: it covers its own set as if it were the only one, so it holds where the others are gone.
    seal, signature, results, *_ = split(closed).fields
    key = read_key(key_record(SECOND))
    assert isinstance(key, Key)
    [value] = re.findall(rb"\bb=([^;]*)", seal.raw)
    assert key.verifies(b64decode(value), new_seal_digest((), results, signature, seal))
    # And nobody seals after it.
    again = net.through_second(closed)
    assert kinds(again)[:2] == ["authentication-results", "received"]
    told = net.trace(net.second, again)
    assert "not sealed: a sealer before us found the chain broken, which ends it (cv=fail)" in told


def test_a_chain_of_which_dns_says_nothing_goes_on_as_it_is(net: Net) -> None:
    header = split(MESSAGE)
    body = [MESSAGE[header.body :]]
    lame = Signer("lame.test", "s", LAME)
    fields = arc.seal(header, body, arc.Chain(arc.Status.NONE), "lame.test; none", lame, NOW)
    assert isinstance(fields, bytes)
    arrived = net.through_first(fields + MESSAGE)
    assert kinds(arrived) == ["authentication-results", "received", *ON_TOP[:3]]
    assert arrived.endswith(fields + MESSAGE)
    told = net.trace(net.first, arrived)
    assert "not sealed: nobody knows today whether the chain before it holds" in told


def test_what_our_own_servers_send_is_signed_and_not_sealed(net: Net) -> None:
    arrived = net.through_first(MESSAGE.replace(b"ann@sender.test", b"ann@first.test"), OWN)
    assert kinds(arrived) == ["dkim-signature", "received"]
    assert kinds(net.through_first(MESSAGE, OWN)) == ["received"]
