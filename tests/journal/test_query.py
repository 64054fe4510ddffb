from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from gatepost.journal import query
from gatepost.journal.query import Story, find, host_of
from gatepost.journal.reader import Skipped
from gatepost.journal.records import AnyRecord, Bounced, Noted, Opened, Reception
from gatepost.mail.ids import SessionIds, began_at
from tests.journal.tales import NOTICE, START, TALES

IDS = SessionIds(1, lambda: START - 1000)


def renamed(name: str, session: str, **reception: object) -> list[AnyRecord]:
    """Tell a tale under another session id, its reception with other fields."""
    told = []
    for record in TALES[name]:
        fields = {field: getattr(record, field) for field in record.__struct_fields__}
        if fields["session"] != NOTICE[:-2]:
            fields["session"] = session
            fields["message"] = fields["message"] and f"{session}-{fields['message'][-1]}"
            if isinstance(record, Bounced):
                fields["notice"] = f"{session[:-1]}z-1"
            if isinstance(record, Reception):
                fields |= reception
        else:
            fields["session"] = f"{session[:-1]}z"
            fields["message"] = f"{session[:-1]}z-1"
            if isinstance(record, Reception):
                fields["notice_of"] = f"{session}-1"
        told.append(type(record)(**fields))
    return told


def put(directory: Path, *told: list[AnyRecord]) -> None:
    lines = b"".join(msgspec.json.encode(record) + b"\n" for records in told for record in records)
    (directory / "2026-11-23T130000.000Z-w0.jsonl").write_bytes(lines)


ALICE, ERIKA, JBOB = sorted(IDS() for _ in range(3))


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    put(
        tmp_path,
        renamed("delivered", ALICE),
        renamed(
            "bounced",
            ERIKA,
            reverse_path="erika@example.net",
            header_from="Erika <e.muster@example.net>",
            subject='Über "Größe" \\ Maß',
            message_id="<Ü@example.net>",
            peer="[2001:db8::7]:25",
        ),
        renamed(
            "virus",
            JBOB,
            recipients=("jbob@example.org.example",),
            reverse_path="x@y.example",
            header_from="",
            message_id="",
        )[-3:],
        [Noted(time=START, session="", event="start", detail="alice@example.com")],
    )
    return tmp_path


def sessions(found: list[Story]) -> list[str]:
    return [story.session for story in found]


@pytest.mark.parametrize(
    "what",
    [
        "q3.4711@mail.example.com",
        "<Q3.4711@mail.example.com>",
        "alice@example.com",
        "ALICE@EXAMPLE.COM",
        "192.0.2.7",
        ALICE,
        ALICE.upper(),
        f"{ALICE}-1",
        f"  {ALICE} ",
        f"550 5.7.1 no (relay-denied {ALICE}-1)",
    ],
)
def test_a_story_is_found_by_what_an_administrator_has_in_hand(journal: Path, what: str) -> None:
    assert ALICE in sessions(find(journal, what))


@pytest.mark.parametrize(
    "what",
    [
        "erika@example.net", "e.muster@EXAMPLE.net", "@example.net", "example.net", "über", "ÜBER",
        "größe", '"Größe" \\',
        "2001:0db8:0:0::7", "[2001:db8::7]", "<Ü@example.net>", "203.0.113.5", ERIKA,
    ],
)  # fmt: skip
def test_only_the_story_that_is_meant_is_found(journal: Path, what: str) -> None:
    assert sessions(find(journal, what)) == [ERIKA]


def test_stories_come_newest_last_and_once_each(journal: Path) -> None:
    assert sessions(find(journal, "bob@example.org")) == [ALICE, ERIKA]
    assert sessions(find(journal, "10.0.0.5")) == [ALICE, ERIKA]


def test_an_address_within_a_longer_one_is_not_meant(journal: Path) -> None:
    assert sessions(find(journal, "jbob@example.org.example")) == [JBOB]
    assert JBOB not in sessions(find(journal, "bob@example.org"))
    assert find(journal, "ice@example.com") == []
    assert find(journal, "92.0.2.7") == []
    assert find(journal, "xample.net") == []


@pytest.mark.parametrize(
    "what", ["", "   ", "nobody@nowhere.example", "9zzzzzzzzzzzz", "0000000000000-1", "\n", "start", '"']
)
def test_what_is_not_there_is_not_found(journal: Path, what: str) -> None:
    found = find(journal, what)
    assert [s for s in sessions(found) if s != ERIKA] == []
    assert found == [] or what == '"'


def test_a_refused_command_is_found_by_its_address_though_no_message_came_of_it(journal: Path) -> None:
    assert sessions(find(journal, "eve@elsewhere.example")) == []
    put(journal, renamed("relay-denied-and-scanner-outage", ALICE)[:4])
    assert sessions(find(journal, "eve@elsewhere.example")) == [ALICE]


def test_a_story_holds_the_report_about_it_and_what_became_of_that(journal: Path) -> None:
    [story] = find(journal, ERIKA)
    times = [record.time for record in story.records]
    assert times == sorted(times)
    assert [r.notice_of for r in story.records if isinstance(r, Reception)] == ["", f"{ERIKA}-1"]
    assert len(story.records) == len(TALES["bounced"])
    assert find(journal, "203.0.113.5") == [story]
    [report] = find(journal, f"{ERIKA[:-1]}z")
    assert len(report.records) == 2


def test_a_message_id_leaves_the_other_messages_of_its_session_out(tmp_path: Path) -> None:
    first, second = renamed("delivered", ALICE), renamed("delivered", ALICE)
    second = [
        type(r)(**{n: getattr(r, n) for n in r.__struct_fields__} | {"message": r.message and f"{ALICE}-2"})
        for r in second
        if r.message
    ]
    put(tmp_path, first, second)
    [whole] = find(tmp_path, ALICE)
    [one] = find(tmp_path, f"{ALICE}-2")
    assert {record.message for record in whole.records} == {"", f"{ALICE}-1", f"{ALICE}-2"}
    assert {record.message for record in one.records} == {"", f"{ALICE}-2"}
    assert any(isinstance(record, Opened) for record in one.records)
    assert find(tmp_path, f"{ALICE}-3") == []


def test_time_bounds_are_about_the_record_that_matches_and_the_story_stays_whole(journal: Path) -> None:
    assert find(journal, "alice@example.com", since=START + 10) == []
    assert find(journal, "alice@example.com", until=START - 10) == []
    [story] = find(journal, "alice@example.com", since=START + 0.2, until=START + 0.3)
    assert len(story.records) == len(TALES["delivered"])


def test_a_report_whose_message_is_no_longer_in_the_journal_is_told_alone(journal: Path) -> None:
    put(journal, [record for record in renamed("bounced", ERIKA) if record.session != ERIKA])
    assert sessions(find(journal, "203.0.113.5")) == [f"{ERIKA[:-1]}z"]


def test_of_too_many_the_newest_are_given(tmp_path: Path) -> None:
    ids = [IDS() for _ in range(50)]
    put(tmp_path, *(renamed("delivered", session) for session in reversed(ids)))
    assert sessions(find(tmp_path, "alice@example.com", limit=10)) == ids[-10:]


def test_a_story_without_end_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "MAX_RECORDS", 5)
    put(tmp_path, renamed("delivered", ALICE))
    [story] = find(tmp_path, ALICE)
    assert story.cut
    assert len(story.records) == 5


def test_a_few_sessions_and_many_are_collected_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [IDS() for _ in range(5)]
    put(tmp_path, *(renamed("bounced", session) for session in ids[:1]), renamed("delivered", ids[4]))
    few = find(tmp_path, "bob@example.org")
    monkeypatch.setattr(query, "_FEW", 0)
    assert find(tmp_path, "bob@example.org") == few != []


def test_a_session_is_known_by_its_field_and_not_by_words_that_quote_it(tmp_path: Path) -> None:
    liar = Noted(time=START, session=ALICE, event=f'"session":"{ERIKA}"', detail=f'{{"session":"{ERIKA}"}}')
    put(tmp_path, [liar])
    assert find(tmp_path, ERIKA) == []
    assert sessions(find(tmp_path, ALICE)) == [ALICE]


def test_junk_and_cut_lines_do_not_hide_what_is_there(journal: Path) -> None:
    [path] = journal.iterdir()
    lines = path.read_bytes()
    path.write_bytes(
        b"\x00\xff" * 1000 + b"\n" + lines + lines[:100] + b"\n" + b'{"x":"alice@example.com"}\n{"ali'
    )
    skipped = Skipped()
    assert sessions(find(journal, "alice@example.com", skipped=skipped)) == [ALICE, ERIKA]
    assert skipped.unreadable + skipped.unknown >= 1


def test_files_older_than_the_session_are_not_even_opened(journal: Path) -> None:
    old = journal / "2020-01-01T000000.000Z-w0.jsonl"
    old.write_bytes(b'{"session":"' + ALICE.encode() + b'"}\n')
    os.utime(old, (began_at(ALICE) - 3600, began_at(ALICE) - 3600))
    skipped = Skipped()
    assert sessions(find(journal, ALICE, skipped=skipped)) == [ALICE]
    assert skipped == Skipped()


def test_a_session_of_a_clock_that_was_ahead_is_found(tmp_path: Path) -> None:
    ahead = SessionIds(1, lambda: START + 10**9)()
    put(tmp_path, renamed("delivered", ahead))
    assert sessions(find(tmp_path, ahead)) == [ahead]


@pytest.mark.parametrize(
    ("peer", "host"),
    [
        ("192.0.2.1:25", "192.0.2.1"),
        ("[2001:db8::1]:25", "2001:db8::1"),
        ("mx.example", "mx.example"),
        ("unix:/run/l", "unix:/run/l"),
        ("", ""),
    ],
)
def test_the_host_of_a_peer_is_what_stands_before_the_port(peer: str, host: str) -> None:
    assert host_of(peer) == host
