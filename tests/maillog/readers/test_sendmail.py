"""Sendmail's lines: deliveries, rulesets, milters, sessions that broke."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.event import Event
from gatepost.maillog.frame import Frame, unframe
from gatepost.maillog.readers.sendmail import Sendmail

LABELLED = Path(__file__).parents[4] / "shared/data/loglines_dev.jsonl"
KEY = "3ANF5uXX001234"
CLIENT = "mail.example.org [192.0.2.7]"
HEAD = "to=<b@example.net>, delay=1+00:00:02, xdelay=00:00:01, pri=121234"


def read(rest: str, program: str = "sm-mta") -> Event:
    message = f"{KEY}: {rest}"
    event = Sendmail().read(Frame(message, message, "2026-11-23T15:05:56", "gw", program))
    assert event is not None
    assert (event.system, event.key, event.time) == ("sendmail", KEY, "2026-11-23T15:05:56")
    return event


def remote(dsn: str, stat: str, relay: str = "mx.example.net. [192.0.2.25]") -> Event:
    event = read(f"{HEAD}, mailer=esmtp, relay={relay}, dsn={dsn}, stat={stat}")
    assert (event.recipient, event.delay) == ("b@example.net", 86_402.0)
    return event


def test_a_delivery_names_the_id_it_went_on_under() -> None:
    event = remote("2.0.0", "Sent (3ANF5vYY999 Message accepted for delivery)")
    assert (event.result, event.direction, event.stage) == ("delivered", "received", "content")
    assert (event.link, event.status, event.code) == ("3ANF5vYY999", "2.0.0", 0)
    assert (event.text, event.peer) == (
        "3ANF5vYY999 Message accepted for delivery",
        "mx.example.net [192.0.2.25]",
    )
    assert remote("2.0.0", "Sent (Ok: queued as 9A8B7C)").link == "9A8B7C"


def test_a_reply_that_deferred_is_the_remotes() -> None:
    event = remote("4.2.0", "Deferred: 451 4.7.1 Greylisting in action")
    assert (event.result, event.direction, event.text) == (
        "deferred",
        "received",
        "451 4.7.1 Greylisting in action",
    )
    assert (event.code, event.enhanced, event.status) == (451, "4.7.1", "4.2.0")


@pytest.mark.parametrize(
    ("dsn", "stat", "text", "stage", "result"),
    [
        (
            "4.0.0",
            "Deferred: Connection timed out with mx.example.net.",
            "Connection timed out with mx.example.net.",
            "connect",
            "deferred",
        ),
        (
            "4.0.0",
            "Deferred: Connection refused by mx.example.net.",
            "Connection refused by mx.example.net.",
            "connect",
            "deferred",
        ),
        (
            "5.1.2",
            "Host unknown (Name server: example.net: host not found)",
            "Host unknown (Name server: example.net: host not found)",
            "unknown",
            "bounced",
        ),
        (
            "4.4.3",
            "Deferred: Name server: example.net: host name lookup failure",
            None,
            "unknown",
            "deferred",
        ),
    ],
)
def test_what_no_remote_said_is_local(dsn: str, stat: str, text: str | None, stage: str, result: str) -> None:
    event = remote(dsn, stat)
    assert (event.direction, event.code, event.stage, event.result) == ("local", 0, stage, result)
    assert event.text == (text or stat.removeprefix("Deferred: "))
    assert event.status == dsn


def test_sendmails_word_for_a_refusal_stands_for_the_remotes() -> None:
    event = remote("5.1.1", "User unknown")
    assert (event.result, event.direction, event.text, event.status) == (
        "bounced",
        "received",
        "User unknown",
        "5.1.1",
    )


@pytest.mark.parametrize(
    "order", ["dsn=5.1.1, reply={}, stat=User unknown", "dsn=5.1.1, stat=User unknown, reply={}"]
)
def test_the_reply_itself_is_taken_where_it_is_logged(order: str) -> None:
    reply = "550-5.1.1 <b@example.net> does not exist, sorry 550 5.1.1 here"
    event = read(f"{HEAD}, mailer=esmtp, relay=mx.example.net. [192.0.2.25], {order.format(reply)}")
    assert (event.text, event.code, event.enhanced, event.status) == (reply, 550, "5.1.1", "")
    assert (event.result, event.direction) == ("bounced", "received")


def test_local_deliveries_and_waiting_messages() -> None:
    event = read("to=bob, delay=00:00:01, mailer=local, pri=1, dsn=2.0.0, stat=Sent")
    assert (event.result, event.direction, event.recipient, event.peer) == ("delivered", "local", "bob", "")
    event = read("to=<a@example.net>,<b@example.net>, mailer=esmtp, pri=1, dsn=4.0.0, stat=queued")
    assert (event.result, event.text, event.recipient) == ("", "", "a@example.net")


def test_a_message_taken_in_tells_who_from_and_how_large() -> None:
    line = f"from=<a@example.org>, size=1234, class=0, nrcpts=%s, msgid=<m@example.org>, proto=ESMTP, relay={CLIENT}"
    event = read(line % 1)
    assert (event.result, event.sender, event.size) == ("accepted", "a@example.org", 1234)
    assert (event.message_id, event.peer) == ("<m@example.org>", CLIENT)
    assert read(line % 0).result == ""
    assert read("from=<>, size=1, class=0, nrcpts=1").sender == "<>"


@pytest.mark.parametrize(
    ("ruleset", "argument", "stage", "sender", "recipient"),
    [
        ("check_relay", "mail.example.org, arg2=192.0.2.7", "connect", "", ""),
        ("check_mail", "<a@example.org>", "mail", "a@example.org", ""),
        ("check_rcpt", "<b@example.net>", "rcpt", "", "b@example.net"),
        ("check_eom", "", "content", "", ""),
    ],
)
def test_a_ruleset_that_refuses(ruleset: str, argument: str, stage: str, sender: str, recipient: str) -> None:
    reply = "553 5.1.8 <a@example.org>... Domain of sender address does not exist, really"
    event = read(f"ruleset={ruleset}, arg1={argument}, relay={CLIENT}, reject={reply}")
    assert (event.result, event.direction, event.stage) == ("rejected", "sent", stage)
    assert (event.text, event.code, event.enhanced, event.peer) == (reply, 553, "5.1.8", CLIENT)
    assert (event.sender, event.recipient) == (sender, recipient)


def test_what_we_think_of_a_servers_tls_is_told_to_nobody() -> None:
    event = read(
        "ruleset=tls_server, arg1=SOFTWARE, relay=mx.example.net, reject=403 4.7.0 TLS handshake failed."
    )
    assert (event.direction, event.stage, event.result, event.code) == ("local", "starttls", "", 403)


@pytest.mark.parametrize(
    ("line", "result", "stage", "text"),
    [
        (
            "Milter: to=<b@example.net>, reject=451 4.7.1 Greylisting",
            "rejected",
            "rcpt",
            "451 4.7.1 Greylisting",
        ),
        ("Milter: from=<a@example.org>, reject=550 5.7.1 no", "rejected", "mail", "550 5.7.1 no"),
        ("Milter: data, reject=554 5.7.1 virus", "rejected", "content", "554 5.7.1 virus"),
        ("milter=spamass, reject=550 5.7.1 Blocked", "rejected", "unknown", "550 5.7.1 Blocked"),
        ("milter=clamav, action=eom, discard", "discarded", "content", "discard"),
        ("milter=clamav, quarantine=virus found", "held", "unknown", "virus found"),
    ],
)
def test_a_milter_that_refuses_drops_or_holds(line: str, result: str, stage: str, text: str) -> None:
    event = read(line)
    assert (event.result, event.stage, event.text, event.direction) == (result, stage, text, "sent")


@pytest.mark.parametrize(
    "line",
    [
        "Milter add: header: X-Spam: discard",
        'SYSERR(root): hash map "Alias0": missing map file',
        "STARTTLS=client, relay=mx.example.net., version=TLSv1.3, verify=OK, cipher=X, bits=256/256",
        "3ANF5uXX001235: DSN: User unknown",
        "",
    ],
)
def test_other_lines_tell_nothing(line: str) -> None:
    event = read(line)
    assert (event.result, event.text) == ("", "")


def test_a_message_that_waited_too_long_is_bounced_and_one_that_waits_is_not() -> None:
    event = read("3ANF5uXX001235: sender notify: Cannot send message for 5 days")
    assert (event.result, event.link, event.text) == (
        "bounced",
        "3ANF5uXX001235",
        "Cannot send message for 5 days",
    )
    event = read("3ANF5uXX001235: sender notify: Warning: could not send message for past 4 hours")
    assert (event.result, event.direction) == ("", "local")


@pytest.mark.parametrize(
    ("line", "result", "stage", "peer"),
    [
        (f"lost input channel from {CLIENT} to MTA after rcpt", "", "rcpt", CLIENT),
        ("collect: premature EOM: unexpected close", "", "content", ""),
        ("timeout waiting for input from mail.example.org during server cmd read", "", "unknown", ""),
        (f"{CLIENT} did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA", "", "unknown", CLIENT),
        (
            f"rejecting commands from {CLIENT} due to pre-greeting traffic after 6 seconds",
            "rejected",
            "unknown",
            CLIENT,
        ),
        ("[192.0.2.7]: EXPN root [rejected]", "rejected", "unknown", "[192.0.2.7]"),
        (f"AUTH failure (LOGIN): user not found (-20), relay={CLIENT}", "rejected", "auth", CLIENT),
        ("STARTTLS=server, error: accept failed=-1, SSL_error=1", "", "starttls", ""),
    ],
)
def test_a_session_that_went_wrong(line: str, result: str, stage: str, peer: str) -> None:
    event = read(line)
    assert (event.result, event.stage, event.peer, event.text) == (result, stage, peer, line)


def test_an_unknown_user_is_refused_in_words_without_a_code() -> None:
    event = read("<nobody@example.org>... User unknown")
    assert (event.result, event.stage, event.text) == ("rejected", "rcpt", "User unknown")
    assert (event.recipient, event.code) == ("nobody@example.org", 0)


def test_lines_of_others_are_none_and_lines_without_a_program_go_by_their_form() -> None:
    reader = Sendmail()
    message = f"{KEY}: {HEAD}, mailer=esmtp, relay=x, dsn=2.0.0, stat=Sent (ok)"
    assert reader.read(Frame(message, message)) is not None
    assert reader.read(Frame(message, message, program="exim")) is None
    assert reader.read(Frame("hello", "hello")) is None


@given(
    st.text(max_size=200),
    st.sampled_from(["", "to=<x>, stat=", "from=<", "ruleset=check_rcpt, arg1=", "Milter: to="]),
)
def test_no_text_breaks_it(text: str, opening: str) -> None:
    event = Sendmail().read(Frame("", f"{KEY}: {opening}{text}, mailer=esmtp, stat={text}", program="sm-mta"))
    assert event is not None


@pytest.mark.skipif(not LABELLED.exists(), reason="the labelled lines are not here")
def test_every_labelled_line_of_sendmail_is_read_and_each_client_found() -> None:
    rows = [json.loads(line) for line in LABELLED.read_text().split("\n") if line]
    rows = [row for row in rows if row["mta"] == "sendmail"]
    for row in rows:
        event = Sendmail().read(unframe(row["line"], dt.date(2026, 11, 23)))
        assert event is not None
        assert event.text, row["line"]
        if row["expected"] and "host" in row["expected"]:
            assert row["expected"]["host"] in event.peer
    assert rows
