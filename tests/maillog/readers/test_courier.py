"""Courier: what it refused, and a remote's reply joined to what became of the recipient."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.event import Event
from gatepost.maillog.frame import unframe
from gatepost.maillog.readers.courier import Courier

LABELLED = Path(__file__).parents[4] / "shared/data/loglines_dev.jsonl"
TODAY = dt.date(2026, 11, 23)


def read(*lines: str) -> list[Event]:
    reader = Courier()
    events = [reader.read(unframe(line, TODAY)) for line in lines]
    assert all(event is not None for event in events)
    return [event for event in events if event is not None]


ID = "00000000000E2B2E.000000004A5B6C7D.00001234"


def line(program: str, words: str) -> str:
    return f"Nov 23 15:05:55 mail {program}: {words}"


def test_a_recipient_refused() -> None:
    (event,) = read(
        line(
            "courieresmtpd[4711]",
            "error,relay=::ffff:192.0.2.9,from=<a@example.org>,to=<b@example.com>: 550 5.1.1 User unknown",
        )
    )
    assert event == Event(
        system="courier",
        program="courieresmtpd",
        time="2026-11-23T15:05:55",
        host="mail",
        result="rejected",
        direction="sent",
        stage="rcpt",
        text="550 5.1.1 User unknown",
        code=550,
        enhanced="5.1.1",
        peer="192.0.2.9",
        sender="a@example.org",
        recipient="b@example.com",
    )


def test_a_sender_and_a_login_refused() -> None:
    events = read(
        line(
            "courieresmtpd",
            "error,relay=::ffff:192.0.2.9,from=<a@example.org>: 517 Domain does not exist: example.org.",
        ),
        line(
            "courieresmtpd",
            'error,relay=2001:db8::9,port=4711,msg="535 Authentication failed.",cmd: AUTH LOGIN a',
        ),
    )
    assert [(event.code, event.stage, event.result) for event in events] == [
        (517, "mail", "rejected"),
        (535, "auth", "rejected"),
    ]
    assert [event.peer for event in events] == ["192.0.2.9", "2001:db8::9"]
    assert events[0].text == "517 Domain does not exist: example.org."


@pytest.mark.parametrize(("status", "result"), [("failure", "bounced"), ("deferred", "deferred")])
def test_a_reply_is_joined_to_the_status_of_its_recipient(status: str, result: str) -> None:
    events = read(
        line("courieresmtp", f"id={ID},from=<a@example.org>,addr=<b@example.com>: 451 4.7.1 not now"),
        line("courieresmtp", f"id={ID},from=<a@example.org>,addr=<c@example.com>,status: {status}"),
        line("courieresmtp", f"id={ID},from=<a@example.org>,addr=<b@example.com>,status: {status}"),
    )
    assert [(event.result, event.code) for event in events] == [("", 451), (result, 0), (result, 451)]
    assert (events[2].key, events[2].direction, events[2].recipient) == (ID, "received", "b@example.com")
    assert (events[2].sender, events[2].enhanced) == ("a@example.org", "4.7.1")


def test_what_no_remote_said_is_local() -> None:
    events = read(
        line("courieresmtp", f"id={ID},from=<>,addr=<b@example.com>: Connection timed out"),
        line("courieresmtp", f"id={ID},from=<>,addr=<b@example.com>,status: deferred"),
    )
    assert (events[1].result, events[1].direction, events[1].text) == (
        "deferred",
        "local",
        "Connection timed out",
    )
    assert events[1].sender == "<>"


def test_a_delivery() -> None:
    (event,) = read(
        line("courierlocal", f"id={ID},from=<a@example.org>,addr=<b>,size=99,success: Message delivered.")
    )
    assert (event.result, event.size, event.recipient) == ("delivered", 99, "b")


def test_the_lines_of_the_queue_tell_of_no_fate() -> None:
    (event,) = read(
        line("courierd", f"newmsg,id={ID}: dns; out.example.org (out.example.org [::ffff:192.0.2.9])")
    )
    assert (event.key, event.text, event.result) == (ID, "", "")


@pytest.mark.parametrize(
    "text",
    ["", "550 no", "Nov 23 15:05:55 mail postfix/smtpd[1]: error,relay=x", "error,relay=192.0.2.9: 550 no"],
)
def test_a_line_of_another_system_is_not_taken(text: str) -> None:
    assert Courier().read(unframe(text, TODAY)) is None


@given(
    st.text(max_size=100),
    st.sampled_from(["", "error,relay=", "id=1,from=<", "id=1,addr=<a>,status: ", "id=1: 550"]),
)
def test_any_words_are_read_without_fault(words: str, start: str) -> None:
    read(line("courieresmtp", start + words), line("courieresmtpd", start + words))


# The labelled lines belong to others and are not a part of the project: where they are not, nobody can fetch them.
if LABELLED.exists():

    def test_the_labelled_refusals_are_read() -> None:
        rows = [json.loads(text) for text in LABELLED.read_text(encoding="utf-8").splitlines()]
        rows = [row for row in rows if row["mta"] == "courier" and row["process"] == "courieresmtpd"]
        events = read(*(row["line"] for row in rows))
        assert [(event.code, event.stage) for event in events] == [
            (550, "rcpt"),
            (535, "auth"),
            (535, "auth"),
        ]
        assert [event.peer for event in events] == [row["expected"]["host"] for row in rows]
