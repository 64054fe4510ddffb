"""Client and server against each other: whole deliveries, joined by nothing but octets."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatepost.mail.path import Mailbox
from gatepost.reply import catalogue
from gatepost.smtp.client import (
    ClientProtocol,
    Finished,
    NotReady,
    Ready,
    StartTlsWanted,
    Transaction,
    WantContent,
)
from gatepost.smtp.command import Data, Ehlo, Mail, Rcpt, StartTls
from gatepost.smtp.server import EndOfContent
from gatepost.smtp.state import State

TWO = Transaction(reverse_path="a@b", recipients=("c@d", "e@f"), size=100, body="8BITMIME")
CONTENT = b"Subject: x\r\n\r\n.\r\n..\r\n.text\r\nno end"
STEPWISE = ("SIZE 1000", "8BITMIME")


def outcome(event) -> list[tuple[str, str, str]]:
    assert isinstance(event, Finished)
    return [(result.recipient, str(result.reply.code), result.stage) for result in event.results]


@pytest.mark.parametrize("capabilities", [None, STEPWISE])
def test_a_message_arrives_as_it_was_sent(make_pair, cut, capabilities) -> None:
    pair = make_pair(capabilities=capabilities)
    pair.start()
    assert isinstance(pair.events[0], Ready)
    for number in range(3):
        content = CONTENT + b"%d" % number
        assert outcome(pair.deliver(TWO, content, cut)) == [
            ("c@d", "250", "content"),
            ("e@f", "250", "content"),
        ]
        assert pair.server.contents[-1] == content + b"\r\n"
    assert pair.server.events[1] == Mail(Mailbox("a@b", "b"), 100, "8BITMIME")
    pair.client.quit()
    pair.run()
    assert pair.client.ended
    assert pair.server.protocol.ended
    assert pair.to_server.count(b"RSET") == 0


@pytest.mark.parametrize("capabilities", [None, STEPWISE])
@pytest.mark.parametrize(
    ("kind", "reply", "stage"),
    [
        (Mail, catalogue.SPOOL_FULL.reply(), "mail"),
        (Rcpt, catalogue.RELAY_DENIED.reply(recipient="c@d"), "rcpt"),
        (Data, catalogue.SPOOL_FULL.reply(), "data"),
        (EndOfContent, catalogue.SPOOL_FAILED.reply(), "content"),
    ],
)
def test_a_refusal_at_any_step_reaches_all_and_leaves_the_connection_good(
    make_pair, capabilities, kind, reply, stage
) -> None:
    pair = make_pair(capabilities=capabilities)
    pair.start()
    pair.server.refuse[kind] = reply
    event = pair.deliver(TWO, CONTENT)
    assert [(result.reply.code, result.reply.enhanced, result.stage) for result in event.results] == [
        (reply.code, reply.enhanced, stage)
    ] * 2
    assert f"({reply.entry})" in event.results[0].reply.text
    del pair.server.refuse[kind]
    assert outcome(pair.deliver(TWO, CONTENT)) == [("c@d", "250", "content"), ("e@f", "250", "content")]
    assert pair.server.contents[-1] == CONTENT + b"\r\n"


@pytest.mark.parametrize("kind", [Mail, Rcpt, Data, EndOfContent])
def test_a_421_at_any_step_ends_both_sides(make_pair, kind) -> None:
    pair = make_pair()
    pair.start()
    pair.server.refuse[kind] = catalogue.SHUTTING_DOWN.reply(host="mx.example.net")
    assert {code for _, code, _ in outcome(pair.deliver(TWO, CONTENT))} == {"421"}
    assert pair.client.ended
    assert pair.server.protocol.ended


def test_both_sides_go_on_under_tls(make_pair) -> None:
    pair = make_pair(server_starttls=True)
    pair.start()
    assert [type(event) for event in pair.events] == [StartTlsWanted, Ready]
    assert "STARTTLS" not in pair.events[1].extensions
    assert pair.server.protocol.tls == "TLSv1.3 TEST"
    assert pair.server.events.count(Ehlo("client.example")) == 2
    assert outcome(pair.deliver(TWO, CONTENT))[0] == ("c@d", "250", "content")


@pytest.mark.parametrize("starttls", ["may", "must"])
def test_a_certificate_that_fails_stops_only_those_who_must(make_pair, starttls: str) -> None:
    pair = make_pair(server_starttls=True, starttls=starttls)
    pair.server.refuse[StartTls] = catalogue.TLS_UNAVAILABLE.reply()
    pair.start()
    assert isinstance(pair.events[0], Ready if starttls == "may" else NotReady)


def test_a_refused_greeting_reaches_the_client(make_pair) -> None:
    pair = make_pair()
    for piece in pair.server.cut(pair.server.greet(catalogue.CONNECTIONS_ALL.reply(host="mx.example.net"))):
        pair.client.receive(piece)
    event = pair.client.next_event()
    assert isinstance(event, NotReady)
    assert event.reply.code == 421
    assert "connections-all" in event.reply.text


def test_mail_in_other_scripts_travels_between_the_two(make_pair) -> None:
    pair = make_pair()
    pair.start()
    wide = Transaction(reverse_path="bücher@b", recipients=("用户@例子.广告",), smtputf8=True)
    assert outcome(pair.deliver(wide, CONTENT)) == [("用户@例子.广告", "250", "content")]
    assert pair.server.events[2] == Rcpt(Mailbox("用户@例子.广告", "例子.广告"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from([b"\r\n", b".", b"..", b"\r\n.\r\n", b"\r\n.", b"a", b"QUIT", b"\0", b"\xff"]),
        max_size=50,
    ).map(b"".join),
    st.lists(st.integers(1, 7), max_size=30),
)
def test_any_content_with_whole_lines_arrives_as_it_was_sent(
    make_pair, content: bytes, sizes: list[int]
) -> None:
    def pieces(octets: bytes):
        position = 0
        for size in [*sizes, len(octets) + 1]:
            yield octets[position : position + size]
            position += size

    pair = make_pair()
    pair.start()
    assert outcome(pair.deliver(TWO, content, pieces))[0] == ("c@d", "250", "content")
    lacks_end = content and not content.endswith(b"\r\n")
    assert pair.server.contents == [content + b"\r\n" if lacks_end else content]
    assert pair.server.protocol.state is State.READY


REFUSED = {"no@d": b"550 5.1.1 no such user\r\n"}
FINAL = {"full@d": b"452 4.2.2 mailbox full\r\n"}


class LmtpServer:
    """As much of an LMTP server (RFC 2033) as a delivery needs: one reply for each accepted recipient."""

    def __init__(self) -> None:
        self.buffer = b""
        self.accepted: list[str] = []
        self.contents: list[bytes] = []
        self.in_content = False

    def feed(self, octets: bytes) -> bytes:
        self.buffer += octets
        out = b""
        while True:
            end = b"\r\n.\r\n" if self.in_content else b"\r\n"
            before, found, rest = self.buffer.partition(end)
            if not found:
                return out
            self.buffer = rest
            out += self.finish(before) if self.in_content else self.answer(before.decode())

    def finish(self, content: bytes) -> bytes:
        self.contents.append(content.replace(b"\r\n..", b"\r\n.") + b"\r\n")
        self.in_content = False
        return b"".join(FINAL.get(recipient, b"250 2.0.0 stored\r\n") for recipient in self.accepted)

    def answer(self, line: str) -> bytes:
        match line.split(" ")[0]:
            case "LHLO":
                return b"250-lmtp\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n"
            case "MAIL":
                self.accepted.clear()
                return b"250 2.1.0 ok\r\n"
            case "RCPT":
                recipient = line[len("RCPT TO:<") : -1]
                if recipient in REFUSED:
                    return REFUSED[recipient]
                self.accepted.append(recipient)
                return b"250 2.1.5 ok\r\n"
            case "DATA" if self.accepted:
                self.in_content = True
                return b"354 go\r\n"
            case "DATA":
                return b"503 5.5.1 no recipients\r\n"
            case _:
                return b"250 2.0.0 ok\r\n"


@pytest.mark.parametrize(
    ("recipients", "expected"),
    [
        (("a@d",), ["250"]),
        (("a@d", "no@d", "full@d", "b@d"), ["250", "550", "452", "250"]),
        (("no@d", "full@d"), ["550", "452"]),
        (("no@d",), ["550"]),
    ],
)
def test_lmtp_tells_of_each_recipient(cut, recipients, expected) -> None:
    server = LmtpServer()
    client = ClientProtocol(name="client.example", lmtp=True)

    def carry(octets: bytes):
        events = []
        while octets:
            for piece in cut(octets):
                client.receive(piece)
            octets = b""
            while (event := client.next_event()) is not None:
                events.append(event)
                if isinstance(event, WantContent):
                    octets += server.feed(client.content(CONTENT) + client.end_of_content())
            octets += server.feed(client.data_to_send())
        return events

    carry(b"220 lmtp\r\n")
    for _ in range(2):
        client.send(Transaction(reverse_path="", recipients=recipients))
        event = carry(server.feed(client.data_to_send()))[-1]
        assert [code for _, code, _ in outcome(event)] == expected
    if server.contents:
        assert server.contents == [CONTENT + b"\r\n"] * 2
