"""GWAVA's support logs: whose reply it is, and that the scanner's own numbers are none."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.event import Event
from gatepost.maillog.frame import unframe
from gatepost.maillog.readers.gwava import Gwava

TODAY = dt.date(2026, 11, 23)


def read(*lines: str) -> list[Event]:
    reader = Gwava()
    events = [reader.read(unframe(line, TODAY)) for line in lines]
    assert all(event is not None for event in events)
    return [event for event in events if event is not None]


def line(words: str, thread: str = "2lnvmt0", level: int = 4) -> str:
    return f"<ln><p>{thread}</p><l>{level}</l><d>2010-APR-23</d><t>00:00:03</t><i>{words}</i></ln>"


def test_a_reply_to_the_outside_is_ours() -> None:
    events = read(
        line("=> 220 mail.example.org"),
        line("<= EHLO out.example.com"),
        line("=> 250-mail.example.org"),
        line("=> 250 SIZE"),
        line("<= MAIL FROM:<a@example.com>"),
        line("=> 250 ok"),
        line("<= RCPT TO:<b@example.org>"),
        line("=> 550 No such recipient"),
    )
    assert events[-1] == Event(
        system="gwava",
        time="2010-04-23T00:00:03",
        key="2lnvmt0",
        result="rejected",
        direction="sent",
        stage="rcpt",
        text="550 No such recipient",
        code=550,
        peer="external server",
        sender="a@example.com",
        recipient="b@example.org",
    )
    assert [event.stage for event in events if event.code] == ["connect", "helo", "mail", "rcpt"]


def test_the_mail_server_inside_is_told_from_the_outside() -> None:
    events = read(
        line("<- 220 gwia.example.org"),
        line("<= MAIL FROM:<a@example.com>"),
        line("-> MAIL FROM:<a@example.com>"),
        line("<- 250 Ok"),
        line("-> RCPT TO:<b@example.org>"),
        line("<- 550 No such recipient"),
        line("=> 250 Ok"),
    )
    assert (events[5].direction, events[5].peer, events[5].stage) == ("received", "internal server", "rcpt")
    assert (events[5].result, events[5].recipient) == ("bounced", "b@example.org")
    assert (events[6].direction, events[6].peer, events[6].stage) == ("sent", "external server", "mail")


@pytest.mark.parametrize(
    "words",
    [
        "> 200 Postprocessing complete",
        "< 200 Scanner ready",
        "> 300 Query results ready to send",
        "200 Scanner ready",
        "< PROCESS_XML <gwava><scan><query><event.block /></query></scan></gwava>",
        "> process_xml <gwava><scan><prepare><nofile></nofile></prepare></scan></gwava>",
        "&gt; 200 Postprocessing complete",
        "+++Scan thread Count is: 10 for",
        "Running IP Reputation check",
        "Work file: SYS:\\OPT\\BEGINFINITE\\GWAVA4\\work\\wrk_81.xml",
    ],
)
def test_talk_between_its_own_parts_is_no_smtp(words: str) -> None:
    (event,) = read(line(words))
    assert (event.code, event.text, event.result, event.key) == (0, "", "", "2lnvmt0")


@pytest.mark.parametrize(
    "words", ["Socket read error: TCP recv fail", "Socket read error: TCP session closed"]
)
def test_a_connection_that_broke_is_local(words: str) -> None:
    (event,) = read(line(words, level=1))
    assert (event.text, event.direction, event.result) == (words, "local", "")


def test_a_refusal_at_once_is_at_connect() -> None:
    (event,) = read(line("=> 554 IP address 192.0.2.9 rejected [Failed RBL check]"))
    assert (event.stage, event.result, event.code) == ("connect", "rejected", 554)


def test_marks_may_be_escaped() -> None:
    (event,) = read(line("&lt;= 451 4.3.0 try later"))
    assert (event.direction, event.code, event.enhanced, event.result) == (
        "received",
        451,
        "4.3.0",
        "deferred",
    )


def test_a_lookup_of_a_blocklist_is_taken() -> None:
    (event,) = read("DNS->RBL lookup: mail.example.com->192.0.2.9")
    assert (event.text, event.result) == ("", "")


@pytest.mark.parametrize(
    "text", ["", "<ln>", "<ln><p>1</p>", "550 5.1.1 no", "<html>", "[1] 2020-10-07 00:10:58 (SMTP)<1> x"]
)
def test_a_line_of_another_system_is_not_taken(text: str) -> None:
    assert Gwava().read(unframe(text, TODAY)) is None


@given(st.text(max_size=100), st.sampled_from(["", "<= ", "=> 550", "-> ", "<- 250-", "&lt;= "]))
def test_any_words_are_read_without_fault(words: str, start: str) -> None:
    read(line(start + words))
