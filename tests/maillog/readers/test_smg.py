"""Secure Messaging Gateway: replies, the address of a connection, notes of its parts."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.event import Event
from gatepost.maillog.frame import unframe
from gatepost.maillog.readers.smg import Smg

TODAY = dt.date(2026, 11, 23)


def read(*lines: str) -> list[Event]:
    reader = Smg()
    events = [reader.read(unframe(line, TODAY)) for line in lines]
    assert all(event is not None for event in events)
    return [event for event in events if event is not None]


def line(words: str, part: str = "SMTP", connection: str = "321927") -> str:
    return f"[140054362048256] 2020-10-07 00:10:58 ({part})<{connection}> {words}"


def test_a_connection_refused_for_its_reputation() -> None:
    events = read(
        line("IP address 192.0.2.9 delayed by IP reputation test with score of 500 (min 500)", "IPRP"),
        line("IP reputation located entry for address: 192.0.2.9", "IPRP"),
        line("Connection will be dropped"),
        line("[g->c] 554 IP address 192.0.2.9 rejected [IP reputation tempfail]"),
    )
    assert [event.text for event in events[:3]] == ["", "", ""]
    assert events[3] == Event(
        system="smg",
        program="SMTP",
        time="2020-10-07T00:10:58",
        key="321927",
        result="rejected",
        direction="sent",
        stage="connect",
        text="554 IP address 192.0.2.9 rejected [IP reputation tempfail]",
        code=554,
        peer="192.0.2.9",
    )


def test_a_dialogue_is_followed() -> None:
    events = read(
        line("[g->c] 220 smg.example.org"),
        line("[c->g] EHLO out.example.com"),
        line("[g->c] 250 smg.example.org"),
        line("[c->g] MAIL FROM:<a@example.com>"),
        line("[g->c] 250 2.1.0 Ok"),
        line("[c->g] RCPT TO:<b@example.org>"),
        line("[g->s] RCPT TO:<b@example.org>"),
        line("[s->g] 450 4.2.1 busy"),
        line("[g->c] 451 4.3.0 Scan failure"),
    )
    assert (events[7].direction, events[7].stage, events[7].result) == ("received", "rcpt", "deferred")
    assert (events[8].direction, events[8].stage, events[8].result) == ("sent", "rcpt", "rejected")
    assert (events[8].sender, events[8].recipient, events[8].enhanced) == (
        "a@example.com",
        "b@example.org",
        "4.3.0",
    )


def test_a_socket_error_is_local() -> None:
    (event,) = read(line("Socket read error: closed"))
    assert (event.direction, event.result, event.text) == ("local", "", "Socket read error: closed")


@pytest.mark.parametrize(
    "text", ["", "[1]", "[140054362048256] 2020-10-07 00:10:58 no part", "[2026-11-23 15:05:55] x", "550 no"]
)
def test_a_line_of_another_system_is_not_taken(text: str) -> None:
    assert Smg().read(unframe(text, TODAY)) is None


@given(
    st.text(max_size=100), st.sampled_from(["", "[g->c] ", "[c->g] RCPT TO:", "[g->c] 550", "IP address "])
)
def test_any_words_are_read_without_fault(words: str, start: str) -> None:
    read(line(start + words))


def test_addresses_of_connections_are_kept_in_bounds() -> None:
    reader = Smg()
    for number in range(5000):
        reader.read(unframe(line("IP address 192.0.2.9 delayed", "IPRP", str(number)), TODAY))
    first = reader.read(unframe(line("[g->c] 554 no", connection="1"), TODAY))
    last = reader.read(unframe(line("[g->c] 554 no", connection="4999"), TODAY))
    assert first is not None
    assert last is not None
    assert (first.peer, last.peer) == ("", "192.0.2.9")
