"""hMailServer: the dialogues of its server and its client, and its deliveries."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.event import Event
from gatepost.maillog.frame import unframe
from gatepost.maillog.readers.hmailserver import Hmailserver

TODAY = dt.date(2026, 11, 23)


def read(*lines: str) -> list[Event]:
    reader = Hmailserver()
    events = [reader.read(unframe(line, TODAY)) for line in lines]
    assert all(event is not None for event in events)
    return [event for event in events if event is not None]


def line(words: str, part: str = "SMTPD", session: int = 22) -> str:
    return f'"{part}"\t4711\t{session}\t"2026-11-23 15:05:55.001"\t"192.0.2.9"\t"{words}"'


def test_the_server_refuses() -> None:
    events = read(
        line("SENT: 220 mail.example.org ESMTP"),
        line("RECEIVED: EHLO out.example.com"),
        line("SENT: 250-mail.example.org[nl]250-SIZE 20480000[nl]250 HELP"),
        line("RECEIVED: MAIL FROM:<a@example.com>"),
        line("SENT: 250 OK"),
        line("RECEIVED: RCPT TO:<b@example.org>"),
        line("SENT: 550 Unknown user"),
    )
    assert events[-1] == Event(
        system="hmailserver",
        program="SMTPD",
        time="2026-11-23T15:05:55.001",
        key="22",
        link="4711",
        result="rejected",
        direction="sent",
        stage="rcpt",
        text="550 Unknown user",
        code=550,
        peer="192.0.2.9",
        sender="a@example.com",
        recipient="b@example.org",
    )
    assert events[2].text == "250 mail.example.org SIZE 20480000 HELP"


def test_the_client_is_refused() -> None:
    events = read(
        line("RECEIVED: 220 mx.example.com", "SMTPC"),
        line("SENT: RCPT TO:<b@example.com>", "SMTPC"),
        line("RECEIVED: 451 4.7.1 Greylisted", "SMTPC"),
    )
    assert (events[2].direction, events[2].stage, events[2].result) == ("received", "rcpt", "deferred")
    assert (events[2].code, events[2].enhanced, events[2].recipient) == (451, "4.7.1", "b@example.com")


def test_both_ends_of_one_session_number_do_not_mix() -> None:
    events = read(
        line("RECEIVED: RCPT TO:<b@example.org>"),
        line("SENT: DATA", "SMTPC"),
        line("RECEIVED: 354 go", "SMTPC"),
        line("SENT: 550 no"),
    )
    assert (events[3].stage, events[2].stage) == ("rcpt", "data")


@pytest.mark.parametrize(
    ("words", "result"),
    [
        ("Message could not be delivered. Scheduling it for later delivery in 60 minutes.", "deferred"),
        ("Message could not be delivered. Returning error log to sender.", "bounced"),
        ("Message delivery thread completed.", ""),
    ],
)
def test_what_became_of_a_message(words: str, result: str) -> None:
    (event,) = read(f'"APPLICATION"\t4711\t"2026-11-23 15:05:55.001"\t"SMTPDeliverer - Message 77: {words}"')
    assert (event.key, event.result, event.time) == ("77", result, "2026-11-23T15:05:55.001")


def test_a_delivery_names_its_envelope() -> None:
    (event,) = read(
        '"APPLICATION"\t4711\t"2026-11-23 15:05:55.001"\t'
        '"SMTPDeliverer - Message 77: Delivering message from <Empty> to b@example.com. File: C:\\x.eml"'
    )
    assert (event.sender, event.recipient, event.result) == ("<>", "b@example.com", "")


def test_other_parts_tell_of_no_fate() -> None:
    (event,) = read('"TCPIP"\t4711\t"2026-11-23 15:05:55.001"\t"TCP - 192.0.2.9 connected to 192.0.2.1:25."')
    assert (event.result, event.text, event.time) == ("", "", "2026-11-23T15:05:55.001")


@pytest.mark.parametrize("text", ["", '"a"\t"b"', '"SMTPD"', '"a","b"', "SMTPD\t1\t2", "550 no"])
def test_a_line_of_another_system_is_not_taken(text: str) -> None:
    assert Hmailserver().read(unframe(text, TODAY)) is None


@given(st.text(max_size=100), st.sampled_from(["", "SENT: ", "RECEIVED: ", "SENT: 250-", "SENT: 550 [nl]"]))
def test_any_words_are_read_without_fault(words: str, start: str) -> None:
    read(line(start + words), line(start + words, "SMTPC"), line(words, "APPLICATION"))
