from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gatepost.spool.orders import FOLDER, Order, Orders

ONE = Order(act="release", message="0000000000abc-1", by="Ann", time=1.0)
TWO = Order(act="delete", message="0000000000abc-2", by="", time=2.0, reason="too old")


@pytest.fixture
def orders(tmp_path: Path) -> Orders:
    return Orders(tmp_path)


def test_orders_are_read_as_they_were_placed_the_oldest_first(orders: Orders) -> None:
    assert orders.pending() == []
    names = [orders.place(ONE), orders.place(TWO)]
    assert orders.pending() == names
    assert [orders.read(name) for name in names] == [ONE, TWO]


def test_an_answer_ends_an_order_and_is_given_once(orders: Orders) -> None:
    name = orders.place(ONE)
    assert orders.answered(name) is None
    orders.answer(name, "done")
    assert orders.pending() == []
    assert orders.read(name) is None
    assert orders.answered(name) == "done"
    assert orders.answered(name) is None


def test_what_makes_no_sense_is_no_order(orders: Orders, tmp_path: Path) -> None:
    orders.place(ONE)
    for number, junk in enumerate(
        (b"", b"\xff{", b"[1]", b'{"act":"bounce","message":"x","by":"","time":1}')
    ):
        (tmp_path / FOLDER / f"{number}.order").write_bytes(junk)
        assert orders.read(str(number)) is None
    assert orders.read("../../etc/passwd") is None


def test_only_the_owner_of_the_shard_may_look_into_the_folder(orders: Orders, tmp_path: Path) -> None:
    orders.place(ONE)
    assert (tmp_path / FOLDER).stat().st_mode & 0o777 == 0o700


def test_answers_that_nobody_fetched_are_forgotten_and_orders_are_not(orders: Orders, tmp_path: Path) -> None:
    done, pending = orders.place(ONE), orders.place(TWO)
    orders.answer(done, "moot")
    (tmp_path / FOLDER / "0.part").write_bytes(b"cut off")
    for path in (tmp_path / FOLDER).iterdir():
        os.utime(path, (time.time() - 600, time.time() - 600))
    orders.forget(time.time() - 300)
    assert orders.answered(done) is None
    assert orders.pending() == [pending]
    assert not (tmp_path / FOLDER / "0.part").exists()
