from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from gatepost.gateway.takeover import in_journal, take_over
from gatepost.journal.reader import records
from gatepost.journal.records import HeldBack, Noted, Reception, Released
from gatepost.journal.writer import Journal
from gatepost.spool.interface import Corrupt, Message, Recipient, Recovered
from tests.gateway.quarantine.shelf import WHY, held, id_of


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path, "test", lambda: 7.0, lambda call: None)


def found(*interrupted: Message, corrupt: tuple[Corrupt, ...] = ()) -> Recovered:
    return Recovered(leased=0, waiting=0, held=0, garbage=0, interrupted=interrupted, corrupt=corrupt)


def taken(journal: Journal, tmp_path: Path, *interrupted: Message) -> list[str]:
    take_over(found(*interrupted), journal, tmp_path, lambda: 7.0)
    return [type(record).__name__ for record in records(tmp_path)]


def test_what_was_on_its_way_is_noted_and_its_reception_rebuilt(journal: Journal, tmp_path: Path) -> None:
    message = held(1, Recipient("a@x.test")).message
    assert taken(journal, tmp_path, message) == ["Reception", "Noted"]
    assert taken(journal, tmp_path, message) == ["Reception", "Noted", "Noted"], "it is in the journal now"


def test_what_is_held_was_not_on_its_way_and_is_said_to_be_held_once(
    journal: Journal, tmp_path: Path
) -> None:
    message = held(1).message
    assert taken(journal, tmp_path, message) == ["Reception", "HeldBack"]
    assert taken(journal, tmp_path, message) == ["Reception", "HeldBack"]
    (back,) = [record for record in records(tmp_path) if isinstance(record, HeldBack)]
    assert (back.rule, back.recipients) == ("virus-found", ("bob@ours.test",))


def test_a_message_that_is_held_for_one_was_on_its_way_to_the_other(journal: Journal, tmp_path: Path) -> None:
    message = held(1, Recipient("a@x.test"), Recipient("b@x.test", held=WHY)).message
    assert sorted(taken(journal, tmp_path, message)) == ["HeldBack", "Noted", "Reception"]


def test_a_content_that_is_lost_is_told_with_the_reason(journal: Journal, tmp_path: Path) -> None:
    take_over(found(corrupt=(Corrupt(id_of(1), "its content is missing"),)), journal, tmp_path, lambda: 7.0)
    (back,) = records(tmp_path)
    assert isinstance(back, HeldBack)
    assert (back.reason, back.rule) == ("its content is missing", "")


def test_a_record_is_found_by_message_kind_and_time(journal: Journal, tmp_path: Path) -> None:
    assert not in_journal(tmp_path, id_of(1), "released")
    journal.append(Released(time=5.0, session="s", message=id_of(1), recipients=(), by='"released" '))
    journal.append(Noted(time=6.0, session="s", message=id_of(2), event="released"))
    journal.flush()
    assert in_journal(tmp_path, id_of(1), "released")
    assert in_journal(tmp_path, id_of(1), "released", 5.0)
    assert not in_journal(tmp_path, id_of(1), "released", 5.5)
    assert not in_journal(tmp_path, id_of(2), "released")
    assert not in_journal(tmp_path, id_of(1), "deleted")


def test_a_line_that_was_cut_off_is_no_record(journal: Journal, tmp_path: Path) -> None:
    reception = msgspec.json.decode(held(1).message.facts, type=Reception)
    line = msgspec.json.encode(reception)
    (tmp_path / "2026-01-01T000000.000Z-other.jsonl").write_bytes(line[:-20] + line[-20:])
    assert not in_journal(tmp_path, id_of(1), "reception")
