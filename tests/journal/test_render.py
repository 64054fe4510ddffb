from __future__ import annotations

import json
import re
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.journal.query import Story
from gatepost.journal.records import Noted, Reception, Said
from gatepost.journal.render import as_json, story, summary
from gatepost.reply.reply import Reply
from tests.journal.tales import ID, SESSION, START, TALES, explained, told

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("width", [60, 73, 100, 200])
@pytest.mark.parametrize("name", TALES)
def test_no_line_is_wider_than_the_page(name: str, width: int) -> None:
    lines = story(told(name), width=width, zone=UTC, explain=explained)
    assert max(map(len, lines)) <= width
    assert len(summary(told(name), width=width, zone=UTC)) <= width


@pytest.mark.parametrize("name", TALES)
def test_colour_changes_nothing_but_the_colour(name: str) -> None:
    plain = story(told(name), zone=UTC, explain=explained)
    coloured = story(told(name), True, zone=UTC, explain=explained)
    assert not any("\x1b" in line for line in plain)
    assert any("\x1b" in line for line in coloured)
    assert [COLOUR.sub("", line) for line in coloured] == plain


@given(st.text(max_size=300))
def test_no_text_of_a_stranger_reaches_the_terminal_unprintable(text: str) -> None:
    reply = Reply(550, "5.1.1", text)
    records = (
        Said(time=START, session=SESSION, stage="rcpt", command=text, reply=reply, reason=text),
        Noted(time=START, session=SESSION, event=text, detail=text),
    )
    lines = story(Story(SESSION, records), zone=UTC, explain=explained)
    assert all(line.isprintable() for line in lines)


def test_times_that_no_calendar_holds_are_told_all_the_same() -> None:
    wild = Said(time=1e300, session=SESSION, stage="any", command="", reply=Reply(421))
    assert story(Story(SESSION, (wild,)), zone=UTC, explain=explained)


@pytest.mark.parametrize("name", TALES)
def test_json_has_the_promised_names_for_every_record(name: str) -> None:
    rows = json.loads(json.dumps(as_json(told(name), explain=explained)))
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    for row, record in zip(rows, told(name).records, strict=True):
        assert list(row)[:4] == ["time", "type", "session", "message"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["time"])
        assert ("reply" in row) == ("explanation" in row) == hasattr(record, "reply")
        if "reply" in row:
            assert set(row["reply"]) == {"code", "enhanced", "text", "entry"}
            assert row["explanation"]["class"]


def test_json_tells_who_said_a_reply_and_to_whom() -> None:
    rows = as_json(told("waiting-for-a-dead-next-hop"), explain=explained)
    by_type = {row["type"]: row for row in rows}
    assert by_type["session-opened"]["explanation"]["direction"] == "sent"
    assert by_type["reception"]["explanation"]["stage"] == "content"
    assert by_type["attempt"]["explanation"]["direction"] == "local"
    assert by_type["reply-sent"]["peer"] == "192.0.2.7:40112"
    assert by_type["deferred"]["next_attempt"] == "2026-11-24T13:30:05.123Z"
    received = as_json(told("bounced"), explain=explained)
    assert [row["explanation"]["direction"] for row in received if row["type"] == "attempt"] == [
        "received"
    ] * 2


def test_json_keeps_findings_disposition_and_recipients() -> None:
    [row] = [row for row in as_json(told("virus"), explain=explained) if row["type"] == "reception"]
    assert row["message"] == ID
    assert row["recipients"] == ("bob@example.org",)
    assert row["disposition"]["rule"] == "virus-found"
    assert row["findings"][1]["evidence"][0]["signature"] == "Eicar-Test-Signature"


def test_a_summary_says_when_which_what_who_and_about_what() -> None:
    line = summary(told("delivered"), width=300, zone=UTC)
    for part in ("2026-11-23 13:30:05", ID, "delivered", "alice@example.com", "bob@example.org", "Quarterly"):
        assert part in line


def test_a_thousand_recipients_are_counted_and_not_listed() -> None:
    [reception] = [record for record in TALES["delivered"] if isinstance(record, Reception)]
    many = tuple(f"user{number}@example.org" for number in range(1000))
    wide = Reception(
        **{name: getattr(reception, name) for name in reception.__struct_fields__} | {"recipients": many}
    )
    text = " ".join(story(Story(SESSION, (wide,)), zone=UTC, explain=explained))
    assert "and 990 more" in text
