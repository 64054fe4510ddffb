"""Postfix's deliveries: who said what at which step, and what became of the message."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.event import Event
from gatepost.maillog.frame import Frame, unframe
from gatepost.maillog.readers.postfix import Postfix

LABELLED = Path(__file__).parents[4] / "shared/data/loglines_dev.jsonl"
STAGES = {"RCPT TO": "rcpt", "end of DATA": "content", "MAIL FROM": "mail", "DATA": "data"}
TODAY = dt.date(2026, 11, 23)
KEY = "4F2A1B3C4D"
MX = "mx.example.com[192.0.2.25]"


def read(message: str, program: str = "postfix/smtp") -> Event:
    event = Postfix().read(Frame(message, message, "2026-11-23T15:05:56", "gw", program, "1"))
    assert event is not None
    assert (event.system, event.program, event.time) == ("postfix", program, "2026-11-23T15:05:56")
    return event


def delivery(
    status: str, reason: str, dsn: str = "5.0.0", program: str = "postfix/smtp", relay: str = MX
) -> Event:
    event = read(
        f"{KEY}: to=<bob@example.com>, relay={relay}{':25' if relay == MX else ''}, delay=1.5, "
        f"delays=0.1/0/1/0.4, dsn={dsn}, status={status} ({reason})",
        program,
    )
    assert (event.key, event.recipient, event.delay) == (KEY, "bob@example.com", 1.5)
    return event


# --- what a remote said ---


def test_a_refusal_by_the_remote_is_its_reply_at_its_step() -> None:
    reply = "550 5.1.1 <bob@example.com>: Recipient address rejected: User unknown (see (help))"
    event = delivery("bounced", f"host {MX} said: {reply} (in reply to RCPT TO command)", "5.1.1")
    assert (event.result, event.direction, event.stage) == ("bounced", "received", "rcpt")
    assert (event.code, event.enhanced, event.status) == (550, "5.1.1", "")
    assert (event.text, event.peer) == (reply, MX)


@pytest.mark.parametrize(
    ("words", "stage"),
    [
        ("RCPT TO command", "rcpt"),
        ("MAIL FROM command", "mail"),
        ("DATA command", "data"),
        ("end of DATA command", "content"),
        ("EHLO command", "helo"),
        ("HELO command", "helo"),
        ("LHLO command", "helo"),
        ("STARTTLS command", "starttls"),
        ("AUTH command", "auth"),
        ("XFORWARD command", "unknown"),
    ],
)
def test_the_command_that_was_answered_is_the_step(words: str, stage: str) -> None:
    event = delivery("deferred", f"host {MX} said: 451 4.3.0 later (in reply to {words})", "4.3.0")
    assert (event.result, event.stage, event.text) == ("deferred", stage, "451 4.3.0 later")


@pytest.mark.parametrize(
    ("reply", "code", "enhanced"),
    [
        ("550-5.7.1 one 550-5.7.1 two 550 5.7.1 three", 550, "5.7.1"),
        ("554 refused (#5.7.1)", 554, ""),
        ("550 #5.7.1 refused", 550, "5.7.1"),
        ("421 mx.example.com closing", 421, ""),
        ("452 4.1.1 Postfächer sind überfüllt", 452, "4.1.1"),
        ("550 x said: 450 4.2.0 y (in reply to nothing)", 550, ""),
        ("what?", 0, ""),
    ],
)
def test_the_codes_are_those_of_the_reply_itself(reply: str, code: int, enhanced: str) -> None:
    event = delivery("bounced", f"host {MX} said: {reply} (in reply to RCPT TO command)", "5.0.0")
    assert (event.code, event.enhanced, event.text, event.stage) == (code, enhanced, reply, "rcpt")
    assert event.status == "5.0.0"


def test_a_greeting_that_refuses_answers_the_connection() -> None:
    event = delivery("deferred", f"host {MX} refused to talk to me: 554 5.7.1 blocked", "4.0.0")
    assert (event.direction, event.stage, event.text) == ("received", "connect", "554 5.7.1 blocked")
    assert (event.code, event.status, event.peer) == (554, "4.0.0", MX)


def test_a_login_that_is_refused_answers_auth() -> None:
    reason = f"SASL authentication failed; server {MX} said: 535 5.7.8 Error: authentication failed"
    event = delivery("deferred", reason, "4.7.8")
    assert (event.direction, event.stage, event.code, event.peer) == ("received", "auth", 535, MX)
    assert event.text == "535 5.7.8 Error: authentication failed"


def test_a_reply_that_stopped_all_deliveries_for_a_while_is_read_through() -> None:
    reason = f"delivery temporarily suspended: host {MX} refused to talk to me: 421 4.7.0 too many"
    event = delivery("deferred", reason, "4.7.0", "postfix/error", "none")
    assert (event.direction, event.stage, event.text) == ("received", "connect", "421 4.7.0 too many")


def test_an_lmtp_server_on_a_socket_is_a_peer_too() -> None:
    relay = "mail.example.org[private/dovecot-lmtp]"
    reply = "552 5.2.2 <bob@example.com> Quota exceeded (mailbox for user is full)"
    event = delivery(
        "bounced",
        f"host {relay} said: {reply} (in reply to end of DATA command)",
        "5.2.2",
        "postfix/lmtp",
        relay,
    )
    assert (event.peer, event.text, event.stage) == (relay, reply, "content")


def test_a_line_that_was_cut_keeps_what_there_is() -> None:
    head = f"{KEY}: to=<bob@example.com>, relay={MX}:25, delay=1, delays=0/0/1/0, dsn=5.7.1, status=bounced"
    event = read(f"{head} (host {MX} said: 550 5.7.1 no (in reply to RCPT T")
    assert (event.text, event.stage, event.code) == ("550 5.7.1 no", "rcpt", 550)
    event = read(f"{head} (host {MX} said: 550 5.7.1 n")
    assert (event.text, event.stage, event.direction) == ("550 5.7.1 n", "unknown", "received")
    assert read(head).result == "bounced"


# --- what became of it ---


def test_a_delivery_names_the_queue_id_it_went_on_under() -> None:
    event = delivery("sent", "250 2.0.0 Ok: queued as 9A8B7C6D5E", "2.0.0")
    assert (event.result, event.direction, event.stage) == ("delivered", "received", "content")
    assert (event.code, event.enhanced, event.link, event.status) == (250, "2.0.0", "9A8B7C6D5E", "")
    through = "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 4X3Y2Z1"
    assert delivery("sent", through, "2.0.0").link == "4X3Y2Z1"
    assert delivery("sent", "forwarded as 9A8B7C6D5E", "2.0.0", "postfix/local", "local").link == "9A8B7C6D5E"


@pytest.mark.parametrize(
    ("status", "result"),
    [
        ("sent", "delivered"),
        ("deferred", "deferred"),
        ("bounced", "bounced"),
        ("expired", "bounced"),
        ("undeliverable", "bounced"),
        ("deliverable", ""),
    ],
)
def test_the_status_is_the_result(status: str, result: str) -> None:
    assert delivery(status, "delivered to mailbox", "2.0.0", "postfix/local", "local").result == result


def test_what_discard_takes_or_a_filter_drops_is_discarded() -> None:
    assert delivery("sent", "example.com", "2.0.0", "postfix/discard", "none").result == "discarded"
    assert delivery("sent", "250 2.7.0 Ok, discarded, id=01234-05", "2.7.0").result == "discarded"


@pytest.mark.parametrize(
    ("reason", "stage", "peer"),
    [
        (f"connect to {MX}:25: Connection timed out", "connect", MX),
        (f"delivery temporarily suspended: connect to {MX}:25: Connection refused", "connect", MX),
        (f"lost connection with {MX} while sending RCPT TO", "rcpt", MX),
        (f"lost connection with {MX} while receiving the initial server greeting", "connect", MX),
        (f"conversation with {MX} timed out while sending message body", "content", MX),
        (f"conversation with {MX} timed out while performing the EHLO handshake", "helo", MX),
        (f"TLS is required, but was not offered by host {MX}", "starttls", MX),
        ("Server certificate not verified", "starttls", MX),
        (
            "Host or domain name not found. Name service error for name=example.com type=MX: Host not found",
            "unknown",
            MX,
        ),
        ("mail for example.com loops back to myself", "unknown", MX),
        ('unknown user: "bob"', "unknown", MX),
        ("command line usage error. Command output: 550 no such thing", "unknown", MX),
    ],
)
def test_what_no_remote_said_is_local(reason: str, stage: str, peer: str) -> None:
    event = delivery("deferred", reason, "4.4.1")
    assert (event.direction, event.code, event.enhanced, event.status) == ("local", 0, "", "4.4.1")
    assert event.text == reason.removeprefix("delivery temporarily suspended: ")
    assert (event.stage, event.peer) == (stage, peer)


def test_a_local_delivery_has_no_peer() -> None:
    assert delivery("sent", "delivered to maildir", "2.0.0", "postfix/virtual", "virtual").peer == ""


def test_an_address_may_hold_what_ends_addresses() -> None:
    rest = "orig_to=<x@example.org>, relay=none, delay=0.1, dsn=4.4.3, status=deferred (x)"
    event = read(f'{KEY}: to=<"a>, relay=b"@example.com>, {rest}')
    assert event.recipient == '"a>, relay=b"@example.com'


@pytest.mark.parametrize("key", ["4F2A1", "4F2A1B3C4D5E6F", "4Tg7bX2kRHz1yWc"])
@pytest.mark.parametrize(
    "program",
    [
        "postfix/smtp",
        "postfix-out/smtp",
        "postfix/relay/smtp",
        "postfix-192.0.2.1/smtp",
        "postfix/submission/smtp",
        "mx1/smtp",
    ],
)
def test_ids_of_both_lengths_and_names_of_all_instances_are_known(key: str, program: str) -> None:
    event = read(
        f"{key}: to=<b@example.com>, relay=none, conn_use=3, delay=2, delays=0/0/1/1, tls=dane, "
        "dsn=4.3.0, status=deferred (mail transport unavailable)",
        program,
    )
    assert (event.key, event.result) == (key, "deferred")


def test_a_line_of_before_2_3_has_no_delays_and_no_dsn() -> None:
    event = read(f"{KEY}: to=<b@example.com>, relay={MX}, delay=2, status=sent (250 Ok)")
    assert (event.result, event.code, event.status, event.peer) == ("delivered", 250, "", MX)


# --- queue, notices, early words ---


def test_the_queue_manager_tells_sender_and_size() -> None:
    event = read(f"{KEY}: from=<a@example.org>, size=5360, nrcpt=1 (queue active)", "postfix/qmgr")
    assert (event.key, event.sender, event.size, event.result, event.text) == (
        KEY,
        "a@example.org",
        5360,
        "",
        "",
    )
    assert read(f"{KEY}: from=<>, size=1, nrcpt=1 (queue active)", "postfix/qmgr").sender == "<>"
    assert read(f"{KEY}: removed", "postfix/qmgr").key == KEY


@pytest.mark.parametrize("status", ["expired", "force-expired"])
def test_a_message_that_waited_too_long_is_bounced(status: str) -> None:
    event = read(f"{KEY}: from=<a@example.org>, status={status}, returned to sender", "postfix/qmgr")
    assert (event.result, event.direction, event.sender) == ("bounced", "local", "a@example.org")
    assert event.text == f"{status}, returned to sender"


@pytest.mark.parametrize(
    "kind", ["sender non-delivery", "sender delay", "postmaster non-delivery", "sender delivery status"]
)
def test_a_notice_is_tied_to_its_message(kind: str) -> None:
    event = read(f"{KEY}: {kind} notification: 9A8B7C6D5E", "postfix/bounce")
    assert (event.key, event.link, event.result, event.text) == (KEY, "9A8B7C6D5E", "", "")


def test_what_is_said_before_the_fate_is_known_has_no_result() -> None:
    event = read(f"{KEY}: host {MX} said: 421-4.7.0 slow 421 4.7.0 down (in reply to end of DATA command)")
    assert (event.result, event.direction, event.stage, event.code) == ("", "received", "content", 421)
    event = read(f"connect to {MX}:25: Connection refused")
    assert (event.result, event.direction, event.stage, event.peer) == ("", "local", "connect", MX)
    event = read(f"{KEY}: lost connection with {MX} while sending RCPT TO")
    assert (event.key, event.stage) == (KEY, "rcpt")
    event = read(f"SSL_connect error to {MX}:25: lost connection")
    assert (event.stage, event.peer) == ("starttls", MX)


@pytest.mark.parametrize(
    ("message", "program"),
    [
        (
            f"Untrusted TLS connection established to {MX}:25: TLSv1.3 with cipher X (256/256 bits)",
            "postfix/smtp",
        ),
        ("statistics: max connection rate 1/60s for (smtpd:192.0.2.1) at Nov 23 15:00:00", "postfix/anvil"),
        ("warning: dict_ldap_lookup: search error", "postfix/cleanup"),
        ("daemon started -- version 3.7.11, configuration /etc/postfix", "postfix/master"),
        (
            "cache btree:/var/lib/postfix/verify_cache full cleanup: retained=1 dropped=0 entries",
            "postfix/verify",
        ),
        ("fatal: open /etc/postfix/main.cf: no such file", "postfix"),
        (f"{KEY}: released from hold", "postfix/postsuper"),
    ],
)
def test_other_lines_are_known_and_tell_nothing(message: str, program: str) -> None:
    event = read(message, program)
    assert (event.result, event.text) == ("", "")


def test_what_people_do_by_hand_is_told() -> None:
    assert read(f"{KEY}: placed on hold", "postfix/postsuper").result == "held"
    event = read(f"{KEY}: uid=1000 from=<a@example.org>", "postfix/pickup")
    assert (event.result, event.sender) == ("accepted", "a@example.org")


# --- what is not Postfix's ---


@pytest.mark.parametrize(
    "program", ["exim", "smtpd", "cyrus/lmtpunix", "cyrus/master", "sshd", "foo/bar", "/", "smtp/"]
)
def test_a_line_of_another_program_is_none(program: str) -> None:
    assert Postfix().read(Frame("x", f"{KEY}: removed", program=program)) is None


@pytest.mark.parametrize(
    "message",
    [
        f"{KEY}: to=<b@example.com>, relay=none, delay=2, delays=0/0/1/1, dsn=4.3.0, status=deferred (x)",
        f"{KEY}: from=<a@example.org>, size=5360, nrcpt=1 (queue active)",
        f"{KEY}: message-id=<m@example.org>",
        f"{KEY}: host {MX} said: 450 4.2.0 later (in reply to RCPT TO command)",
        "NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 no; from=<a@example.org> proto=ESMTP helo=<x>",
    ],
)
def test_a_message_cut_out_of_its_line_is_known_by_its_form(message: str) -> None:
    assert Postfix().read(Frame(message, message)) is not None


@pytest.mark.parametrize(
    "message", ["", "550 no", "hello: to=<x>", "2026-11-23 15:05:56 1abc Completed", "warning: x: y: z"]
)
def test_a_message_of_no_form_of_postfix_is_none(message: str) -> None:
    assert Postfix().read(Frame(message, message)) is None


def test_many_programs_are_not_all_remembered() -> None:
    reader = Postfix()
    for number in range(5000):
        reader.read(Frame("", "", program=f"x{number}"))
    assert len(reader._daemons) <= 1024


@given(
    st.text(max_size=300),
    st.sampled_from(["", "postfix/smtp", "postfix/smtpd", "postfix/qmgr", "postfix/cleanup"]),
)
def test_no_text_breaks_it(text: str, program: str) -> None:
    for message in (
        text,
        f"{KEY}: {text}",
        f"{KEY}: to=<b@example.com>, relay=none, delay=1, status=sent ({text})",
    ):
        event = Postfix().read(Frame(message, message, program=program))
        assert event is None or event.code == 0 or 200 <= event.code <= 599


# --- labelled lines ---


def labelled() -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in LABELLED.read_text().split("\n") if line]
    return [row for row in rows if row["mta"] == "postfix"]


@pytest.mark.skipif(not LABELLED.exists(), reason="the labelled lines are not here")
def test_at_least_97_in_100_labelled_lines_give_code_enhanced_code_step_and_result() -> None:
    reader = Postfix()
    wrong = []
    rows = [row for row in labelled() if row["source"].startswith("generated")]
    for row in rows:
        event = reader.read(unframe(row["line"], TODAY))
        assert event is not None
        told = row["expected"]
        expected = (int(told["code"]), told["enhanced"], STAGES[told["stage"]], told["result"], "received")
        words = re.sub(r"^[0-9]{3}[ -](?:[245]\.[0-9.]+ )?", "", event.text)
        joined = f"{told['code']} {told['enhanced']}" in words  # the lines of a reply, each with its code
        got = (event.code, event.enhanced, event.stage, event.result, event.direction)
        if got != expected or not (joined or words == told["text"]) or told["remote"] not in event.peer:
            wrong.append(row["line"])
    assert len(rows) > 300
    assert len(wrong) <= 0.03 * len(rows), wrong


@pytest.mark.skipif(not LABELLED.exists(), reason="the labelled lines are not here")
def test_every_reply_in_a_line_of_postfix_is_found() -> None:
    reader = Postfix()
    reply = re.compile(r" said: ([245]\d\d)|status=sent \((2\d\d) |reject: [A-Z-]+ from \S+: ([45]\d\d) ")
    for row in labelled():
        found = reply.search(row["line"])
        if found is not None and row["process"] not in ("amavis", "dovecot"):
            event = reader.read(unframe(row["line"], TODAY))
            assert event is not None, row["line"]
            assert event.code == int(found[1] or found[2] or found[3]), row["line"]
            assert event.direction in ("sent", "received")
