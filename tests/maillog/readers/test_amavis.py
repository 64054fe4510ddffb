"""amavis: what was blocked and what was done with it, in the words of old and new versions."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.event import Event
from gatepost.maillog.frame import unframe
from gatepost.maillog.readers.amavis import Amavis

TODAY = dt.date(2026, 11, 23)


def read(*lines: str) -> list[Event]:
    reader = Amavis()
    events = [reader.read(unframe(line, TODAY)) for line in lines]
    assert all(event is not None for event in events)
    return [event for event in events if event is not None]


TAIL = "[192.0.2.9]:4711 [192.0.2.9] <a@example.org> -> <b@example.com>, "
MORE = "Queue-ID: 4ABC, Message-ID: <x@example.org>, mail_id: abcDEF, Hits: 15.2, size: 2048, 1234 ms"


def line(words: str) -> str:
    return f"Nov 23 15:05:55 mail amavis[4711]: (04711-01) {words}"


def test_spam_refused() -> None:
    (event,) = read(line("Blocked SPAM {RejectedInbound}, " + TAIL + MORE))
    assert event == Event(
        system="amavis",
        time="2026-11-23T15:05:55",
        host="mail",
        key="4ABC",
        link="04711-01",
        result="rejected",
        direction="sent",
        stage="content",
        text="Blocked SPAM",
        peer="192.0.2.9",
        sender="a@example.org",
        recipient="b@example.com",
        message_id="x@example.org",
        size=2048,
        delay=1.234,
    )


@pytest.mark.parametrize(
    ("acts", "result", "direction"),
    [
        ("RejectedInbound,Quarantined", "rejected", "sent"),
        ("TempFailedInbound", "rejected", "sent"),
        ("DiscardedInbound,Quarantined", "held", "local"),
        ("DiscardedInbound", "discarded", "local"),
        ("NoBounceInbound,Quarantined", "held", "local"),
        ("BouncedInbound", "bounced", "local"),
    ],
)
def test_the_words_in_braces_tell_what_was_done(acts: str, result: str, direction: str) -> None:
    (event,) = read(line(f"Blocked INFECTED (Eicar-Test-Signature) {{{acts}}}, " + TAIL + MORE))
    assert (event.result, event.direction, event.text) == (
        result,
        direction,
        "Blocked INFECTED (Eicar-Test-Signature)",
    )


@pytest.mark.parametrize(
    "category", ["SPAM", "BANNED (.exe,.exe-ms,a.exe)", "BAD-HEADER-7", "INFECTED (x (y))"]
)
def test_older_lines_have_no_braces(category: str) -> None:
    (event,) = read(
        line(
            f"Blocked {category}, [192.0.2.9] <> -> <b@example.com>,<c@example.com>, quarantine: q.gz, {MORE}"
        )
    )
    assert (event.result, event.text) == ("held", f"Blocked {category}")
    assert (event.sender, event.recipient) == ("<>", "")


def test_what_passed_tells_no_fate_and_ties_the_queue_ids() -> None:
    (event,) = read(
        line("Passed CLEAN {RelayedInbound}, " + TAIL + "Queue-ID: 4ABC, size: 9, queued_as: 5DEF, 99 ms")
    )
    assert (event.result, event.text, event.key, event.link) == ("", "", "4ABC", "5DEF")


def test_the_answer_of_the_server_behind_it() -> None:
    (event,) = read(
        line(
            "Blocked MTA-BLOCKED {TempFailedInbound}, "
            + TAIL
            + "from MTA(smtp:[127.0.0.1]:10025): 451 4.3.0 queue full"
        )
    )
    assert (event.result, event.code, event.enhanced, event.text) == (
        "rejected",
        451,
        "4.3.0",
        "451 4.3.0 queue full",
    )
    (event,) = read(
        line("FWD from <a@example.org> -> <b@example.com>, from MTA(smtp:[127.0.0.1]:10025): 554 5.7.1 no")
    )
    assert (event.result, event.direction, event.code, event.peer) == (
        "",
        "received",
        554,
        "smtp:[127.0.0.1]:10025",
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(1) x",
        "550 no",
        "(a-b) Blocked SPAM",
        "Nov 23 15:05:55 mail postfix/smtpd[1]: (1-1) Blocked SPAM, x",
    ],
)
def test_a_line_of_another_system_is_not_taken(text: str) -> None:
    assert Amavis().read(unframe(text, TODAY)) is None


@given(
    st.text(max_size=100), st.sampled_from(["", "Blocked ", "Passed CLEAN ", "Blocked BANNED (", "from MTA("])
)
def test_any_words_are_read_without_fault(words: str, start: str) -> None:
    read(line(start + words), line("Blocked SPAM {" + words))
