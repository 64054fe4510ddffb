"""MDaemon: dialogues by session, arrows for who speaks."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.event import Event
from gatepost.maillog.frame import unframe
from gatepost.maillog.readers.mdaemon import Mdaemon

TODAY = dt.date(2026, 11, 23)


def read(*lines: str) -> list[Event]:
    reader = Mdaemon()
    events = [reader.read(unframe(line, TODAY)) for line in lines]
    assert all(event is not None for event in events)
    return [event for event in events if event is not None]


def line(words: str, session: str = "[4711] ") -> str:
    return f"Mon 2026-11-23 15:05:55.123: {session}{words}"


def test_a_client_refused() -> None:
    events = read(
        line("Session 4711; child 0001"),
        line("Accepting SMTP connection from 192.0.2.9:53722 to 192.0.2.1:25"),
        line("--> 220 mail.example.org ESMTP"),
        line("<-- EHLO out.example.com"),
        line("--> 250-mail.example.org"),
        line("--> 250 SIZE"),
        line("<-- MAIL From:<a@example.com>"),
        line("--> 250 2.1.0 ok"),
        line("<-- RCPT To:<b@example.org>"),
        line("--> 550 5.1.1 Recipient unknown <b@example.org>"),
    )
    assert events[-1] == Event(
        system="mdaemon",
        time="2026-11-23T15:05:55.123",
        key="4711",
        result="rejected",
        direction="sent",
        stage="rcpt",
        text="550 5.1.1 Recipient unknown <b@example.org>",
        code=550,
        enhanced="5.1.1",
        peer="192.0.2.9",
        sender="a@example.com",
        recipient="b@example.org",
    )


def test_a_remote_refuses() -> None:
    events = read(
        line("Attempting SMTP connection to mx.example.com:25"),
        line("<-- 220 mx.example.com"),
        line("--> EHLO mail.example.org"),
        line("<-- 554 5.7.1 go away"),
    )
    assert (events[3].direction, events[3].stage, events[3].result) == ("received", "helo", "bounced")
    assert events[3].peer == "mx.example.com"


@pytest.mark.parametrize(
    "words", ["Socket error 10060 - The connection timed out.", "Connection closed by remote"]
)
def test_a_connection_that_broke_is_local(words: str) -> None:
    (event,) = read(line(words))
    assert (event.direction, event.text, event.result) == ("local", words, "")


def test_older_lines_have_no_session() -> None:
    events = read(line("<-- RCPT TO:<b@example.org>", ""), line("--> 550 no", ""), line("----------", ""))
    assert (events[1].stage, events[1].key, events[1].result) == ("rcpt", "", "rejected")


@pytest.mark.parametrize(
    "text",
    ["", "Mon 2026-11-23", "550 no", "Mon Nov 23 15:05:55 2026: x", "Foo 2026-11-23 15:05:55: --> 550 x"],
)
def test_a_line_of_another_system_is_not_taken(text: str) -> None:
    assert Mdaemon().read(unframe(text, TODAY)) is None


@given(
    st.text(max_size=100), st.sampled_from(["", "--> ", "<-- ", "--> 250-", "Attempting SMTP connection to "])
)
def test_any_words_are_read_without_fault(words: str, start: str) -> None:
    read(line(start + words), line(start + words, ""))
