"""Dovecot's lines on delivery and submission, through syslog and from its own log."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.event import Event
from gatepost.maillog.frame import Frame, unframe
from gatepost.maillog.readers.dovecot import Dovecot

TODAY = dt.date(2026, 11, 23)
USER = "u@example.org"
MESSAGE_ID = "<m@example.org>"


def read(message: str) -> Event:
    event = Dovecot().read(Frame(message, message, "2026-11-23T15:05:56", "gw", "dovecot"))
    assert event is not None
    assert (event.system, event.time) == ("dovecot", "2026-11-23T15:05:56")
    return event


@pytest.mark.parametrize(
    ("service", "said", "result"),
    [
        ("lmtp", "saved mail to INBOX", "delivered"),
        ("lmtp", "stored mail into mailbox 'Junk'", "delivered"),
        ("lda", "saved mail to INBOX", "delivered"),
        ("deliver", "saved mail to INBOX", "delivered"),
        ("lmtp", "save failed to INBOX: Quota exceeded (mailbox for user is full)", "rejected"),
        ("lda", "save failed to INBOX: Quota exceeded (mailbox for user is full)", "deferred"),
        ("lmtp", "failed to store into mailbox 'INBOX': Internal error occurred", "rejected"),
        ("lmtp", "rejected: Quota exceeded (mailbox for user is full)", "rejected"),
        ("lda", "rejected: Quota exceeded (mailbox for user is full)", "bounced"),
        ("lmtp", "marked message to be discarded if not explicitly delivered (discard action)", "discarded"),
        ("lmtp", "forwarded to <v@example.net>", "delivered"),
    ],
)
@pytest.mark.parametrize(
    "whose", [f"({USER})<194><I861FWYuzl/fSwAA>: sieve", f"(194, {USER}): I861FWYuzl/fSwAA"]
)
def test_what_became_of_a_message(service: str, said: str, result: str, whose: str) -> None:
    event = read(f"{service}{whose}: msgid={MESSAGE_ID}: {said}")
    assert (event.result, event.direction, event.text, event.code) == (result, "local", said, 0)
    assert (event.recipient, event.message_id, event.key) == (USER, MESSAGE_ID, "I861FWYuzl/fSwAA")


def test_more_is_taken_where_the_format_gives_more() -> None:
    event = read(
        f"lmtp({USER})<1><x>: from=<a@example.org>, size=512, msgid={MESSAGE_ID}: saved mail to INBOX"
    )
    assert (event.sender, event.size, event.message_id) == ("a@example.org", 512, MESSAGE_ID)


@pytest.mark.parametrize(
    ("line", "time"),
    [
        (
            f"Nov 23 15:05:56 lmtp({USER})<1><x>: Info: msgid={MESSAGE_ID}: saved mail to INBOX",
            "2026-11-23T15:05:56",
        ),
        (
            f"2026-11-23 15:05:56 lda({USER}): Info: msgid={MESSAGE_ID}: saved mail to INBOX",
            "2026-11-23T15:05:56",
        ),
        (
            f"Nov 23 15:05:56 gw dovecot[7]: lmtp({USER}): msgid={MESSAGE_ID}: saved mail to INBOX",
            "2026-11-23T15:05:56",
        ),
        (f"dovecot[7]: lmtp({USER}): msgid={MESSAGE_ID}: saved mail to INBOX", ""),
    ],
)
def test_a_log_of_its_own_is_read_too(line: str, time: str) -> None:
    event = Dovecot().read(unframe(line, TODAY))
    assert event is not None
    assert (event.time, event.result, event.recipient) == (time, "delivered", USER)


def test_what_a_server_behind_the_proxy_said_is_received() -> None:
    event = read(
        f"lmtp({USER})<1><x>: Error: lmtp client: RCPT TO failed: 550 5.1.1 <q@example.org> User unknown"
    )
    assert (event.result, event.direction, event.stage, event.code) == ("rejected", "received", "rcpt", 550)
    assert event.text == "550 5.1.1 <q@example.org> User unknown"


def test_what_the_service_said_is_sent() -> None:
    event = read("lmtp(194): rcpt q@example.org: 550 5.1.1 <q@example.org> User doesn't exist")
    assert (event.result, event.direction, event.code, event.recipient) == (
        "rejected",
        "sent",
        550,
        "q@example.org",
    )


def test_a_login_for_submission_that_failed_is_a_refusal() -> None:
    event = read(
        f"submission-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<{USER}>, rip=192.0.2.7"
    )
    assert (event.result, event.stage, event.peer, event.sender) == ("rejected", "auth", "192.0.2.7", USER)
    assert event.text == "Disconnected (auth failed, 1 attempts in 2 secs)"


def test_a_connection_that_broke_is_told_and_one_that_ended_is_not() -> None:
    event = read("lmtp(194): Disconnect from 192.0.2.1: Connection timed out (in DATA)")
    assert (event.result, event.text, event.peer) == ("", "Connection timed out (in DATA)", "192.0.2.1")
    for end in ("Successful quit", "Client has quit the connection (state=READY)", "Logged out"):
        assert read(f"lmtp(194): Disconnect from 192.0.2.1: {end}").text == ""


@pytest.mark.parametrize(
    "message",
    [
        "imap-login: Disconnected (auth failed, 2 attempts): user=<u>, rip=192.0.2.7",
        "lmtp(194): Connect from 192.0.2.1",
        "auth: ldap(u@example.org,192.0.2.7): unknown user",
        "Dovecot v2.4.1 starting up",
        f"lda({USER}): sieve: msgid={MESSAGE_ID}: sent vacation response to <a@example.org>",
    ],
)
def test_other_lines_tell_nothing(message: str) -> None:
    event = read(message)
    assert (event.result, event.text) == ("", "")


@pytest.mark.parametrize(
    ("message", "program"), [("hello", ""), ("lmtp: x", "exim"), ("", ""), ("saved mail to INBOX", "cron")]
)
def test_lines_of_others_are_none(message: str, program: str) -> None:
    assert Dovecot().read(Frame(message, message, host="gw", program=program)) is None


@given(
    st.text(max_size=200),
    st.sampled_from(["lmtp: ", "lda(u): msgid=", "submission: ", "submission-login: auth failed", ""]),
)
def test_no_text_breaks_it(text: str, opening: str) -> None:
    event = Dovecot().read(Frame("", opening + text, program="dovecot"))
    assert event is not None
    assert event.code == 0 or 200 <= event.code <= 599
