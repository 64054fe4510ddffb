"""MailEnable: a command and its reply on each line."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.event import Event
from gatepost.maillog.frame import unframe
from gatepost.maillog.readers.mailenable import Mailenable

TODAY = dt.date(2026, 11, 23)


def read(*lines: str) -> list[Event]:
    reader = Mailenable()
    events = [reader.read(unframe(line, TODAY)) for line in lines]
    assert all(event is not None for event in events)
    return [event for event in events if event is not None]


def line(command: str, given: str, reply: str, part: str = "SMTP-IN") -> str:
    return f"11/23/26 15:05:55\t{part}\tABCD.MAI\t1328\t192.0.2.9\t{command}\t{given}\t{reply}\t97\t34\t"


def test_a_recipient_refused() -> None:
    events = read(
        line("", "", "220 mail.example.org ESMTP MailEnable"),
        line("MAIL", "MAIL FROM:<a@example.com>", "250 Requested mail action okay, completed"),
        line(
            "RCPT",
            "RCPT TO:<b@example.org>",
            "550 Requested action not taken: mailbox unavailable or not local",
        ),
    )
    assert events[2] == Event(
        system="mailenable",
        program="SMTP-IN",
        time="2026-11-23T15:05:55",
        key="ABCD.MAI",
        link="1328",
        result="rejected",
        direction="sent",
        stage="rcpt",
        text="550 Requested action not taken: mailbox unavailable or not local",
        code=550,
        peer="192.0.2.9",
        sender="a@example.com",
        recipient="b@example.org",
    )
    assert events[0].stage == "connect"


@pytest.mark.parametrize(
    ("reply", "stage", "result"),
    [
        ("354 Start mail input", "data", ""),
        ("250 Requested mail action okay, completed", "content", "delivered"),
        ("451 4.3.0 later", "content", "deferred"),
        ("554 5.7.1 spam", "content", "bounced"),
    ],
)
def test_a_reply_to_data_that_is_no_354_is_about_the_content(reply: str, stage: str, result: str) -> None:
    (event,) = read(line("DATA", "DATA", reply, "SMTP-OU"))
    assert (event.stage, event.result, event.direction) == (stage, result, "received")


def test_other_ways_to_write_the_time() -> None:
    (event,) = read(line("QUIT", "QUIT", "221 bye").replace("11/23/26 15:05:55", "2026-11-23 5:05:55"))
    assert event.time == "2026-11-23T05:05:55"
    (event,) = read(line("QUIT", "QUIT", "221 bye").replace("11/23/26", "x"))
    assert event.time == ""


@pytest.mark.parametrize(
    "text",
    ["", "550 no", "a\tSMTP-IN", "a\tSMTP-XX\tb\tc\td\te\tf\tg", '"SMTPD"\t1\t2\t"x"\t"y"\t"SENT: 550"'],
)
def test_a_line_of_another_system_is_not_taken(text: str) -> None:
    assert Mailenable().read(unframe(text, TODAY)) is None


@given(
    st.text(alphabet=st.characters(exclude_characters="\t"), max_size=60),
    st.sampled_from(["MAIL", "RCPT", "DATA", ""]),
)
def test_any_cells_are_read_without_fault(words: str, command: str) -> None:
    read(line(command, words, words), line(command, f"TO:{words}", "550 " + words))
