"""Mail through the running gateway with DNS beside it: what the next hop is told, and what the trace tells."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import formatdate

import dkim
import pytest

from gatepost.mail.fields import split
from gatepost.mailauth.dkim import Signer, sign
from gatepost.mailauth.dkim.keypair import key_record, new_ed25519_key, new_rsa_key, write_private_key
from tests.delivery.next_hop import NextHop, wait_until
from tests.peers.client import Client
from tests.peers.gateway import Gateway
from tests.peers.nameserver import Nameserver

THEIRS = new_ed25519_key()
OURS = new_rsa_key()
TABLE = {
    "sender.test": {"TXT": ["v=spf1 ip4:127.0.0.0/8 -all"]},
    "s1._domainkey.sender.test": {"TXT": [key_record(THEIRS)]},
    "_dmarc.sender.test": {"TXT": ["v=DMARC1; p=reject"]},
    "soft.test": {"TXT": ["v=spf1 ~all"]},
    "o1._domainkey.ours.test": {"TXT": [key_record(OURS)]},
}
MESSAGE = (
    b"From: Ann <ann@sender.test>\r\nTo: bob@ours.test\r\nSubject: Hi\r\n"
    b"Date: " + formatdate().encode() + b"\r\nMessage-ID: <1@sender.test>\r\n\r\nHello.\r\n"
)
STRANGER, OWN = "127.0.0.1", "127.0.0.9"


class Net:
    """A gateway between a client on loopback, a stranger unless it calls from OWN, and a next hop."""

    def __init__(self, gateway: Gateway, hop: NextHop) -> None:
        self.gateway = gateway
        self.hop = hop

    def through(self, content: bytes, sender: str = "ann@sender.test", source: str = STRANGER) -> bytes:
        """Send a message through; give what the next hop has of it."""
        before = len(self.hop.messages)
        with Client(self.gateway.port, source=source) as client:
            [result] = client.send(sender, ("bob@ours.test",), content)
        assert result.reply.code == 250, result
        wait_until(lambda: len(self.hop.messages) > before)
        return self.hop.messages[-1].content

    def refused(self, content: bytes, sender: str = "ann@sender.test") -> str:
        """Send a message that is not taken; give the reply."""
        with Client(self.gateway.port, source=STRANGER) as client:
            [result] = client.send(sender, ("bob@ours.test",), content)
        assert result.reply.code >= 400, result
        return str(result.reply)

    def trace(self, what: str) -> str:
        """Tell the story of a message, in one line."""
        command = [sys.executable, "-m", "gatepost", "trace", what, "-c", str(self.gateway.config)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        return " ".join(done.stdout.split())


@pytest.fixture(scope="module")
def net(free_port: Callable[[], int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Net]:
    key = tmp_path_factory.mktemp("keys") / "ours.pem"
    key.write_bytes(write_private_key(OURS))
    with Nameserver(free_port(), TABLE) as nameserver, NextHop() as hop:
        domain = {
            "name": "ours.test",
            "next_hop": [hop.address],
            "dkim": [{"selector": "o1", "key": str(key)}],
        }
        settings = {
            "dns": {"nameservers": [nameserver.address]},
            "policy": {"relay_networks": [OWN]},
            "reception": {"memory_per_message": 4096},
            "domain": [domain],
        }
        with Gateway(free_port(), settings=settings) as gateway:
            yield Net(gateway, hop)


def signed(message: bytes) -> bytes:
    header = split(message)
    field = sign(header, (message[header.body :],), (Signer("sender.test", "s1", THEIRS),), 1_795_000_000)
    assert isinstance(field, bytes)
    return field + message


def unfolded(content: bytes, name: bytes) -> list[str]:
    """Give the values of a field, each in one line."""
    fields = [field for field in split(content).fields if field.name == name.decode()]
    return [" ".join(field.value.decode().split()) for field in fields]


@pytest.mark.parametrize(
    "body", [b"", b"a line of a larger message\r\n" * 1000], ids=["in memory", "on disk"]
)
def test_the_next_hop_is_told_what_the_message_proves(net: Net, body: bytes) -> None:
    content = signed(MESSAGE + body)
    arrived = net.through(content)
    [results] = unfolded(arrived, b"authentication-results")
    assert results.startswith(
        "gateway.test; spf=pass smtp.mailfrom=sender.test; dkim=pass header.d=sender.test"
    )
    assert results.endswith("dmarc=pass header.from=sender.test policy.dmarc=reject")
    assert arrived.endswith(content)


@pytest.mark.parametrize(
    "body", [b"", b"a line of a larger message\r\n" * 1000], ids=["in memory", "on disk"]
)
def test_what_a_sender_says_in_our_name_gets_another_name(net: Net, body: bytes) -> None:
    forged = b"authentication-results: GATEWAY.test; dmarc=pass\r\nX-Gatepost-Marks: none\r\n"
    others = b"Authentication-Results: elsewhere.test; spf=pass\r\n"
    arrived = net.through(forged + others + signed(MESSAGE + body))
    ours, theirs = unfolded(arrived, b"authentication-results")
    assert ours.startswith("gateway.test; spf=pass")
    assert theirs == "elsewhere.test; spf=pass"
    assert unfolded(arrived, b"x-stranger-authresults") == ["GATEWAY.test; dmarc=pass"]
    assert unfolded(arrived, b"x-stranger-marks") == ["none"]
    assert unfolded(arrived, b"x-gatepost-marks") == []
    assert arrived.endswith(others + signed(MESSAGE + body))


def test_what_was_found_is_marked_in_a_message_that_goes_on(net: Net) -> None:
    arrived = net.through(MESSAGE.replace(b"sender.test", b"soft.test"), "ann@soft.test")
    assert unfolded(arrived, b"x-gatepost-marks") == ["spf-softfail; score=1"]
    told = net.trace("soft.test")
    assert "spf-softfail" in told
    assert "SPF softfail for mailfrom soft.test by '~all' in 'v=spf1 ~all'" in told
    assert "marked spf-softfail" in told


def test_a_refusal_and_its_trace_say_which_record_asks_for_it(net: Net) -> None:
    reply = net.refused(MESSAGE, "ann@soft.test")
    assert reply.startswith(
        "550 5.7.26 sender.test asks to refuse mail that it does not stand behind (reject)"
    )
    message = re.search(r"\(dmarc-reject (\S+)\)", reply)
    assert message is not None
    told = net.trace(message[1])
    assert "[v=DMARC1; p=reject at _dmarc.sender.test at " in told
    assert "dmarc-reject: reject" in told


def test_what_our_own_servers_send_is_signed_and_not_asked_about(net: Net) -> None:
    content = MESSAGE.replace(b"sender.test", b"ours.test")
    arrived = net.through(content, "ann@ours.test", source=OWN)
    assert unfolded(arrived, b"authentication-results") == []

    def key(name: bytes, **_: object) -> bytes:
        [record] = TABLE[name.decode().removesuffix(".")]["TXT"]
        return record.encode()

    assert dkim.verify(arrived, dnsfunc=key)


def test_reports_go_to_those_who_asked_for_them_through_the_gateway_itself(
    free_port: Callable[[], int],
) -> None:
    table = {
        "sender.test": {"TXT": ["v=spf1 ip4:127.0.0.0/8 -all"]},
        "_dmarc.sender.test": {
            "TXT": ["v=DMARC1; p=none; rua=mailto:dmarc@sender.test,mailto:x@elsewhere.test"]
        },
    }
    with Nameserver(free_port(), table) as nameserver, NextHop() as hop:
        domains = [{"name": "ours.test", "next_hop": [hop.address]}, {"name": "*", "next_hop": [hop.address]}]
        settings = {
            "dns": {"nameservers": [nameserver.address]},
            "policy": {"relay_networks": ["127.0.0.1"]},
            "domain": domains,
        }
        with Gateway(free_port(), settings=settings) as gateway:
            with Client(gateway.port, source="127.0.0.2") as client:
                [result] = client.send("ann@sender.test", ("bob@ours.test",), MESSAGE)
            assert result.reply.code == 250
            wait_until(lambda: len(hop.messages) == 1)
            today = f"{datetime.now(UTC):%Y-%m-%d}"
            command = [sys.executable, "-m", "gatepost", "dmarc", "report", "--day", today, "--send"]
            done = subprocess.run(
                [*command, "-c", str(gateway.config)], capture_output=True, text=True, timeout=60, check=True
            )
            assert "not sent to mailto:x@elsewhere.test" in done.stderr
            wait_until(lambda: len(hop.messages) == 2)
            report = hop.messages[-1]
    assert report.recipients == ("dmarc@sender.test",)
    assert b"Subject: Report Domain: sender.test" in report.content
