"""Haraka: refusals of its plugins, replies of remotes, in each of its three formats."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.event import Event
from gatepost.maillog.frame import unframe
from gatepost.maillog.readers.haraka import Haraka

TODAY = dt.date(2026, 11, 23)


def read(*lines: str) -> list[Event]:
    reader = Haraka()
    events = [reader.read(unframe(line, TODAY)) for line in lines]
    assert all(event is not None for event in events)
    return [event for event in events if event is not None]


UUID = "1B012E7A-4362-42CC-B2D5-27534802E482"


def line(words: str, level: str = "INFO", origin: str = "outbound") -> str:
    return f"[{level}] [{UUID}.1.1] [{origin}] {words}"


def core(words: str, level: str = "NOTICE") -> str:
    return line(words, level, "core")


def test_a_bounce_carries_the_reply() -> None:
    (event,) = read("2026-11-23T15:05:55.123Z " + line("bouncing mail: 554 5.7.1 Message refused"))
    assert event == Event(
        system="haraka",
        program="outbound",
        time="2026-11-23T15:05:55.123+00:00",
        key=f"{UUID}.1.1",
        link=UUID,
        result="bounced",
        direction="received",
        text="554 5.7.1 Message refused",
        code=554,
        enhanced="5.7.1",
    )


def test_the_dialogue_tells_the_step_of_a_bounce() -> None:
    events = read(
        line("C: MAIL FROM:<a@example.org>", "PROTOCOL"),
        line("S: 250 2.1.0 Ok", "PROTOCOL"),
        line("C: RCPT TO:<b@example.com>", "PROTOCOL"),
        line("S: 250 2.1.5 Ok", "PROTOCOL"),
        line("C: DATA", "PROTOCOL"),
        line("S: 354 go", "PROTOCOL"),
        line("S: 554 5.7.1 Message refused", "PROTOCOL"),
        line("bouncing mail: 554 5.7.1 Message refused"),
    )
    assert [(event.stage, event.result) for event in events[-2:]] == [("content", ""), ("content", "bounced")]
    assert (events[-2].sender, events[-2].recipient) == ("a@example.org", "b@example.com")


@pytest.mark.parametrize(
    ("words", "result", "code"),
    [
        ("recipient <b@example.com> rejected: 550 5.1.1 no such user", "bounced", 550),
        ("recipient <b@example.com> deferred: 451 4.7.1 greylisted", "deferred", 451),
    ],
)
def test_a_recipient_that_a_remote_refused(words: str, result: str, code: int) -> None:
    (event,) = read(line(words, "NOTICE"))
    assert (event.result, event.code, event.stage, event.recipient) == (result, code, "rcpt", "b@example.com")


@pytest.mark.parametrize(
    ("words", "result", "direction", "text"),
    [
        (
            "Temp failing 1_2_3.x for 64 seconds: Upstream error: 451 4.3.0 later",
            "deferred",
            "received",
            "451 4.3.0 later",
        ),
        ("Temp failing 1_2_3.x for 64 seconds: Tried all MXs", "deferred", "local", "Tried all MXs"),
        (
            "bouncing mail: Too many failures (Upstream error: 451 4.3.0 later)",
            "bounced",
            "received",
            "451 4.3.0 later",
        ),
        ("bouncing mail: No MX for example.com", "bounced", "local", "No MX for example.com"),
        ("bouncing mail: Some recipients failed: <b@example.com>", "", "unknown", ""),
        (
            "Temp failing 1_2_3.x for 64 seconds: Some recipients temp failed: <b@example.com>",
            "",
            "unknown",
            "",
        ),
        ("Double bounce: Mail was already a bounce", "discarded", "unknown", ""),
    ],
)
def test_a_message_put_off_or_given_up(words: str, result: str, direction: str, text: str) -> None:
    (event,) = read(line(words))
    assert (event.result, event.direction, event.text) == (result, direction, text)


DELIVERED = (
    'delivered file=1_1 domain=x host="mx.example.com" ip=192.0.2.25 port=25 mode=SMTP tls=Y auth=N '
    'response="2.0.0 Ok: queued as 4ABC" delay=0.5 fails=0 rcpts=1/0/0'
)


def test_a_delivery() -> None:
    (event,) = read(line(DELIVERED, "NOTICE"))
    assert (event.result, event.stage, event.delay) == ("delivered", "content", 0.5)
    assert (event.text, event.peer) == ("2.0.0 Ok: queued as 4ABC", "mx.example.com [192.0.2.25]")


@pytest.mark.parametrize(
    "text",
    [
        f'level=NOTICE uuid={UUID}.1.1 source=outbound message="bouncing mail: 554 5.7.1 no"',
        f'{{"level":"NOTICE","uuid":"{UUID}.1.1","source":"outbound","message":"bouncing mail: 554 5.7.1 no"}}',
        f"2026-11-23 15:05:55.028029305  [NOTICE] [{UUID}.1.1] [outbound]  bouncing mail: 554 5.7.1 no",
    ],
)
def test_the_other_formats_tell_the_same(text: str) -> None:
    (event,) = read(text)
    assert (event.result, event.code, event.key, event.link) == ("bounced", 554, f"{UUID}.1.1", UUID)


def test_a_delivery_in_json_has_fields_of_its_own() -> None:
    (event,) = read(
        f'{{"level":"NOTICE","uuid":"{UUID}.1.1","source":"outbound","message":"","delivered file":"1_1",'
        '"host":"mx.example.com","ip":"192.0.2.25","response":"Ok","delay":0.25}'
    )
    assert (event.result, event.text, event.delay, event.peer) == (
        "delivered",
        "Ok",
        0.25,
        "mx.example.com [192.0.2.25]",
    )


@pytest.mark.parametrize(
    ("words", "stage", "status"),
    [
        ('recipient <b@example.org> code=DENY msg="no such user" sender="a@example.com"', "rcpt", ""),
        (
            'recipient <b@example.org> code=DENYSOFT msg="no such user" sender="a@example.com"',
            "rcpt",
            "4.0.0",
        ),
        ('sender <a@example.com> code=DENY msg="no such user"', "mail", ""),
        ('queue code=DENY msg="no such user"', "content", ""),
        (
            'message mid="<x@example.com>" size=9 rcpts=1/0/0 delay=0.1 code=DENY msg="no such user"',
            "content",
            "",
        ),
        (
            'hook=connect plugin=dnsbl function=check_ip params="" retval=DENY msg="no such user"',
            "connect",
            "",
        ),
        ('hook=ehlo plugin=x function=y params="" retval=DENYDISCONNECT msg="no such user"', "helo", ""),
    ],
)
def test_a_plugin_refuses(words: str, stage: str, status: str) -> None:
    (event,) = read(core(words))
    assert (event.result, event.direction, event.stage, event.text) == (
        "rejected",
        "sent",
        stage,
        "no such user",
    )
    assert (event.status, event.code) == (status, 0)


def test_a_verdict_that_the_core_repeats_is_told_once() -> None:
    (event,) = read(core('hook=rcpt plugin=x function=y params="" retval=DENY msg="no"', "INFO"))
    assert event.result == ""
    (event,) = read(core('recipient <b@example.org> code=OK msg="" sender="a@example.com"'))
    assert event.result == ""


def test_a_message_queued_is_accepted() -> None:
    (event,) = read(core('queue code=OK msg="Message Queued"'))
    assert event.result == "accepted"


def test_what_the_core_says_on_the_wire_is_sent() -> None:
    events = read(
        core("C: RCPT TO:<b@example.org> state=1", "PROTOCOL"), core("S: 550 5.1.1 no such user", "PROTOCOL")
    )
    assert (events[1].direction, events[1].stage, events[1].recipient) == ("sent", "rcpt", "b@example.org")
    assert (events[1].result, events[1].code) == ("", 550)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"uuid":1',
        "[INFO] x",
        "level=info msg=x",
        "550 5.1.1 no",
        "[1] 2020-10-07 00:10:58 (SMTP)<1> x",
    ],
)
def test_a_line_of_another_system_is_not_taken(text: str) -> None:
    assert Haraka().read(unframe(text, TODAY)) is None


@given(
    st.text(max_size=100),
    st.sampled_from(["", "delivered file=", "bouncing mail: ", "recipient ", "C: ", "S: 250-"]),
)
def test_any_words_are_read_without_fault(words: str, start: str) -> None:
    read(line(start + words), core(start + words + " code=DENY"), line(start + words, "PROTOCOL"))
