from __future__ import annotations

from pathlib import Path

from gatepost.web.stock import Stock, Totals
from tests.web import sample

NOW = 1_793_000_000.0


def test_a_spool_that_was_never_made_is_empty(tmp_path: Path) -> None:
    stock = Stock(tmp_path / "spool")
    assert stock.totals() == Totals()
    assert stock.waiting(10) == ([], False)
    assert stock.held(10) == ([], False)


def test_all_shards_are_counted_and_listed_in_order_of_time(tmp_path: Path) -> None:
    sample.fill_spool(tmp_path / "0", [sample.greylisted(NOW, then_delivered=False), sample.held(NOW)])
    sample.fill_spool(tmp_path / "1", [sample.unreachable(NOW)])
    stock = Stock(tmp_path)
    assert stock.totals() == Totals(waiting=2, held=1, next_hop_missing=True)
    rows, more = stock.waiting(10)
    assert [row.reception.subject for row in rows if row.reception] == [
        "Payslip November",
        "Quote for the roof",
    ]
    assert not more
    rows, more = stock.waiting(1)
    assert len(rows) == 1
    assert more
    (row,), _ = stock.held(10)
    assert row.message.recipients[0].address == "office@example.net"


def test_a_shard_that_cannot_be_read_is_counted_and_hides_no_other(tmp_path: Path) -> None:
    sample.fill_spool(tmp_path / "0", [sample.unreachable(NOW)])
    (tmp_path / "1").mkdir()
    for junk in ("1/spool.db", "1/spool.sqlite", "1/messages.db"):
        (tmp_path / junk).write_bytes(b"not a database" * 100)
    (tmp_path / "a-file").write_text("no shard")
    stock = Stock(tmp_path)
    assert len(stock.waiting(10)[0]) == 1
    assert stock.totals().unreadable == 1
    assert stock.totals() == Totals(waiting=1, unreadable=1)
