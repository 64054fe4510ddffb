"""Exchange's protocol logs: whose reply, to which command, about whom; and the headers of its CSV files."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.event import Event
from gatepost.maillog.frame import unframe
from gatepost.maillog.readers.exchange import Exchange

LABELLED = Path(__file__).parents[4] / "shared/data/loglines_dev.jsonl"
TODAY = dt.date(2026, 11, 23)
RECEIVE = """\
\ufeff#Software: Microsoft Exchange Server
#Version: 15.0.0.0
#Log-type: SMTP Receive Protocol Log
#Date: 2026-11-23T15:00:00.000Z
#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context
"""
SEND = RECEIVE.replace("Receive", "Send")


def read(*lines: str, reader: Exchange | None = None) -> list[Event]:
    reader = reader or Exchange()
    events = [reader.read(unframe(line, TODAY)) for text in lines for line in text.splitlines()]
    assert all(event is not None for event in events)
    return [event for event in events if event is not None]


def line(mark: str, data: str = "", context: str = "", session: str = "08DA4F7C11473A60") -> str:
    quoted = f'"{data}"' if "," in data else data
    ends = "192.0.2.1:25,192.0.2.9:53722"
    return f"2026-11-23T15:05:55.514Z,EX1\\Default Frontend EX1,{session},5,{ends},{mark},{quoted},{context}"


def test_a_receive_log_holds_our_replies() -> None:
    events = read(
        RECEIVE,
        line("+"),
        line(">", "220 mail.example.com Microsoft ESMTP"),
        line("<", "EHLO out.example.org"),
        line(">", "250-mail.example.com Hello"),
        line(">", "250 SMTPUTF8"),
        line("<", "MAIL FROM:<a@example.org> SIZE=20"),
        line(">", "250 2.1.0 Sender OK"),
        line("<", "RCPT TO:<b@example.com>"),
        line(">", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found, really"),
    )
    assert events[-1] == Event(
        system="exchange",
        time="2026-11-23T15:05:55.514+00:00",
        key="08DA4F7C11473A60",
        result="rejected",
        direction="sent",
        stage="rcpt",
        text="550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found, really",
        code=550,
        enhanced="5.1.10",
        peer="192.0.2.9",
        sender="a@example.org",
        recipient="b@example.com",
    )
    assert [event.stage for event in events if event.text] == ["connect", "helo", "mail", "rcpt"]


def test_a_send_log_holds_their_replies() -> None:
    events = read(
        SEND,
        line("*", "", "attempting to connect"),
        line("+"),
        line("<", "220 mx.example.com ESMTP"),
        line(">", "EHLO mail.example.org"),
        line("<", "250 mx.example.com"),
        line(">", "MAIL FROM:<a@example.org>"),
        line(">", "RCPT TO:<b@example.com>"),
        line("<", "250 2.1.0 Ok"),
        line("<", "250 2.1.5 Ok"),
        line(">", "BDAT 2048 LAST"),
        line("<", "451 4.7.1 Greylisted, try again"),
        line(">", "QUIT"),
        line("<", "221 2.0.0 Bye"),
        line("-", "", "Remote"),
    )
    told = next(event for event in events if event.code == 451)
    assert (told.result, told.direction, told.stage) == ("deferred", "received", "content")
    assert (told.sender, told.recipient, told.text) == (
        "a@example.org",
        "b@example.com",
        "451 4.7.1 Greylisted, try again",
    )


def test_a_message_taken_over_is_accepted_or_delivered() -> None:
    dialogue = [("<", "DATA"), (">", "354 go"), (">", "250 2.6.0 <x@example.org> Queued mail for delivery")]
    events = read(RECEIVE, line("+"), line(">", "220 x"), *(line(*step) for step in dialogue))
    assert events[-1].result == "accepted"
    events = read(
        SEND, line("+"), line("<", "220 x"), *(line("><"[m == ">"], words) for m, words in dialogue)
    )
    assert events[-1].result == "delivered"


def test_sessions_do_not_mix() -> None:
    one, two = "08DA4F7C11473A60", "08DA4F7C11473A61"
    events = read(
        line("+", session=one), line("+", session=two), line(">", "220 x", session=one),
        line(">", "554 5.7.1 go away", session=two), line("<", "EHLO x", session=one),
        line(">", "501 5.5.4 bad", session=one),
    )  # fmt: skip
    assert [(event.key, event.stage) for event in events if event.code >= 500] == [
        (two, "connect"),
        (one, "helo"),
    ]


def test_one_line_cut_out_of_a_log_tells_what_it_can() -> None:
    (event,) = read(line(">", "535 5.7.3 Authentication unsuccessful"))
    assert (event.direction, event.stage, event.result, event.code) == ("sent", "auth", "rejected", 535)
    (event,) = read(line("<", "550 5.7.1 no, never"))
    assert (event.direction, event.stage, event.result) == ("received", "unknown", "bounced")


@pytest.mark.parametrize(
    ("words", "stage"),
    [
        ('"Failed to connect. Winsock error code: 10060, Error Message: no answer"', "connect"),
        ("TLS negotiation failed with error SocketError", "starttls"),
    ],
)
def test_a_note_of_a_failure_is_local(words: str, stage: str) -> None:
    (event,) = read(line("*", "", words))
    assert (event.direction, event.stage, event.text) == ("local", stage, words.strip('"'))


@pytest.mark.parametrize(
    "words", ["Set Session Permissions", "receiving message", "Tarpit for '0.00:00:05' due to '550 5.7.1 x'"]
)
def test_other_notes_tell_of_no_fate(words: str) -> None:
    (event,) = read(line("*", "SMTPSubmit", words))
    assert (event.text, event.result, event.key) == ("", "", "08DA4F7C11473A60")


def test_what_was_said_may_hold_commas_without_quotes() -> None:
    (event,) = read(
        "2026-11-23T15:05:55Z,C,08DA4F7C11473A60,5,192.0.2.1:25,[2001:db8::9]:5,>,550 5.7.1 no, never, ever,"
    )
    assert (event.text, event.peer) == ("550 5.7.1 no, never, ever", "[2001:db8::9]")


def test_a_header_names_the_columns_of_a_tracking_log() -> None:
    reader = Exchange()
    read(
        "#Software: Microsoft Exchange Server",
        "#Fields: date-time,event-id,source,message-id,recipient-address,recipient-status",
        reader=reader,
    )
    row = (
        "2026-11-23T15:05:55.5Z,FAIL,ROUTING,<x@example.org>,b@example.com,550 5.4.4 ROUTING.NoConnectors; no"
    )
    (event,) = read(row, reader=reader)
    assert (event.result, event.direction, event.code, event.recipient) == (
        "bounced",
        "local",
        550,
        "b@example.com",
    )
    assert (
        reader.read(
            unframe("Nov 23 15:05:55 mail postfix/smtp[1]: 4ABC: to=<a@example.org>, status=sent", TODAY)
        )
        is None
    )


def test_an_exported_trace_has_a_header_of_its_own() -> None:
    reader = Exchange()
    header = (
        '"MessageId","Received","SenderAddress","RecipientAddress","Subject","Status","ToIP","FromIP","Size"'
    )
    row = '"<x@example.org>","11/23/2026 3:05 PM","a@example.org","b@example.com","a, b","Failed","","","99"'
    event = read(header, row, reader=reader)[1]
    assert (event.result, event.sender, event.recipient, event.size) == (
        "bounced",
        "a@example.org",
        "b@example.com",
        99,
    )
    assert event.time == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "550 5.1.1 no",
        "#Fields: date time c-ip cs-username",
        "# a comment",
        "2026-11-23T15:05:55Z,a,b,c",
        '"SMTPD"\t4711\t22\t"2026-11-23 15:05:55.001"\t"192.0.2.9"\t"SENT: 550 no, no"',
        '"a","b","c","d","e',
        "2026-11-23T15:05:55.514Z,0000000000000005,1,192.0.2.1:110,192.0.2.9:5,user,1,2,6,auth,PLAIN,x,",
    ],
)
def test_a_line_of_another_system_is_not_taken(text: str) -> None:
    assert Exchange().read(unframe(text, TODAY)) is None


@given(st.text(alphabet='<>*+-",;{}[]= 5\r\0aé', max_size=80), st.sampled_from("<>*+-"))
def test_any_data_is_read_without_fault(text: str, mark: str) -> None:
    Exchange().read(unframe(line(mark, text, text), TODAY))
    reader = Exchange()
    read("#Fields: date-time,event-id,message-id,recipient-status", reader=reader)
    reader.read(unframe(f"2026-11-23T15:05:55Z,FAIL,x,{text}", TODAY))


# The labelled lines belong to others and are not a part of the project: where they are not, nobody can fetch them.
if LABELLED.exists():

    def test_the_labelled_protocol_line_is_read() -> None:
        rows = [json.loads(line) for line in LABELLED.read_text(encoding="utf-8").splitlines()]
        lines = [row["line"] for row in rows if row["mta"] == "exchange" and ",>," in row["line"]]
        assert [(event.code, event.enhanced, event.stage) for event in read(*lines)] == [
            (535, "5.7.3", "auth")
        ]
