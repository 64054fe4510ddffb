"""Rspamd: the line of a scan, with its verdict, its score and what a module forced."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.event import Event
from gatepost.maillog.frame import unframe
from gatepost.maillog.readers.rspamd import Rspamd

TODAY = dt.date(2026, 11, 23)


def read(*lines: str) -> list[Event]:
    reader = Rspamd()
    events = [reader.read(unframe(line, TODAY)) for line in lines]
    assert all(event is not None for event in events)
    return [event for event in events if event is not None]


def scan(action: str, tail: str = "", head: str = "2026-11-23 15:05:55 #4711(normal) ") -> str:
    return (
        f"{head}<ab12cd>; task; rspamd_task_write_log: id: <x@example.org>, qid: <4ABC>, ip: 192.0.2.9, from: "
        f"<a@example.org>, (default: T ({action}): [15.20/15.00] [BAYES_SPAM(5.10){{100.00%;}}]), "
        f"len: 2048, time: 120.5ms, dns req: 7, rcpts: <b@example.com>, mime_rcpts: <b@example.com,>{tail}"
    )


def test_a_message_rejected_as_spam() -> None:
    (event,) = read(scan("reject"))
    assert event == Event(
        system="rspamd",
        time="2026-11-23T15:05:55",
        key="4ABC",
        link="ab12cd",
        result="rejected",
        direction="sent",
        stage="content",
        text="Spam message rejected [15.20/15.00]",
        peer="192.0.2.9",
        sender="a@example.org",
        recipient="b@example.com",
        message_id="x@example.org",
        size=2048,
        delay=0.1205,
    )


def test_what_a_module_forced_is_the_reply() -> None:
    (event,) = read(
        scan("soft reject", ', forced: soft reject "4.7.1 Try again later"; score=nan (set by greylist)')
    )
    assert (event.result, event.text, event.status) == ("rejected", "4.7.1 Try again later", "4.0.0")
    (event,) = read(
        scan("reject", ', forced: reject "clamav: virus found: \\"Eicar\\""; score=nan (set by antivirus)')
    )
    assert event.text.startswith("clamav: virus found")


@pytest.mark.parametrize(
    ("action", "result"),
    [
        ("no action", ""),
        ("add header", ""),
        ("rewrite subject", ""),
        ("greylist", ""),
        ("soft reject", "rejected"),
        ("discard", "discarded"),
        ("quarantine", "held"),
    ],
)
def test_each_action_has_its_fate(action: str, result: str) -> None:
    (event,) = read(scan(action))
    assert event.result == result
    assert bool(event.text) is bool(result)


def test_through_syslog() -> None:
    (event,) = read(scan("reject", head="Nov 23 15:05:55 mail rspamd[4711]: "))
    assert (event.result, event.time, event.host) == ("rejected", "2026-11-23T15:05:55", "mail")


def test_a_message_loaded_ties_the_queue_id() -> None:
    (event,) = read(
        "2026-11-23 15:05:55 #4711(rspamd_proxy) <ab12cd>; milter; rspamd_message_parse: loaded message; "
        "id: <x@example.org>; queue-id: <4ABC>; size: 99; checksum: <ab>"
    )
    assert (event.key, event.link, event.result) == ("4ABC", "ab12cd", "")


@pytest.mark.parametrize(
    "text", ["", "550 5.1.1 no", "2026-11-23 15:05:55 1xVVdn-00023I-2g Completed", "<ln><p>1</p>", "a; b; c"]
)
def test_a_line_of_another_system_is_not_taken(text: str) -> None:
    assert Rspamd().read(unframe(text, TODAY)) is None


@given(st.text(max_size=100))
def test_any_words_are_read_without_fault(words: str) -> None:
    read(scan(words), scan("reject", words), f"<a>; task; rspamd_task_write_log: {words}")
