"""Stalwart: events by their name, the reply in `code` and `details`."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.event import Event
from gatepost.maillog.frame import unframe
from gatepost.maillog.readers.stalwart import Stalwart

TODAY = dt.date(2026, 11, 23)


def read(*lines: str) -> list[Event]:
    reader = Stalwart()
    events = [reader.read(unframe(line, TODAY)) for line in lines]
    assert all(event is not None for event in events)
    return [event for event in events if event is not None]


def line(words: str, kind: str, keys: str = "") -> str:
    return f"2026-11-23T15:05:55Z INFO {words} ({kind}) {keys}"


def test_a_message_rejected_by_a_remote() -> None:
    (event,) = read(
        line(
            "Message rejected by remote",
            "delivery.message-rejected",
            'queueId = 4711, from = "a@example.org", to = ["b@example.com"], size = 99, hostname = "mx.example.com", '
            'remoteIp = 192.0.2.25, code = 550, details = "5.7.1 Message "refused", sorry"'.replace(
                '"refused"', '\\"refused\\"'
            ),
        )
    )
    assert event == Event(
        system="stalwart",
        program="delivery",
        time="2026-11-23T15:05:55+00:00",
        key="4711",
        result="bounced",
        direction="received",
        stage="content",
        text='550 5.7.1 Message "refused", sorry',
        code=550,
        enhanced="5.7.1",
        peer="mx.example.com [192.0.2.25]",
        sender="a@example.org",
        recipient="b@example.com",
        size=99,
    )


@pytest.mark.parametrize(
    ("kind", "code", "result", "stage"),
    [
        ("delivery.rcpt-to-rejected", 550, "bounced", "rcpt"),
        ("delivery.rcpt-to-rejected", 451, "deferred", "rcpt"),
        ("delivery.rcpt-to-failed", 450, "deferred", "rcpt"),
        ("delivery.mail-from-rejected", 553, "bounced", "mail"),
        ("delivery.greeting-failed", 554, "bounced", "connect"),
        ("delivery.ehlo-rejected", 502, "deferred", "helo"),
        ("delivery.auth-failed", 535, "deferred", "auth"),
        ("delivery.delivered", 250, "delivered", "content"),
    ],
)
def test_replies_of_remotes(kind: str, code: int, result: str, stage: str) -> None:
    (event,) = read(line("words", kind, f'code = {code}, details = "the reply"'))
    assert (event.result, event.direction, event.stage, event.code) == (result, "received", stage, code)
    assert event.text == f"{code} the reply"


@pytest.mark.parametrize(
    ("kind", "result"),
    [
        ("delivery.connect-error", "deferred"),
        ("delivery.mx-lookup-failed", "deferred"),
        ("delivery.null-mx", "bounced"),
        ("delivery.double-bounce", "discarded"),
    ],
)
def test_what_no_remote_said_is_local(kind: str, result: str) -> None:
    (event,) = read(line("Something failed", kind, 'reason = "Connection timed out"'))
    assert (event.result, event.direction, event.text, event.code) == (
        result,
        "local",
        "Connection timed out",
        0,
    )


@pytest.mark.parametrize(
    ("kind", "stage", "status"),
    [
        ("smtp.mailbox-does-not-exist", "rcpt", ""),
        ("smtp.relay-not-allowed", "rcpt", ""),
        ("smtp.rcpt-to-greylisted", "rcpt", "4.0.0"),
        ("smtp.message-too-large", "content", ""),
        ("milter.action-reject", "content", ""),
    ],
)
def test_what_we_refuse_is_sent(kind: str, stage: str, status: str) -> None:
    (event,) = read(line("Mailbox does not exist", kind, 'remoteIp = 192.0.2.9, to = "b@example.org"'))
    assert (event.result, event.direction, event.stage, event.status) == ("rejected", "sent", stage, status)
    assert (event.text, event.peer, event.recipient) == (
        "Mailbox does not exist",
        "192.0.2.9",
        "b@example.org",
    )


def test_a_message_queued_is_accepted() -> None:
    (event,) = read(
        line(
            "Queued message for delivery",
            "queue.message-queued",
            'from = "", to = ["a@b.example", "c@d.example"]',
        )
    )
    assert (event.result, event.sender, event.recipient, event.text) == ("accepted", "<>", "", "")


def test_json_events_tell_the_same() -> None:
    (event,) = read(
        '{"id":"1","createdAt":"2026-11-23T15:05:55Z","type":"delivery.rcpt-to-rejected","data":{"queueId":7,'
        '"to":"b@example.com","code":550,"details":"5.1.1 no","hostname":null}}'
    )
    assert (event.result, event.text, event.key, event.recipient) == (
        "bounced",
        "550 5.1.1 no",
        "7",
        "b@example.com",
    )


def test_colours_are_taken_off() -> None:
    (event,) = read(
        "\x1b[37m2026-11-23T15:05:55Z\x1b[0m \x1b[32;1mINFO\x1b[0m No MX (delivery.null-mx) queueId = 5"
    )
    assert (event.result, event.key) == ("bounced", "5")


def test_other_events_tell_of_no_fate() -> None:
    (event,) = read(line("SMTP connection started", "smtp.connection-start", "remoteIp = 192.0.2.9"))
    assert (event.result, event.text) == ("", "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "INFO x",
        "{}",
        '{"type":1,"data":2}',
        '{"type":"a.b","data":[]}',
        '{"type":"data"',
        "550 5.1.1 no",
        "2026-11-23 15:05:55 x",
    ],
)
def test_a_line_of_another_system_is_not_taken(text: str) -> None:
    assert Stalwart().read(unframe(text, TODAY)) is None


@given(st.text(max_size=100), st.sampled_from(["", "code = 550, details = ", 'to = ["', "elapsed = "]))
def test_any_keys_are_read_without_fault(words: str, start: str) -> None:
    read(line("x", "delivery.rcpt-to-rejected", start + words))
