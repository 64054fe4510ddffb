from __future__ import annotations

import click
import pytest

from gatepost.cli.explaining.details import details, most
from gatepost.cli.explaining.words import action
from gatepost.cli.layout import paragraph
from gatepost.maillog.event import Event
from gatepost.maillog.summary import Example, Summary, Trouble
from gatepost.reply.explain import explain


def summary() -> Summary:
    told = explain("550 5.1.1 <b@example.net>: User unknown")
    event = Event(
        system="postfix",
        time="2026-11-23T15:05:55",
        key="BB44D28E117",
        text=told.text + " \x1b[2J" + "long " * 40,
        sender="a@example.org",
        recipient="b@example.net",
    )
    row = Trouble(
        cause="user_unknown",
        direction="received",
        side="sender",
        confidence="likely",
        retry="no",
        persistence="permanent",
        meaning="",
        action="",
        refused=1_234,
        delayed=1,
        first="2026-11-22T01:02:03",
        last="2026-11-23T15:05:55",
        codes={"550 5.1.1": 1_200, "550": 34},
        domains={f"d{number}.example": 10 - number for number in range(7)},
        examples=[Example(event, told)],
    )
    return Summary(troubles={("user_unknown", "received", "sender"): row}, unread=["what \x07 is this"])


def test_a_cause_is_told_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert click.unstyle("\n".join(details(summary()))).splitlines() == [
        "",
        "No such recipient: 1,234 refused, 1 delayed (user_unknown)",
        "  Meaning     The recipient's address does not exist at the server that",
        "              answered.",
        "  Who said it the other system said so",
        "  Whose move  the sending side's (likely)",
        "  Try again?  no",
        *click.unstyle(paragraph("What to do", action("user_unknown", "received"))).splitlines(),
        "  When        2026-11-22 01:02:03 to 2026-11-23 15:05:55",
        "  Replies     550 5.1.1 1,200, 550 34",
        "  Domains     d0.example 10, d1.example 9, d2.example 8, d3.example 7,",
        "              d4.example 6, and 2 others",
        "  Such as     2026-11-23 15:05:55  BB44D28E117  a@example.org -> b@example.net",
        "              550 5.1.1 <b@example.net>: User unknown ?[2Jlong long long long",
        "              long long long long long long long long long long long long…",
        "",
        "Lines that could not be read, some of them",
        "  what ? is this",
    ]


def test_the_limit_is_on_causes() -> None:
    assert "No such recipient" not in "\n".join(details(summary(), limit=0))


def test_the_most_frequent_are_named_and_the_others_counted() -> None:
    assert most({"b": 2, "a": 2, "c": 3}) == "c 3, a 2, b 2"
    assert most({str(number): 1 for number in range(8)}).endswith(", and 3 others")
