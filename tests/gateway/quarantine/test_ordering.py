from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from gatepost.gateway.quarantine.holdings import Holding, Wanted, find
from gatepost.gateway.quarantine.ordering import order
from gatepost.spool.embedded import SpoolUnusable
from gatepost.spool.orders import Orders
from tests.gateway.quarantine.shelf import fill, held, open_spool, settings


@pytest.fixture
def holdings(data_dir: Path) -> tuple[Holding, ...]:
    fill(data_dir / "spool/0", held(1))
    fill(data_dir / "spool/1", held(2))
    return find(data_dir / "spool", Wanted()).quarantined


def test_where_no_gateway_runs_it_is_done_at_once_in_every_shard(
    data_dir: Path, holdings: tuple[Holding, ...]
) -> None:
    assert order(settings(data_dir), holdings, "delete", "Ann") == ["done", "done"]
    assert find(data_dir / "spool", Wanted()).quarantined == ()
    assert order(settings(data_dir), holdings, "delete", "Ann") == ["moot", "moot"]


def test_a_running_gateway_is_waited_for_and_has_the_order_whatever_comes(
    data_dir: Path, holdings: tuple[Holding, ...]
) -> None:
    orders = Orders(data_dir / "spool/0")

    def gateway() -> None:
        while not orders.pending():
            pass
        orders.answer(orders.pending()[0], "done")

    carrying_out = threading.Thread(target=gateway)
    carrying_out.start()
    outcomes = order(settings(data_dir), holdings, "release", "Ann", running=lambda: True, patience=0.5)
    carrying_out.join()
    assert outcomes == ["done", "later"]
    assert len(Orders(data_dir / "spool/1").pending()) == 1


def test_a_gateway_that_has_just_been_started_gets_the_order(
    data_dir: Path, holdings: tuple[Holding, ...]
) -> None:
    answers = [False, True]

    async def run(starts: bool) -> None:
        spool = open_spool(data_dir / "spool/0")
        await asyncio.to_thread(
            order,
            settings(data_dir),
            holdings[:1],
            "release",
            "Ann",
            running=lambda: answers.pop(0) if starts else False,
            patience=0.05,
        )
        spool.close()

    asyncio.run(run(starts=True))
    assert answers == []
    with pytest.raises(SpoolUnusable):
        asyncio.run(run(starts=False))
