"""The main job with real mail: a public corpus through the gateway to a real Postfix and a real Dovecot."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gatepost.journal.reader import records
from gatepost.journal.records import Attempt, Reception
from gatepost.smtp.client import Result
from tests.peers.client import Client
from tests.peers.corpus import Message, as_sent
from tests.peers.dovecot import Dovecot
from tests.peers.gateway import Gateway
from tests.peers.postfix import Postfix

COUNT = 2_000  # messages to each of the two
SESSIONS = 4
TRACE = re.compile(rb"(?:(?:Return-Path|X-Original-To|Delivered-To|Received):.*\n(?:[ \t].*\n)*)*")


def sample(corpus: list[Message], count: int) -> list[Message]:
    """Take `count` messages, spread evenly over the corpus."""
    return [corpus[number * len(corpus) // count] for number in range(count)]


def send_all(port: int, contents: list[tuple[str, bytes]]) -> dict[str, Result]:
    """Send every content to the recipient beside it, over some kept sessions; give what was said of each."""

    def session(part: list[tuple[str, bytes]]) -> list[Result]:
        with Client(port) as client:
            results = [
                client.send("author@sender.test", (recipient,), content)[0] for recipient, content in part
            ]
            client.close()
            return results

    with ThreadPoolExecutor(SESSIONS) as pool:
        parts = pool.map(session, [contents[start::SESSIONS] for start in range(SESSIONS)])
        return {result.recipient: result for part in parts for result in part}


def line_ends_are_broken(content: bytes) -> bool:
    """Tell by the definition whether a CR or LF stands alone."""
    rest = content.replace(b"\r\n", b"")
    return b"\r" in rest or b"\n" in rest


def below_trace(stored: bytes) -> bytes:
    """Take off the fields that the gateway and the mail server put on top; the corpus has Received fields too."""
    gateway = stored.index(b"by gateway.test with ESMTP")
    field_end = re.compile(rb"\n(?![ \t])").search(stored, gateway)
    assert field_end is not None
    assert TRACE.fullmatch(stored, 0, field_end.end()), stored[: field_end.end()]
    return stored[field_end.end() :]


@pytest.fixture(scope="module")
def gateway(
    free_port: Callable[[], int], postfix_server: Postfix, dovecot_server: Dovecot
) -> Iterator[Gateway]:
    """A gateway in front of both."""
    settings = {
        "domain": [
            {"name": "postfix.test", "next_hop": [postfix_server.address]},
            {"name": "dovecot.test", "next_hop": [f"lmtp:unix:{dovecot_server.socket}"]},
        ],
        "workers": 2,
        "reception": {"max_hops": 100},
    }
    with Gateway(free_port(), settings=settings) as running:
        yield running


@pytest.mark.slow
@pytest.mark.peer("corpus", "postfix")
def test_two_thousand_real_messages_arrive_at_postfix_octet_by_octet(
    gateway: Gateway, postfix: Postfix, corpus: list[Message]
) -> None:
    sent = {f"m{n}@postfix.test": as_sent(m.content) for n, m in enumerate(sample(corpus, COUNT))}
    results = send_all(gateway.port, list(sent.items()))
    taken = check_answers(sent, results)
    arrived = {}
    for stored in postfix.wait_for(len(taken), 120):
        to = re.search(rb"(?m)^X-Original-To: (\S+)$", stored)
        assert to is not None
        arrived[to[1].decode()] = below_trace(stored)
    compare(taken, arrived)
    assert_journal_has(gateway.data_dir, taken)


@pytest.mark.slow
@pytest.mark.peer("corpus", "dovecot")
def test_two_thousand_real_messages_arrive_at_dovecot_over_lmtp_octet_by_octet(
    gateway: Gateway, dovecot: Dovecot, corpus: list[Message]
) -> None:
    sent = {f"m{n}@dovecot.test": as_sent(m.content) for n, m in enumerate(sample(corpus, COUNT))}
    results = send_all(gateway.port, list(sent.items()))
    taken = check_answers(sent, results)
    arrived = {}
    for recipient in taken:
        stored = dovecot.wait_for(recipient, 1, 60)
        assert len(stored) == 1, recipient
        arrived[recipient] = below_trace(stored[0])
    compare(taken, arrived)
    assert_journal_has(gateway.data_dir, taken)


@pytest.mark.peer("corpus", "postfix")
def test_originals_with_bare_line_feeds_are_refused_by_name_and_the_session_goes_on(
    gateway: Gateway, corpus: list[Message]
) -> None:
    originals = {f"lf{n}@postfix.test": m.content for n, m in enumerate(sample(corpus, 100))}
    assert sum(map(line_ends_are_broken, originals.values())) > 90
    check_answers(originals, send_all(gateway.port, list(originals.items())))


def check_answers(sent: dict[str, bytes], results: dict[str, Result]) -> dict[str, bytes]:
    """Hold each answer against the content, judged by definition; give what was taken."""
    assert results.keys() == sent.keys()
    taken = {}
    for recipient, content in sent.items():
        reply = results[recipient].reply
        if line_ends_are_broken(content):
            assert (reply.code, reply.enhanced) == (554, "5.6.0"), (recipient, reply)
            assert "(content-line-end " in reply.text
        else:
            assert (reply.code, reply.enhanced) == (250, "2.0.0"), (recipient, reply)
            taken[recipient] = content
    return taken


def compare(taken: dict[str, bytes], arrived: dict[str, bytes]) -> None:
    """Compare what was sent and what arrived: the same messages, the same octets (stored with LF)."""
    assert arrived.keys() == taken.keys()
    for recipient, content in taken.items():
        wanted = content.replace(b"\r\n", b"\n")
        if not wanted.endswith(b"\n"):
            wanted += b"\n"  # RFC 5321 §4.1.1.4: content ends in CRLF on the wire
        assert arrived[recipient] == wanted, recipient
    assert any(not content.isascii() for content in taken.values())
    assert any(max(map(len, content.split(b"\r\n"))) > 998 for content in taken.values())


def assert_journal_has(data_dir: Path, taken: dict[str, bytes]) -> None:
    """Find a reception and a delivery of each message in the journal."""
    received, delivered = set(), set()
    for record in records(data_dir / "journal"):
        match record:
            case Reception() if record.reply.positive:
                received.update(record.recipients)
            case Attempt() if record.outcome == "delivered":
                delivered.update(record.recipients)
            case _:
                pass
    assert taken.keys() <= received
    assert taken.keys() <= delivered
