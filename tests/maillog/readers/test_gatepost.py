"""Our own journal, as journal.records writes it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.journal.records import (
    AnyRecord,
    Attempt,
    Bounced,
    Closed,
    Deferred,
    HeldBack,
    Noted,
    Opened,
    Reception,
    Said,
)
from gatepost.maillog.event import Event
from gatepost.maillog.frame import Frame
from gatepost.maillog.readers.gatepost import Gatepost
from gatepost.policy.disposition import Disposition
from gatepost.reply.reply import Reply

SESSION = "35ahjhz1g0700"
MESSAGE = f"{SESSION}-1"
AT = 1_795_440_605.25


def read(record: AnyRecord) -> Event:
    line = msgspec.json.encode(record).decode()
    event = Gatepost().read(Frame(line, line))
    assert event is not None
    assert (event.system, event.time) == ("gatepost", "2026-11-23T13:30:05.250+00:00")
    return event


def test_a_refused_recipient() -> None:
    reply = Reply(550, "5.7.1", "<eve@example.com>: not taken (relay-denied 35ahjhz1g0700-1)", "relay-denied")
    event = read(
        Said(
            time=AT,
            session=SESSION,
            message=MESSAGE,
            stage="rcpt",
            command="RCPT TO:<eve@example.com>",
            reply=reply,
        )
    )
    assert (event.result, event.direction, event.stage) == ("rejected", "sent", "rcpt")
    assert (event.code, event.enhanced, event.recipient) == (550, "5.7.1", "eve@example.com")
    assert event.text == "550 5.7.1 <eve@example.com>: not taken (relay-denied 35ahjhz1g0700-1)"
    assert (event.key, event.link) == (MESSAGE, SESSION)


def test_a_reply_that_refuses_nothing_is_quiet() -> None:
    event = read(
        Said(time=AT, session=SESSION, stage="helo", command="EHLO x", reply=Reply(250, "", "hello"))
    )
    assert (event.result, event.text, event.key) == ("", "", SESSION)


def test_a_refused_connection() -> None:
    opened = Opened(
        time=AT,
        session=SESSION,
        peer="192.0.2.7:25",
        local="192.0.2.1:25",
        role="inbound",
        reply=Reply(554, "5.7.1", "no"),
    )
    event = read(opened)
    assert (event.result, event.stage, event.peer, event.text) == (
        "rejected",
        "connect",
        "192.0.2.7:25",
        "554 5.7.1 no",
    )


@pytest.mark.parametrize(
    ("action", "code", "result"),
    [
        ("relay", 250, "accepted"),
        ("quarantine", 250, "held"),
        ("discard", 250, "discarded"),
        ("reject", 550, "rejected"),
        ("defer", 451, "rejected"),
        ("relay", 451, "rejected"),
    ],
)
def test_a_reception_ends_as_was_decided(action: str, code: int, result: str) -> None:
    event = read(
        Reception(
            time=AT,
            session=SESSION,
            message=MESSAGE,
            peer="192.0.2.7:25",
            reverse_path="",
            recipients=("b@example.com", "c@example.com"),
            size=99,
            reply=Reply(code, f"{code // 100}.0.0", "so"),
            disposition=Disposition(action=action, rule="x"),  # type: ignore[arg-type]
            message_id="<m@example.org>",
        )
    )
    assert (event.result, event.stage, event.code) == (result, "content", code)
    assert (event.sender, event.recipient, event.size) == ("<>", "b@example.com", 99)
    assert event.message_id == "<m@example.org>"


@pytest.mark.parametrize(
    ("outcome", "result"), [("delivered", "delivered"), ("deferred", "deferred"), ("failed", "bounced")]
)
@pytest.mark.parametrize("local", [True, False])
def test_an_attempt_tells_who_said_what(outcome: str, result: str, local: bool) -> None:
    event = read(
        Attempt(
            time=AT,
            session=SESSION,
            message=MESSAGE,
            peer="192.0.2.25:25",
            recipients=("b@example.com",),
            outcome=outcome,
            reply=Reply(451, "4.4.1", "later\nplease"),
            stage="connect",
            local=local,
            seconds=0.5,
        )
    )
    assert (event.result, event.stage, event.peer, event.delay) == (result, "connect", "192.0.2.25:25", 0.5)
    if local:
        assert (event.direction, event.text, event.code, event.status) == (
            "local",
            "later please",
            0,
            "4.4.1",
        )
    else:
        assert (event.direction, event.text, event.code) == ("received", "451 4.4.1 later please", 451)


def test_what_ran_out_of_time_is_told_once_and_so_is_what_was_refused() -> None:
    late = Bounced(
        time=AT,
        session=SESSION,
        message=MESSAGE,
        recipients=("b@example.com",),
        notice="x-1",
        reason="not delivered within its lifetime",
    )
    event = read(late)
    assert (event.result, event.text, event.link) == ("bounced", "not delivered within its lifetime", "x-1")
    refused = Bounced(
        time=AT,
        session=SESSION,
        message=MESSAGE,
        recipients=("b@example.com",),
        notice="",
        reason="refused for good by the next hop",
    )
    assert read(refused).result == ""


def test_what_is_held_tells_why() -> None:
    event = read(
        HeldBack(
            time=AT, session=SESSION, message=MESSAGE, recipients=("b@example.com",), reason="no next hop"
        )
    )
    assert (event.result, event.text, event.direction) == ("held", "no next hop", "local")


@pytest.mark.parametrize(
    "record",
    [
        Closed(time=AT, session=SESSION, how="quit"),
        Deferred(
            time=AT,
            session=SESSION,
            message=MESSAGE,
            recipients=("b@example.com",),
            next_attempt=AT,
            cause="greylist",
            attempts=1,
        ),
        Noted(time=AT, session="", event="started"),
    ],
)
def test_other_records_tell_nothing(record: AnyRecord) -> None:
    event = read(record)
    assert (event.result, event.text) == ("", "")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{}",
        '{"type":"attempt","time":"soon","session":"x"}',
        '{"type":"attempt","time":1,"session":"x"',
        '{"type":"' + '{"a":' * 100_000 + '"session":"',
        '{"MESSAGE":"x"}',
    ],
)
def test_what_is_no_record_is_none(line: str) -> None:
    assert Gatepost().read(Frame(line, line)) is None


@pytest.mark.parametrize("code", [-1, 0, 12, 600, 10**15])
def test_a_number_that_is_no_reply_code_is_none(code: int) -> None:
    reply = {"code": code, "text": "x"}
    line = msgspec.json.encode(
        {"type": "reply-sent", "time": AT, "session": SESSION, "reply": reply}
    ).decode()
    event = Gatepost().read(Frame(line, line))
    assert event is not None
    assert event.code == 0


@given(st.floats(), st.text(max_size=20), st.text(max_size=20))
def test_wild_values_are_taken(time: float, kind: str, session: str) -> None:
    line = msgspec.json.encode({"type": kind, "time": time, "session": session}).decode()
    event = Gatepost().read(Frame(line, line))
    assert event is None or event.key == session
