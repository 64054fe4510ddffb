from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from gatepost.spool.embedded import SpoolUnusable, open_reader
from gatepost.spool.embedded.rows import Place, Row, Rows, check_library
from gatepost.spool.interface import Done, Held
from tests.spool.embedded.shard import message

PLACE = Place("00000001.segment", 7, 11)


@pytest.fixture
def rows(tmp_path: Path) -> Iterator[Rows]:
    it = Rows(tmp_path)
    yield it
    it.close()


def test_every_field_of_a_message_comes_back(rows: Rows) -> None:
    full = message(
        1,
        12,
        reverse_path="",
        recipients=(),
        body="8BITMIME",
        smtputf8=True,
        attempts=3,
        notice_of="x-1",
        facts=b"\0\xff",
    )
    place = Place("0000000000abc-1.content", 0, 5, b"Received: x\r\n")
    rows.insert([(Row(full, place), None)], 100.0)
    assert rows.lease(5, "host:1", 100.0) == [Row(full, place)]


def test_a_record_that_cannot_be_read_is_held_and_the_others_are_leased(rows: Rows, tmp_path: Path) -> None:
    rows.insert([(Row(message(n), PLACE), None) for n in (1, 2)], 100.0)
    rows._connection.execute("UPDATE message SET record = x'c1' WHERE id = ?", (message(1).id,))
    assert [row.message.id for row in rows.lease(5, "host:1", 100.0)] == [message(2).id]
    reader = open_reader(tmp_path)
    (held,) = reader.held()
    assert isinstance(held, Held)
    assert held.message.id == message(1).id
    assert "its record cannot be read" in held.reason
    reader.close()


def test_a_transaction_that_fails_changes_nothing(rows: Rows) -> None:
    rows.insert([(Row(message(1), PLACE), "host:1")], 100.0)

    def end_and_insert_twice() -> None:
        with rows.transaction():
            rows.settle([(Row(message(1), PLACE), Done())], 100.0)
            rows.insert([(Row(message(2), PLACE), None), (Row(message(2), PLACE), None)], 100.0)

    with pytest.raises(apsw.ConstraintError):
        end_and_insert_twice()
    assert [m.id for m in rows.leased()] == [message(1).id]
    with rows.transaction():
        rows.settle([(Row(message(1), PLACE), Done())], 100.0)
    assert rows.leased() == []


def test_a_fresh_leased_row_is_in_no_index_of_what_waits(rows: Rows) -> None:
    rows.insert([(Row(message(1), PLACE), "host:1")], 100.0)
    plans = [
        "SELECT id FROM message INDEXED BY message_due WHERE state = 'waiting'",
        "SELECT id FROM message INDEXED BY message_file WHERE state <> 'leased'",
    ]
    assert [rows._connection.execute(plan).fetchall() for plan in plans] == [[], []]


@pytest.mark.parametrize(
    ("act", "index"),
    [
        (lambda rows: rows.lease(5, "host:1", 100.0), "message_due"),
        (lambda rows: rows.next_due(), "message_due"),
        (lambda rows: rows.movable("00000001.segment", 5), "message_file"),
        (lambda rows: rows.settle([(Row(message(1), PLACE), Done())], 1.0), "(id=?)"),
        (lambda rows: rows.has([message(1).id]), "(id=?)"),
        (lambda rows: rows.newest(), "message_1"),
        (lambda rows: rows.release("no next hop", 1.0), "message_reason"),
    ],
)
def test_no_act_of_the_running_spool_reads_all_rows(rows: Rows, act: object, index: str) -> None:
    plans: list[str] = []

    def explain(_: object, text: str, bindings: object) -> bool:
        rows._connection.exec_trace = None
        steps = rows._connection.execute("EXPLAIN QUERY PLAN " + text, bindings).fetchall()
        plans.append("; ".join(step[3] for step in steps))
        return True

    rows._connection.exec_trace = explain
    act(rows)  # type: ignore[operator]
    assert index in plans[0]
    assert "SCAN message;" not in plans[0] + ";"


@pytest.mark.parametrize("version", ["3.40.1", "3.51.2", "3.7.17"])
def test_a_sqlite_that_can_lose_transactions_is_refused(version: str) -> None:
    with pytest.raises(SpoolUnusable, match=f"SQLite {version} can lose committed messages"):
        check_library(version)


@pytest.mark.parametrize("version", ["3.51.3", "3.54.1", "4.0.0", "3.51.3.1"])
def test_a_sqlite_without_that_fault_is_taken(version: str) -> None:
    check_library(version)
