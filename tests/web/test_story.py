from __future__ import annotations

import msgspec

from gatepost.journal.records import AnyRecord, Deleted, Released, Said
from gatepost.web.story import MAX_STEPS, chapters, dialogue, stage_of
from tests.web import sample

NOW = 1_793_000_000.0


def test_a_dialogue_has_every_command_and_every_reply_in_order() -> None:
    records = sample.refused_early(NOW)
    told = dialogue(records[0].session, records)
    assert [(s.command.partition(" ")[0], s.answer.reply.code if s.answer else 0) for s in told.steps] == [
        ("", 220), ("HELO", 250), ("MIAL", 500), ("MAIL", 250), ("RCPT", 550), ("", 0),
    ]  # fmt: skip
    assert told.helo == "scanner.example"
    assert told.seconds == 0.5
    assert told.steps[4].disposition is not None
    assert all(s.answer.explanation.meaning for s in told.steps if s.answer)


def test_the_reception_is_a_step_that_leads_to_its_message() -> None:
    records = sample.virus(NOW)
    told = dialogue(records[0].session, records)
    step = next(s for s in told.steps if s.subject)
    assert step.message == told.messages[0].id
    assert step.findings[0].check == "virus"


def test_records_of_a_report_are_not_part_of_the_dialogue() -> None:
    records = sample.bounced(NOW)
    told = dialogue(records[0].session, records)
    assert len(told.messages) == 1
    report = dialogue(records[-1].session, records)
    assert report.notice_of == told.messages[0].id
    assert report.seconds is None


def test_a_session_that_is_still_open_has_no_length() -> None:
    records = sample.begun(NOW, "a.example", "192.0.2.1:99")
    assert dialogue(records[0].session, records).seconds is None


def test_a_very_long_session_shows_its_two_ends() -> None:
    opened, *_ = records = sample.begun(NOW, "a.example", "192.0.2.1:99")
    said = next(r for r in records if isinstance(r, Said))
    noops: list[AnyRecord] = [
        msgspec.structs.replace(said, time=NOW + n, stage="any", command=f"NOOP {n}") for n in range(5000)
    ]
    told = dialogue(opened.session, [opened, *noops])
    assert len(told.steps) == MAX_STEPS
    assert told.omitted == 5001 - MAX_STEPS
    assert told.steps[-1].command == "NOOP 4999"


def test_a_story_has_a_chapter_for_each_turn_and_names_its_report() -> None:
    records = sample.bounced(NOW)
    message = f"{records[0].session}-1"
    told, omitted = chapters(message, records)
    assert [c.kind for c in told] == ["reception", "attempt", "attempt", "failed", "report"]
    assert omitted == 0
    attempt = told[1]
    assert attempt.answer is not None
    assert attempt.answer.reply == sample.UNKNOWN_USER
    assert [asked.answer.explanation.stage for asked in attempt.dialogue] == [
        "connect",
        "helo",
        "mail",
        "rcpt",
    ]


def test_the_end_of_a_story_that_waits_is_the_next_try() -> None:
    records = sample.greylisted(NOW, then_delivered=False)
    told, _ = chapters(f"{records[0].session}-1", records)
    assert [c.kind for c in told] == ["reception", "attempt", "deferred"]


def test_a_held_message_says_so() -> None:
    records = sample.held(NOW)
    told, _ = chapters(f"{records[0].session}-1", records)
    assert [c.kind for c in told] == ["reception", "held"]


def test_the_stage_of_a_command_is_known_and_junk_is_of_no_stage() -> None:
    assert stage_of("LHLO x") == "helo"
    assert stage_of(".") == "content"
    assert stage_of("WHAT") == "unknown"


def test_who_let_a_held_message_go_and_who_deleted_it_is_told() -> None:
    records = sample.held(NOW)
    session, message = records[0].session, f"{records[0].session}-1"
    more: list[AnyRecord] = [
        Released(
            time=NOW + 60, session=session, message=message, recipients=("office@example.net",), by="Ann"
        ),
        Deleted(
            time=NOW + 61, session=session, message=message, recipients=("office@example.net",), by="Bob"
        ),
    ]
    told, _ = chapters(message, [*records, *more])
    assert [c.kind for c in told] == ["reception", "held", "released", "deleted"]
