from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from gatepost.cli.explaining.rows import Row, explained, row_of
from gatepost.maillog.event import Event
from gatepost.maillog.reading import Reading
from gatepost.reply.explanation import Context, Explanation

BOUNCED = (
    "Nov 23 15:05:55 gw postfix/smtp[6228]: BB44D28E117: to=<b@example.net>, relay=mx.example.net[192.0.2.1]:25, "
    "delay=0.09, delays=0.02/0.07/0/0, dsn=5.0.0, status=bounced (host mx.example.net[192.0.2.1] said: "
    "550 No such user (in reply to RCPT TO command))"
)


NOWHERE = Context()


def row(line: str, context: Context = NOWHERE) -> Row:
    return row_of(line, Reading(dt.date(2026, 11, 24)).read(line), context)


def test_a_line_of_a_log_tells_the_reply_and_what_stands_around_it() -> None:
    told = row(BOUNCED)
    assert (told.text, told.code, told.enhanced, told.status) == ("550 No such user", 550, "", "5.0.0")
    assert (told.cause, told.direction, told.stage, told.side) == (
        "user_unknown",
        "received",
        "rcpt",
        "sender",
    )
    assert (told.result, told.system, told.program, told.key) == (
        "bounced",
        "postfix",
        "postfix/smtp",
        "BB44D28E117",
    )
    assert told.time == "2026-11-23T15:05:55"
    assert told.recipient == "b@example.net"
    assert "mx.example.net" in told.peer


def test_the_fields_are_those_of_an_explanation_and_of_the_line() -> None:
    names = list(msgspec.to_builtins(row(BOUNCED)))
    assert names == [
        *msgspec.to_builtins(row_of("", None)).keys(),
    ]
    assert names[: len(Explanation.__struct_fields__)] == [
        name.replace("class_", "class") for name in Explanation.__struct_fields__
    ]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Nov 23 15:05:55 gw sshd[1]: Connection timed out",
        "Nov 23 15:05:55 gw postfix/smtpd[6228]: connect from mx.example.net[192.0.2.1]",
        "the quick brown fox",
        "\x00\xff\u2028{",
    ],
)
def test_a_line_without_a_reply_is_a_row_with_nothing_in_it(line: str) -> None:
    told = row(line)
    assert (told.code, told.enhanced, told.cause, told.causes, told.side) == (None, "", "", (), "unknown")
    assert told.text == line.strip()
    assert not told.tells_something


def test_a_reply_in_a_line_of_an_unknown_system_is_found() -> None:
    told = row("Nov 23 15:05:55 gw portal[77]: mail failed: 550 5.1.1 User unknown")
    assert (told.code, told.enhanced, told.cause, told.system) == (550, "5.1.1", "user_unknown", "")


def test_a_plain_reply_is_explained_as_if_given_by_itself() -> None:
    told = row("452 4.2.2 mailbox full", Context(direction="received", stage="rcpt"))
    assert (told.cause, told.direction, told.stage, told.system) == (
        "mailbox_full",
        "received",
        "rcpt",
        "plain",
    )


def test_a_reason_without_a_reply_takes_its_class_from_the_fate() -> None:
    event = Event(
        system="postfix", result="deferred", direction="local", text="Connection timed out", status="4.4.1"
    )
    told = explained(event)
    assert (told.code, told.enhanced, told.class_, told.persistence) == (None, "", "temporary", "temporary")
    assert told.retry == "later"


def test_a_number_inside_a_reason_is_no_code() -> None:
    event = Event(
        system="exim", result="deferred", direction="local", text="said: 550 5.1.1 something of old"
    )
    assert explained(event).code is None


def test_a_fate_without_words_is_told_without_a_cause() -> None:
    told = row_of("raw", Event(system="exim", result="delivered", recipient="b@example.net"))
    assert (told.class_, told.cause, told.text, told.tells_something) == ("success", "", "raw", True)
