from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gatepost.gateway.quarantine.holdings import get
from gatepost.gateway.quarantine.stopped import carry_out
from gatepost.journal.reader import records
from gatepost.journal.records import Noted, Released
from gatepost.spool.embedded import SpoolUnusable
from gatepost.spool.interface import NewMessage
from gatepost.spool.orders import Order, Orders
from tests.gateway.quarantine.shelf import fill, held, id_of, open_spool, settings


@pytest.fixture
def shard(data_dir: Path) -> Path:
    fill(data_dir / "spool/0", held(1), held(2))
    Orders(data_dir / "spool/0").place(Order(act="release", message=id_of(1), by="Ann", time=1.0))
    return data_dir / "spool/0"


def test_without_a_gateway_the_orders_to_a_shard_are_carried_out_at_once(shard: Path, data_dir: Path) -> None:
    carry_out(settings(data_dir), shard)
    assert Orders(shard).pending() == []
    assert get(data_dir / "spool", id_of(1)) is None
    assert get(data_dir / "spool", id_of(2)) is not None
    (released,) = [r for r in records(data_dir / "journal") if isinstance(r, Released)]
    assert released.by == "Ann"


def test_what_a_killed_gateway_had_on_its_way_is_noted_as_at_any_start(shard: Path, data_dir: Path) -> None:
    async def taken(new: NewMessage) -> None:
        spool = open_spool(shard)
        stored = asyncio.get_running_loop().create_future()
        spool.commit(new, stored.set_result)
        await stored
        spool._shard.rows.give_back = lambda now: None  # type: ignore[method-assign]  # as a kill leaves it
        spool.close()

    new = held(3)
    asyncio.run(taken(new))
    carry_out(settings(data_dir), shard)
    told = [r for r in records(data_dir / "journal") if r.message == id_of(3)]
    assert not any(isinstance(record, Noted) for record in told), "it is held, so it was not on its way"
    assert [type(record).__name__ for record in told] == ["Reception", "HeldBack"]


def test_a_shard_that_another_process_has_is_left_to_it(shard: Path, data_dir: Path) -> None:
    async def run() -> None:
        spool = open_spool(shard)
        with pytest.raises(SpoolUnusable, match="in use by process"):
            await asyncio.to_thread(carry_out, settings(data_dir), shard)
        spool.close()

    asyncio.run(run())
    assert len(Orders(shard).pending()) == 1
