"""Rows of message tracking and of traces: what an event means, who said the last error."""

from __future__ import annotations

import pytest

from gatepost.maillog.event import Event
from gatepost.maillog.readers.exchange_tracking import column, is_tracking, track

IDENTITY = "0a1b2c3d-1111-2222-3333-444455556666"


def row(kind: str, source: str = "SMTP", status: str = "", recipient: str = "b@example.com") -> Event:
    """Track a row in the order of Exchange 2013 and later."""
    cells = [
        "2026-11-23T15:05:55.514Z", "192.0.2.9", "out.example.org", "192.0.2.25", "mx.example.com",
        "context", "Internet", source, kind, "4711", "<x@example.org>", IDENTITY, recipient, status, "2048", "1",
        "", "", "subject", "a@example.org", "a@example.org",
    ]  # fmt: skip
    event = track(cells, {})
    assert event is not None
    return event


@pytest.mark.parametrize(
    ("kind", "result"),
    [
        ("RECEIVE", "accepted"),
        ("SEND", "delivered"),
        ("DELIVER", "delivered"),
        ("FAIL", "bounced"),
        ("DEFER", "deferred"),
        ("BADMAIL", "discarded"),
        ("POISONMESSAGE", "held"),
        ("DSN", ""),
        ("RESUBMIT", ""),
        ("HARECEIVE", ""),
        ("TRANSFER", ""),
    ],
)
def test_each_event_has_its_fate(kind: str, result: str) -> None:
    event = row(kind)
    assert event.result == result
    assert (event.key, event.link, event.message_id, event.size) == ("4711", IDENTITY, "x@example.org", 2048)


def test_the_last_error_names_who_said_it() -> None:
    event = row(
        "DEFER",
        status="[{LRT=x};{LED=451 4.7.1 Greylisted; try again};{FQDN=mx.example.net};{IP=192.0.2.77}]",
    )
    assert (event.text, event.code, event.enhanced) == ("451 4.7.1 Greylisted; try again", 451, "4.7.1")
    assert (event.direction, event.peer) == ("received", "mx.example.net [192.0.2.77]")
    assert (event.sender, event.recipient) == ("a@example.org", "b@example.com")
    assert event.time == "2026-11-23T15:05:55.514+00:00"


def test_a_quoted_reply_is_the_reply() -> None:
    event = row(
        "DEFER",
        status='451 4.4.0 Primary target IP address responded with: "421 4.2.1 too busy." Attempted failover',
    )
    assert (event.text, event.code, event.enhanced, event.direction) == (
        "421 4.2.1 too busy.",
        421,
        "4.2.1",
        "received",
    )


@pytest.mark.parametrize(
    ("source", "status", "direction"),
    [
        ("SMTP", "550 5.1.1 User unknown", "received"),
        (
            "SMTP",
            '451 4.4.0 Primary target IP address responded with: "421 4.4.1 Timed out." Winsock',
            "received",
        ),
        ("DNS", "554 5.4.4 SMTPSEND.DNS.NonExistentDomain; nonexistent domain", "local"),
        ("QUEUE", "550 4.4.7 QUEUE.Expired; message expired", "local"),
        ("ROUTING", "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found", "local"),
        ("STOREDRIVER", "550 5.2.2 STOREDRV.Deliver; mailbox full", "local"),
        (
            "SMTP",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
            "received",
        ),
        (
            "SMTP",
            '441 4.4.1 Error encountered while communicating with primary target IP address: "Failed to connect. x"',
            "local",
        ),
    ],
)
def test_what_exchange_made_up_itself_is_local(source: str, status: str, direction: str) -> None:
    assert row("FAIL", source, status).direction == direction


def test_a_row_of_2010_has_no_network_message_id() -> None:
    event = track(
        [
            "2026-11-23T15:05:55.514Z", "192.0.2.9", "out", "192.0.2.25", "mx", "", "", "SMTP", "SEND",
            "4711",
            "<x@example.org>", "b@example.com;c@example.com", "250 2.1.5 OK;250 2.1.5 OK", "99", "2",
            "", "", "subject", "a@example.org", "a@example.org",
        ],
        {},
    )  # fmt: skip
    assert event is not None
    assert (event.result, event.recipient, event.code, event.size) == ("delivered", "b@example.com", 250, 99)
    assert (event.peer, event.stage) == ("mx [192.0.2.25]", "content")


def test_a_folder_is_no_reply() -> None:
    assert row("DELIVER", "STOREDRIVER", "Inbox").text == ""


def test_a_report_holds_what_happened_to_each_recipient() -> None:
    columns = {
        column(name): at
        for at, name in enumerate(
            ("origin_timestamp_utc", "sender_address", "recipient_status", "message_id")
        )
    }
    assert is_tracking(columns)
    event = track(
        ["2026-11-23T15:05:55Z", "a@example.org", "b@example.com##Receive, Fail", "<x@example.org>"], columns
    )
    assert event is not None
    assert (event.result, event.recipient) == ("bounced", "b@example.com")


def test_other_rows_are_not_taken() -> None:
    assert track(["a"] * 30, {}) is None
    assert track([], {}) is None
    assert not is_tracking({"a": 0, "messageid": 1})
