from __future__ import annotations

import click
import pytest

from gatepost.cli.explaining.one import lines
from gatepost.cli.explaining.rows import row_of
from gatepost.maillog.event import Event
from gatepost.reply.explain import explain
from gatepost.reply.explanation import Explanation


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def shown(told: Explanation) -> list[str]:
    return click.unstyle("\n".join(lines(told))).splitlines()


def test_a_line_is_told_with_who_said_it_where_and_what_became_of_the_message() -> None:
    event = Event(
        system="postfix",
        program="postfix/smtp",
        time="2026-11-23T15:05:55",
        key="BB44D28E117",
        result="bounced",
        direction="received",
        stage="rcpt",
        text="550 No such user",
        code=550,
        status="5.0.0",
        peer="mx.example.net[192.0.2.1]",
        sender="a@example.org",
        recipient="b\x1b[2J@example.net",
    )
    assert shown(row_of("", event))[:9] == [
        "550 No such user",
        "",
        "  Written by  Postfix (postfix/smtp), 2026-11-23 15:05:55, message BB44D28E117",
        "  Result      given up; the sender is told",
        "  Said        to this system by mx.example.net[192.0.2.1], at RCPT (a recipient)",
        "  Envelope    a@example.org -> b?[2J@example.net",
        "  Status      5.0.0 is what Postfix made of it",
        "  Meaning     The recipient's address does not exist at the server that",
        "              answered.",
    ]


def test_a_line_without_a_reply_says_so() -> None:
    told = shown(row_of("", Event(system="exim", key="1xVVdj-00023I-2o")))
    assert told == [
        "A line of Exim that tells of no reply, and of nobody's mail being refused.",
        "",
        "  Written by  Exim, message 1xVVdj-00023I-2o",
    ]


def test_a_delivery_without_words_is_told_by_its_result() -> None:
    told = shown(row_of("", Event(system="exim", result="delivered", recipient="b@example.net")))
    assert told[0] == "delivered"
    assert "  Envelope    ? -> b@example.net" in told


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Event(system="exim", direction="sent", peer="h", text="550 no"), "by this system to h"),
        (
            Event(system="exim", direction="local", text="timed out"),
            "by nobody: this system made it up itself",
        ),
        (Event(system="exim", peer="h", text="550 no"), "with h"),
    ],
)
def test_who_said_it_is_told(event: Event, words: str) -> None:
    assert f"  Said        {words}" in shown(row_of("", event))


def test_a_reply_of_several_lines_is_shown_on_several() -> None:
    assert shown(explain("550-5.1.1 one\n550 5.1.1 two"))[:3] == ["550-5.1.1 one", "550 5.1.1 two", ""]
