"""The client's dialogue with peers that follow the rules, bend them, or know none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.reply.reply import Reply
from gatepost.smtp.client import (
    ClientEvent,
    ClientProtocol,
    Finished,
    NotReady,
    Ready,
    StartTlsWanted,
    Transaction,
    Unsolicited,
    Violation,
    WantContent,
)

PIPELINING = b"250-mx\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250 8BITMIME\r\n"
STEPWISE = b"250-mx\r\n250 SIZE\r\n"
ONE = Transaction(reverse_path="a@b", recipients=("c@d",))
TWO = Transaction(reverse_path="a@b", recipients=("c@d", "e@f"))


class Peer:
    """Scripted octets for one client, in the cut of the test."""

    def __init__(self, cut, client: ClientProtocol) -> None:
        self.cut = cut
        self.client = client

    def says(self, octets: bytes) -> list[ClientEvent]:
        """Send octets, as if what the client had to say had been read before; give the client's events."""
        self.sent = self.client.data_to_send()
        events = []
        for piece in self.cut(octets):
            self.client.receive(piece)
            while (event := self.client.next_event()) is not None:
                events.append(event)
        return events

    def hears(self) -> bytes:
        return self.client.data_to_send()

    def reads_content(self, octets: bytes = b"text\r\n") -> None:
        self.client.content(octets)
        self.client.end_of_content()


@pytest.fixture
def connect(cut):
    """Make a client that was greeted with an EHLO reply, and its peer."""

    def make(ehlo: bytes = PIPELINING, **options) -> Peer:
        peer = Peer(cut, ClientProtocol(name="client.example", **options))
        assert peer.says(b"220 mx ESMTP\r\n") == []
        (ready,) = peer.says(ehlo)
        assert isinstance(ready, Ready)
        return peer

    return make


def finished(events: list[ClientEvent]) -> Finished:
    (event,) = events
    assert isinstance(event, Finished)
    return event


def outcome(events: list[ClientEvent]) -> list[tuple[str, int, str]]:
    return [(result.recipient, result.reply.code, result.stage) for result in finished(events).results]


# -- up to ready -----------------------------------------------------------------------------------------


def test_ready_tells_what_the_peer_said_and_offers(cut) -> None:
    peer = Peer(cut, ClientProtocol(name="client.example"))
    assert peer.hears() == b""  # RFC 5321 §3.1: the greeting comes first
    peer.says(b"220-mx\r\n220 ESMTP\r\n")
    (ready,) = peer.says(
        b"250-mx.example hello\r\n250-size 1000\r\n250-Auth PLAIN LOGIN\r\n250 PIPELINING\r\n"
    )
    assert peer.sent == b"EHLO client.example\r\n"
    assert isinstance(ready, Ready)
    assert ready.greeting == Reply(220, "", "mx\nESMTP")
    assert ready.extensions == {"SIZE": "1000", "AUTH": "PLAIN LOGIN", "PIPELINING": ""}
    assert [step.command for step in ready.steps] == ["", "EHLO client.example"]
    assert peer.client.ready


def test_an_old_server_is_told_helo(cut) -> None:
    peer = Peer(cut, ClientProtocol(name="client.example"))
    peer.says(b"220 mx\r\n")
    assert peer.says(b"502 what?\r\n") == []
    (ready,) = peer.says(b"250 mx\r\n")
    assert peer.sent == b"HELO client.example\r\n"
    assert isinstance(ready, Ready)
    assert ready.extensions == {}


def test_lmtp_says_lhlo_and_has_nothing_older(cut) -> None:
    peer = Peer(cut, ClientProtocol(name="client.example", lmtp=True))
    peer.says(b"220 mx LMTP\r\n")
    (event,) = peer.says(b"500 what?\r\n")
    assert peer.sent == b"LHLO client.example\r\n"
    assert isinstance(event, NotReady)
    assert event.stage == "helo"


@pytest.mark.parametrize(
    ("replies", "stage", "ended"),
    [
        ([b"554 no\r\n"], "connect", False),
        ([b"421 busy\r\n"], "connect", True),
        ([b"220 mx\r\n", b"450 later\r\n"], "helo", False),
        ([b"220 mx\r\n", b"500 what\r\n", b"550 no\r\n"], "helo", False),
        ([b"220 mx\r\n", b"421 bye\r\n"], "helo", True),
    ],
)
def test_a_refusal_before_the_first_transaction_says_at_which_stage(cut, replies, stage, ended) -> None:
    peer = Peer(cut, ClientProtocol(name="client.example"))
    for octets in replies[:-1]:
        assert peer.says(octets) == []
    (event,) = peer.says(replies[-1])
    assert isinstance(event, NotReady)
    assert (event.stage, event.reply.code, event.local) == (stage, int(replies[-1][:3]), False)
    assert len(event.steps) == len(replies)
    assert peer.client.ended is ended
    peer.client.quit()
    assert peer.hears() == (b"" if ended else b"QUIT\r\n")


# -- STARTTLS --------------------------------------------------------------------------------------------

OFFERS_TLS = b"250-mx\r\n250 STARTTLS\r\n"


def at_starttls(cut, starttls: str) -> Peer:
    peer = Peer(cut, ClientProtocol(name="client.example", starttls=starttls))
    peer.says(b"220 mx\r\n")
    assert peer.says(OFFERS_TLS) == []
    return peer


@pytest.mark.parametrize("starttls", ["may", "must"])
def test_tls_is_taken_where_it_is_offered_and_clear_text_behind_it_is_dropped(cut, starttls: str) -> None:
    peer = at_starttls(cut, starttls)
    injected = b"250-evil\r\n250 PIPELINING\r\n250 ok\r\n"
    assert peer.says(b"220 go\r\n" + injected) == [StartTlsWanted()]
    assert peer.sent == b"STARTTLS\r\n"
    assert peer.says(injected) == []
    assert peer.sent == b""
    peer.client.tls_started()
    (ready,) = peer.says(PIPELINING + b"")
    assert peer.sent == b"EHLO client.example\r\n"
    assert isinstance(ready, Ready)
    assert ready.extensions["SIZE"] == "1000"
    assert "STARTTLS" not in ready.extensions
    assert [step.command for step in ready.steps][-2:] == ["STARTTLS", "EHLO client.example"]


def test_a_refused_starttls_goes_on_in_clear_text_only_where_it_may(cut) -> None:
    (ready,) = at_starttls(cut, "may").says(b"454 not now\r\n")
    assert isinstance(ready, Ready)
    assert ready.ehlo.text == "mx\nSTARTTLS"
    (event,) = at_starttls(cut, "must").says(b"454 not now\r\n")
    assert isinstance(event, NotReady)
    assert (event.stage, event.reply.code, event.local) == ("starttls", 454, False)


def test_tls_that_must_be_and_is_not_offered_is_a_local_refusal(cut) -> None:
    peer = Peer(cut, ClientProtocol(name="client.example", starttls="must"))
    peer.says(b"220 mx\r\n")
    (event,) = peer.says(STEPWISE)
    assert isinstance(event, NotReady)
    assert (event.stage, str(event.reply)[:9], event.local) == ("starttls", "451 4.7.4", True)


def test_tls_that_is_not_wanted_is_not_asked_for(connect) -> None:
    assert connect(OFFERS_TLS, starttls="never").client.ready


# -- transactions ----------------------------------------------------------------------------------------


def test_with_pipelining_all_is_sent_in_one_write(connect) -> None:
    peer = connect()
    peer.client.send(TWO)
    assert peer.client.unanswered
    assert peer.says(b"250 2.1.0 a\r\n250 c\r\n250 e\r\n354 go\r\n") == [WantContent()]
    assert peer.sent == b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n"
    assert not peer.client.unanswered
    assert peer.client.content(b".a\r\n") + peer.client.content(b"b") == b"..a\r\nb"
    assert peer.client.end_of_content() == b"\r\n.\r\n"
    done = finished(peer.says(b"250 2.0.0 queued\r\n"))
    assert [(result.recipient, result.reply, result.stage) for result in done.results] == [
        ("c@d", Reply(250, "2.0.0", "queued"), "content"),
        ("e@f", Reply(250, "2.0.0", "queued"), "content"),
    ]
    assert [(step.command, step.reply.text, step.recipient) for step in done.steps] == [
        ("MAIL FROM:<a@b>", "a", ""),
        ("RCPT TO:<c@d>", "c", "c@d"),
        ("RCPT TO:<e@f>", "e", "e@f"),
        ("DATA", "go", ""),
        (".", "queued", ""),
    ]
    assert peer.client.ready
    assert peer.hears() == b""


def test_without_pipelining_each_command_waits_for_its_answer(connect) -> None:
    peer = connect(STEPWISE)
    peer.client.send(TWO)
    for command, reply in (
        (b"MAIL FROM:<a@b>\r\n", b"250 a\r\n"),
        (b"RCPT TO:<c@d>\r\n", b"250 c\r\n"),
        (b"RCPT TO:<e@f>\r\n", b"550 e\r\n"),
    ):
        assert peer.says(reply) == []
        assert peer.sent == command
    assert peer.says(b"354 go\r\n") == [WantContent()]
    assert peer.sent == b"DATA\r\n"
    peer.reads_content()
    assert outcome(peer.says(b"250 ok\r\n")) == [("c@d", 250, "content"), ("e@f", 550, "rcpt")]


@pytest.mark.parametrize(
    ("ehlo", "wanted", "mail"),
    [
        (PIPELINING, {"size": 5}, "MAIL FROM:<> SIZE=5\r\n"),
        (PIPELINING, {"body": "8BITMIME"}, "MAIL FROM:<> BODY=8BITMIME\r\n"),
        (b"250 mx\r\n", {"size": 5, "body": "8BITMIME"}, "MAIL FROM:<>\r\n"),
        (b"250-mx\r\n250 SMTPUTF8\r\n", {"reverse_path": "ü@b"}, "MAIL FROM:<ü@b> SMTPUTF8\r\n"),
        (b"250-mx\r\n250 SMTPUTF8\r\n", {"smtputf8": True}, "MAIL FROM:<> SMTPUTF8\r\n"),
        (b"250-mx\r\n250 SMTPUTF8\r\n", {}, "MAIL FROM:<>\r\n"),
    ],
)
def test_parameters_are_sent_only_where_they_are_offered(connect, ehlo, wanted, mail) -> None:
    peer = connect(ehlo)
    peer.client.send(Transaction(**{"reverse_path": "", "recipients": ("c@d",), **wanted}))
    assert peer.hears().decode().startswith(mail)


@pytest.mark.parametrize(
    "transaction",
    [
        Transaction(reverse_path="a@b", recipients=("c@d", "e@f"), smtputf8=True),
        Transaction(reverse_path="ü@b", recipients=("c@d", "e@f")),
        Transaction(reverse_path="a@b", recipients=("c@d", "ü@f")),
    ],
)
def test_smtputf8_that_is_needed_and_not_offered_is_a_local_refusal(
    connect, transaction: Transaction
) -> None:
    peer = connect()
    peer.client.send(transaction)
    event = peer.client.next_event()
    assert isinstance(event, Finished)
    assert [(result.reply.code, result.reply.enhanced, result.local) for result in event.results] == [
        (550, "5.6.7", True),
        (550, "5.6.7", True),
    ]
    assert peer.hears() == b""
    assert peer.client.ready


# -- refusals --------------------------------------------------------------------------------------------


def after(peer: Peer) -> None:
    """See that the connection can be used again, with RSET in front."""
    peer.client.send(ONE)
    stepwise = peer.hears() == b"RSET\r\n"
    events = peer.says(b"250 reset\r\n")
    if stepwise:
        for _ in range(2):
            events += peer.says(b"250 ok\r\n")
        events += peer.says(b"354 go\r\n")
    else:
        events += peer.says(b"250 ok\r\n250 ok\r\n354 go\r\n")
    assert events == [WantContent()]
    peer.reads_content()
    assert outcome(peer.says(b"250 ok\r\n")) == [("c@d", 250, "content")]


@pytest.mark.parametrize("rest", [b"503 no\r\n503 no\r\n503 no\r\n", b"250 ok\r\n250 ok\r\n503 no\r\n"])
def test_a_refused_mail_is_the_result_of_all(connect, rest: bytes) -> None:
    peer = connect()
    peer.client.send(TWO)
    assert outcome(peer.says(b"451 4.3.0 later\r\n" + rest)) == [("c@d", 451, "mail"), ("e@f", 451, "mail")]
    after(peer)


def test_a_refused_mail_ends_the_transaction_at_once_without_pipelining(connect) -> None:
    peer = connect(STEPWISE)
    peer.client.send(TWO)
    assert outcome(peer.says(b"550 no\r\n")) == [("c@d", 550, "mail"), ("e@f", 550, "mail")]
    after(peer)


@pytest.mark.parametrize("ehlo", [PIPELINING, STEPWISE])
def test_refused_recipients_keep_their_own_replies(connect, ehlo: bytes) -> None:
    peer = connect(ehlo)
    peer.client.send(TWO)
    replies = [b"250 ok\r\n", b"550 no\r\n", b"450 later\r\n", b"554 none\r\n"]
    if ehlo == PIPELINING:
        events = peer.says(b"".join(replies))
    else:
        events = [event for reply in replies[:3] for event in peer.says(reply)]
    assert outcome(events) == [("c@d", 550, "rcpt"), ("e@f", 450, "rcpt")]
    after(peer)


@pytest.mark.parametrize("mail", [b"250 ok\r\n", b"450 no\r\n"])
def test_a_354_for_nobody_gets_an_empty_content_at_once(connect, mail: bytes) -> None:
    peer = connect()
    peer.client.send(ONE)
    assert peer.says(mail + b"550 no\r\n354 go\r\n") == []
    expected = ("c@d", 550, "rcpt") if mail == b"250 ok\r\n" else ("c@d", 450, "mail")
    assert outcome(peer.says(b"554 no recipients\r\n")) == [expected]
    assert peer.sent == b".\r\n"
    assert peer.client.ready
    assert peer.hears() == b""


def test_an_empty_content_that_is_taken_delivers_to_nobody(connect) -> None:
    peer = connect()
    peer.client.send(ONE)
    peer.says(b"250 ok\r\n550 no\r\n354 go\r\n")
    assert outcome(peer.says(b"250 ok\r\n")) == [("c@d", 550, "rcpt")]


@pytest.mark.parametrize("ehlo", [PIPELINING, STEPWISE])
def test_a_refused_data_is_the_result_of_the_accepted(connect, ehlo: bytes) -> None:
    peer = connect(ehlo)
    peer.client.send(TWO)
    replies = [b"250 ok\r\n", b"550 no\r\n", b"250 ok\r\n", b"452 full\r\n"]
    events = (
        peer.says(b"".join(replies))
        if ehlo == PIPELINING
        else [event for reply in replies for event in peer.says(reply)]
    )
    assert outcome(events) == [("c@d", 550, "rcpt"), ("e@f", 452, "data")]
    after(peer)


def test_a_refused_content_needs_no_reset(connect) -> None:
    peer = connect()
    peer.client.send(ONE)
    peer.says(b"250 ok\r\n250 ok\r\n354 go\r\n")
    peer.reads_content()
    assert outcome(peer.says(b"550 5.7.1 virus\r\n")) == [("c@d", 550, "content")]
    assert peer.hears() == b""
    assert peer.client.ready


@pytest.mark.parametrize("code", [b"299", b"2", b"250"])
def test_replies_are_judged_by_their_first_digit(connect, code: bytes) -> None:
    peer = connect()
    peer.client.send(ONE)
    odd = code.ljust(3, b"7") + b" ok\r\n"
    assert peer.says(odd + odd + b"399 go\r\n") == [WantContent()]


# -- LMTP ------------------------------------------------------------------------------------------------


def at_lmtp_replies(connect) -> Peer:
    peer = connect(lmtp=True)
    peer.client.send(Transaction(reverse_path="a@b", recipients=("c@d", "no@f", "g@h")))
    assert peer.says(b"250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n354 go\r\n") == [WantContent()]
    peer.reads_content()
    return peer


def test_lmtp_gives_each_accepted_recipient_its_own_reply(connect) -> None:
    peer = at_lmtp_replies(connect)
    assert peer.says(b"250 ok\r\n") == []
    events = peer.says(b"452 4.2.2 full\r\n")
    assert outcome(events) == [("c@d", 250, "content"), ("no@f", 550, "rcpt"), ("g@h", 452, "content")]
    assert [step.recipient for step in finished(events).steps[-2:]] == ["c@d", "g@h"]
    assert peer.client.ready


def test_lmtp_reads_on_after_a_421_for_one_recipient(connect) -> None:
    peer = at_lmtp_replies(connect)
    assert outcome(peer.says(b"421 busy\r\n250 ok\r\n")) == [
        ("c@d", 421, "content"),
        ("no@f", 550, "rcpt"),
        ("g@h", 250, "content"),
    ]
    assert peer.client.ended


def test_lmtp_that_closes_after_a_421_gives_it_to_the_rest(connect) -> None:
    peer = at_lmtp_replies(connect)
    assert peer.says(b"421 bye\r\n") == []
    assert outcome([peer.client.closed("closed")]) == [
        ("c@d", 421, "content"),
        ("no@f", 550, "rcpt"),
        ("g@h", 421, "content"),
    ]


def test_lmtp_that_breaks_off_keeps_what_was_said(connect) -> None:
    peer = at_lmtp_replies(connect)
    peer.says(b"250 ok\r\n")
    done = peer.client.closed("the connection broke")
    assert [(result.reply.code, result.local) for result in done.results] == [
        (250, False),
        (550, False),
        (451, True),
    ]


def test_lmtp_that_wants_content_for_nobody_is_left(connect) -> None:
    peer = connect(lmtp=True)
    peer.client.send(ONE)
    assert outcome(peer.says(b"250 ok\r\n550 no\r\n354 go\r\n")) == [("c@d", 550, "rcpt")]
    assert peer.client.ended


# -- peers that close, talk out of turn, or speak something else -----------------------------------------


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        (b"421 bye\r\n", [("c@d", 421, "mail"), ("e@f", 421, "mail")]),
        (b"250 ok\r\n421 bye\r\n", [("c@d", 421, "rcpt"), ("e@f", 421, "rcpt")]),
        (b"250 ok\r\n250 ok\r\n421 bye\r\n", [("c@d", 421, "rcpt"), ("e@f", 421, "rcpt")]),
        (b"250 ok\r\n550 no\r\n421 bye\r\n", [("c@d", 550, "rcpt"), ("e@f", 421, "rcpt")]),
        (b"250 ok\r\n550 no\r\n250 ok\r\n421 bye\r\n", [("c@d", 550, "rcpt"), ("e@f", 421, "data")]),
        (b"450 no\r\n421 bye\r\n", [("c@d", 450, "mail"), ("e@f", 450, "mail")]),
    ],
)
def test_a_421_ends_the_dialogue_at_any_point(connect, replies: bytes, expected) -> None:
    peer = connect()
    peer.client.send(TWO)
    assert outcome(peer.says(replies)) == expected
    assert peer.client.ended
    assert not peer.client.ready


@pytest.mark.parametrize("reply", [b"421 bye\r\n", b"552 too big\r\n"])
def test_a_refusal_in_the_middle_of_the_content_ends_the_dialogue(connect, reply: bytes) -> None:
    peer = connect()
    peer.client.send(ONE)
    peer.says(b"250 ok\r\n250 ok\r\n354 go\r\n")
    peer.client.content(b"text\r\n")
    assert outcome(peer.says(reply)) == [("c@d", int(reply[:3]), "content")]
    assert peer.client.ended
    with pytest.raises(RuntimeError):
        peer.client.content(b"more")


def test_a_421_after_the_content_is_its_answer(connect) -> None:
    peer = connect()
    peer.client.send(ONE)
    peer.says(b"250 ok\r\n250 ok\r\n354 go\r\n")
    peer.reads_content()
    assert outcome(peer.says(b"421 bye\r\n")) == [("c@d", 421, "content")]
    assert peer.client.ended


@pytest.mark.parametrize(
    ("replies", "stage"),
    [
        (b"", "mail"),
        (b"250 ok\r\n", "rcpt"),
        (b"250 ok\r\n250 ok\r\n250 ok\r\n", "data"),
        (b"250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n", "content"),
        (b"250 ok\r\n25", "rcpt"),
    ],
)
@pytest.mark.parametrize("content_sent", [False, True])
def test_a_lost_connection_gives_every_recipient_a_local_result(
    connect, replies, stage, content_sent
) -> None:
    peer = connect()
    peer.client.send(TWO)
    if peer.says(replies) == [WantContent()] and content_sent:
        peer.reads_content()
    done = peer.client.closed("it broke")
    assert {
        (result.reply.code, result.reply.enhanced, result.stage, result.local) for result in done.results
    } == {(451, "4.4.2", stage, True)}
    assert [result.recipient for result in done.results] == ["c@d", "e@f"]
    assert done.results[0].reply.text == "it broke"
    assert peer.client.ended


def test_a_lost_idle_connection_has_no_results(connect) -> None:
    assert connect().client.closed("it broke") == Finished((), ())


@pytest.mark.parametrize("reply", [b"421 idle too long\r\n", b"250 surprise\r\n"])
def test_a_reply_to_nothing_ends_an_idle_connection(connect, reply: bytes) -> None:
    peer = connect()
    (event,) = peer.says(reply)
    assert isinstance(event, Unsolicited)
    assert event.reply.code == int(reply[:3])
    assert not peer.client.ready
    with pytest.raises(RuntimeError):
        peer.client.send(ONE)


@pytest.mark.parametrize(
    "replies",
    [
        b"354 go\r\n",
        b"250 ok\r\n354 go\r\n",
        b"250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n",
        b"250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 queued\r\n",
        b"hello\r\n",
        b"250-" * 2000,
        b"250-x\r\n" * 1000,
        b"\0" * 10 + b"\r\n",
    ],
    ids=range(8),
)
def test_a_peer_that_keeps_to_no_rule_is_a_violation(connect, replies: bytes) -> None:
    peer = connect()
    peer.client.send(TWO)
    events = [event for event in peer.says(replies) if event != WantContent()]
    (event,) = events
    assert isinstance(event, Violation)
    assert event.reason.isprintable()
    assert peer.client.ended
    done = peer.client.closed(event.reason)
    assert [result.local for result in done.results] == [True, True]
    assert all(result.reply.code == 451 for result in done.results)


def test_an_acceptance_before_the_end_of_the_content_is_none(connect) -> None:
    peer = connect()
    peer.client.send(ONE)
    peer.says(b"250 ok\r\n250 ok\r\n354 go\r\n")
    peer.client.content(b"text\r\n")
    peer.says(b"250 2.0.0 que")
    peer.client.end_of_content()
    (event,) = peer.says(b"ued\r\n")
    assert isinstance(event, Violation)
    assert peer.client.closed("violation").results[0].local


def test_an_answer_to_a_command_that_was_not_sent_is_a_violation(connect) -> None:
    peer = connect(STEPWISE)
    peer.client.send(ONE)
    (event,) = peer.says(b"250 ok\r\n250 early\r\n")
    assert isinstance(event, Violation)


def test_a_greeting_of_two_replies_is_a_violation(cut) -> None:
    (event,) = Peer(cut, ClientProtocol(name="c")).says(b"220 a\r\n220 b\r\n")
    assert isinstance(event, Violation)


@pytest.mark.parametrize("reply", [b"421 bye\r\n", b"500 no\r\n"])
def test_a_refused_reset_ends_the_dialogue(connect, reply: bytes) -> None:
    peer = connect(STEPWISE)
    peer.client.send(ONE)
    peer.says(b"550 no\r\n")
    (event,) = peer.says(reply)
    assert isinstance(event, Unsolicited)
    assert peer.client.ended


def test_a_refused_reset_is_the_result_of_the_transaction_behind_it(connect) -> None:
    peer = connect()
    peer.client.send(ONE)
    peer.says(b"550 no\r\n503 no\r\n503 no\r\n")
    peer.client.send(ONE)
    assert outcome(peer.says(b"421 bye\r\n")) == [("c@d", 421, "mail")]
    assert peer.client.ended


def test_quit_is_answered_by_the_end(connect) -> None:
    peer = connect()
    peer.client.quit()
    peer.client.quit()
    assert peer.says(b"221 bye\r\n250 more\r\n") == []
    assert peer.sent == b"QUIT\r\n"
    assert peer.client.ended
    assert peer.client.quitting
    assert not peer.client.ready


def test_calls_out_of_turn_are_mistakes_of_the_caller(connect) -> None:
    peer = connect()
    with pytest.raises(RuntimeError):
        peer.client.content(b"")
    with pytest.raises(RuntimeError):
        peer.client.end_of_content()
    peer.client.send(ONE)
    with pytest.raises(RuntimeError):
        peer.client.send(ONE)
    with pytest.raises(RuntimeError):
        peer.client.quit()


@pytest.mark.parametrize("address", ["c@d>\r\nRCPT TO:<x@y", "c\n@d", "c\r@d"])
def test_an_address_with_a_line_end_is_never_sent(connect, address: str) -> None:
    for transaction in (
        Transaction(reverse_path="a@b", recipients=(address,)),
        Transaction(reverse_path=address, recipients=("a@b",)),
    ):
        peer = connect()
        with pytest.raises(ValueError, match="line end"):
            peer.client.send(transaction)
        assert peer.hears() == b""
        assert peer.client.ready


replies = st.lists(
    st.sampled_from(
        [b"250 ok\r\n", b"354 go\r\n", b"550 no\r\n", b"421 bye\r\n", b"250-a\r\n", b"x\r\n", b"45", b"\r\n"]
    ),
    max_size=12,
)


@given(replies, st.booleans(), st.booleans())
def test_every_transaction_ends_with_one_result_for_each_recipient(
    said: list[bytes], lmtp: bool, pipelining: bool
) -> None:
    client = ClientProtocol(name="c", lmtp=lmtp, starttls="never")
    client.receive(b"220 mx\r\n")
    assert client.next_event() is None
    client.data_to_send()
    client.receive(PIPELINING if pipelining else STEPWISE)
    assert isinstance(client.next_event(), Ready)
    client.send(TWO)
    ends = []
    for octets in said:
        client.data_to_send()
        client.receive(octets)
        while (event := client.next_event()) is not None:
            if isinstance(event, WantContent):
                client.content(b"text")
                client.end_of_content()
            elif isinstance(event, Finished):
                ends.append(event)
    if not ends:
        ends.append(client.closed("it broke"))
    (end,) = ends
    assert [result.recipient for result in end.results] == ["c@d", "e@f"]
    # A recipient is never told delivered unless the peer took the content that was complete.
    for result in end.results:
        assert not result.reply.positive or (result.stage == "content" and end.steps[-1].command == ".")
