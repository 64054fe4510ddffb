"""GroupWise's Internet Agent: replies of remotes, and the codes it makes up itself."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.event import Event
from gatepost.maillog.frame import unframe
from gatepost.maillog.readers.gwia import Gwia

TODAY = dt.date(2026, 11, 23)


def read(*lines: str) -> list[Event]:
    reader = Gwia()
    events = [reader.read(unframe(line, TODAY)) for line in lines]
    assert all(event is not None for event in events)
    return [event for event in events if event is not None]


def test_a_reply_of_a_remote() -> None:
    events = read(
        "15:05:50 3E8 DMN: MSG 1092 Connected to mx.example.com [192.0.2.25]",
        "15:05:51 3E8 DMN: MSG 1092 Detected error on SMTP command",
        "15:05:51 3E8 Command: RCPT TO:<b@example.com>",
        "15:05:51 3E8 Response: 550 5.1.1 <b@example.com>: User unknown",
    )
    assert events[-1] == Event(
        system="gwia",
        key="1092",
        link="3E8",
        result="bounced",
        direction="received",
        stage="rcpt",
        text="550 5.1.1 <b@example.com>: User unknown",
        code=550,
        enhanced="5.1.1",
        peer="mx.example.com [192.0.2.25]",
        recipient="b@example.com",
    )


@pytest.mark.parametrize(
    ("words", "result"),
    [
        ("420 TCP read error", "deferred"),
        ("420 TCP read/write error", "deferred"),
        ("450 Host down (mx.example.com)", "deferred"),
        ("550 Host unknown", "bounced"),
    ],
)
def test_codes_it_makes_up_itself_are_local(words: str, result: str) -> None:
    (event,) = read(f"15:05:55 3E8 DMN: MSG 1092 Send Failure: {words}")
    assert (event.direction, event.result, event.text) == ("local", result, words)
    assert event.code == int(words[:3])


def test_a_failure_of_a_remote_is_received() -> None:
    (event,) = read("15:05:55 3E8 DMN: MSG 1092 Send Failure: 554 5.7.1 Relaying denied")
    assert (event.direction, event.result, event.enhanced) == ("received", "bounced", "5.7.1")


def test_a_failure_that_repeats_the_reply_is_told_once() -> None:
    events = read(
        "15:05:51 3E8 DMN: MSG 1092 Command: MAIL FROM:<a@example.org>",
        "15:05:51 3E8 DMN: MSG 1092 Response: 550 5.7.1 no",
        "15:05:52 3E8 DMN: MSG 1092 Send Failure: 550 5.7.1 no",
    )
    assert [event.result for event in events] == ["", "bounced", ""]
    assert events[1].stage == "mail"


def test_a_session_of_a_client_names_its_address() -> None:
    events = read(
        "15:05:50 A1F DMN: MSG 7 Accepted connection: [192.0.2.9] (out.example.org)",
        "15:05:50 A1F DMN: MSG 7 SMTP session ended: [192.0.2.9] (out.example.org)",
    )
    assert [event.peer for event in events] == ["192.0.2.9 [out.example.org]"] * 2
    assert [event.result for event in events] == ["", ""]


def test_a_connection_that_broke_is_local() -> None:
    (event,) = read("15:05:50 A1F DMN: MSG 7 TCP read/write error")
    assert (event.direction, event.text, event.result) == ("local", "TCP read/write error", "")


def test_a_date_before_the_time_is_kept() -> None:
    (event,) = read("11-23-26 15:05:50 A1F DMN: MSG 7 Send Failure: 450 Host down")
    assert event.time == "2026-11-23T15:05:50"


def test_words_of_a_known_thread_are_taken() -> None:
    events = read("15:05:50 A1F DMN: MSG 7 Sending file: x", "15:05:50 A1F anything else")
    assert events[1].key == "7"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "15:05:55",
        "15:05:55 3E8 anything",
        "550 5.1.1 no",
        "15:05:55 zz DMN: MSG 1 x",
        "11/23/26 15:05:55\tSMTP-IN",
    ],
)
def test_a_line_of_another_system_is_not_taken(text: str) -> None:
    assert Gwia().read(unframe(text, TODAY)) is None


@given(
    st.text(max_size=100),
    st.sampled_from(
        ["DMN: ", "DMN: MSG 1 ", "Command: ", "Response: ", "DMN: MSG 2 Send Failure: ", "Connected to "]
    ),
)
def test_any_words_are_read_without_fault(words: str, start: str) -> None:
    read("15:05:50 A1F DMN: MSG 7 Sending", f"15:05:50 A1F {start}{words}")
