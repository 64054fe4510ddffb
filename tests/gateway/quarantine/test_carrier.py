"""Orders carried out on a real spool; a life that ends between two steps is one that the test cuts off there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from gatepost.gateway.quarantine.carrier import Carrier
from gatepost.journal.reader import records
from gatepost.journal.records import AnyRecord, Deleted, Released
from gatepost.journal.writer import Journal
from gatepost.spool.embedded import EmbeddedSpool, open_reader
from gatepost.spool.interface import Held, Recipient, Waiting
from gatepost.spool.orders import FOLDER, Act, Order, Orders
from tests.gateway.quarantine.shelf import WHY, fill, held, id_of, open_spool

NOW = 1_800_000_000.0


class Life:
    """A spool with its carrier, at a time that the test sets."""

    def __init__(self, folder: Path, now: float = NOW, days: int = 30) -> None:
        self.now = now
        self.shard = folder / "0"
        self.spool: EmbeddedSpool = open_spool(self.shard, self.clock)
        loop = asyncio.get_running_loop()
        self.journal = Journal(folder / "journal", "test", self.clock, loop.call_soon)
        self.carrier = Carrier(
            self.shard, self.spool, self.journal, folder / "journal", self.clock, lifetime=500, days=days
        )

    def clock(self) -> float:
        return self.now

    async def until_done(self) -> None:
        async with asyncio.timeout(20):
            while self.carrier.look():
                await asyncio.sleep(0.005)

    def close(self) -> None:
        self.spool.close()
        self.journal.close()


@asynccontextmanager
async def living(folder: Path, now: float = NOW, days: int = 30) -> AsyncIterator[Life]:
    life = Life(folder, now, days)
    try:
        yield life
    finally:
        life.close()


def ordered(folder: Path, act: Act, number: int = 1) -> str:
    return Orders(folder / "0").place(Order(act=act, message=id_of(number), by="Ann", time=NOW))


def state(folder: Path, number: int = 1) -> Waiting | Held | None:
    with closing(open_reader(folder / "0")) as reader:
        return reader.get(id_of(number))


def told(folder: Path) -> list[AnyRecord]:
    return [r for r in records(folder / "journal") if isinstance(r, (Released, Deleted))]


def carried_out(folder: Path) -> None:
    async def run() -> None:
        async with living(folder) as life:
            await life.until_done()

    asyncio.run(run())


def test_a_release_is_recorded_and_then_waits_for_delivery_with_a_life_of_its_own(tmp_path: Path) -> None:
    fill(tmp_path / "0", held(1))
    name = ordered(tmp_path, "release")
    carried_out(tmp_path)
    entry = state(tmp_path)
    assert isinstance(entry, Waiting)
    assert entry.message.expires == NOW + 500
    assert entry.message.recipients == (Recipient("bob@ours.test"),)
    assert told(tmp_path) == [
        Released(time=NOW, session=id_of(1)[:13], message=id_of(1), recipients=("bob@ours.test",), by="Ann")
    ]
    assert Orders(tmp_path / "0").answered(name) == "done"


def test_a_message_that_is_deleted_is_gone_and_recorded(tmp_path: Path) -> None:
    fill(tmp_path / "0", held(1), held(2))
    name = ordered(tmp_path, "delete")
    carried_out(tmp_path)
    assert state(tmp_path) is None
    assert isinstance(state(tmp_path, 2), Held)
    assert [type(record) for record in told(tmp_path)] == [Deleted]
    assert Orders(tmp_path / "0").answered(name) == "done"


def test_what_is_not_held_is_moot_and_not_recorded(tmp_path: Path) -> None:
    fill(tmp_path / "0", held(1), held(2, Recipient("carl@there.test")))
    names = [ordered(tmp_path, "release"), ordered(tmp_path, "release")]
    names += [ordered(tmp_path, "delete", 9), ordered(tmp_path, "delete", 2)]
    carried_out(tmp_path)
    answers = [Orders(tmp_path / "0").answered(name) for name in names]
    assert answers == ["done", "done", "moot", "moot"], "the first did what the second wants"
    assert len(told(tmp_path)) == 1
    assert isinstance(state(tmp_path, 2), Held)


@pytest.mark.parametrize("acts", [("release", "delete"), ("delete", "release")])
def test_of_two_that_decide_at_once_the_first_has_decided_and_the_other_is_told_so(
    tmp_path: Path, acts: tuple[Act, Act]
) -> None:
    fill(tmp_path / "0", held(1))
    names = [ordered(tmp_path, act) for act in acts]
    carried_out(tmp_path)
    assert [Orders(tmp_path / "0").answered(name) for name in names] == ["done", "moot"]
    (record,) = told(tmp_path)
    assert isinstance(record, Released if acts[0] == "release" else Deleted)


def test_an_order_that_makes_no_sense_is_answered_and_stops_no_other(tmp_path: Path) -> None:
    fill(tmp_path / "0", held(1))
    orders = Orders(tmp_path / "0")
    ordered(tmp_path, "release")
    (tmp_path / "0" / FOLDER / "0.order").write_bytes(b"release everything!")
    carried_out(tmp_path)
    assert orders.answered("0") == "bad"
    assert isinstance(state(tmp_path), Waiting)


def cut_off(folder: Path, act: Act, at: Callable[[Life], object]) -> None:
    """Let a life begin with an order and end at some step of it."""

    async def run() -> None:
        async with living(folder) as life:
            at(life)
            life.carrier.look()
            await asyncio.sleep(0.2)

    fill(folder / "0", held(1))
    ordered(folder, act)
    asyncio.run(run())


def test_a_life_that_ends_between_the_record_and_the_spool_is_followed_by_one_that_records_nothing_again(
    tmp_path: Path,
) -> None:
    def nothing_more(life: Life) -> None:
        life.spool.release_held = lambda *arguments: None  # type: ignore[method-assign]

    cut_off(tmp_path, "release", nothing_more)
    assert len(told(tmp_path)) == 1
    assert isinstance(state(tmp_path), Held)
    carried_out(tmp_path)
    assert isinstance(state(tmp_path), Waiting)
    assert len(told(tmp_path)) == 1


def test_a_life_that_ends_between_the_spool_and_the_answer_is_followed_by_one_that_only_answers(
    tmp_path: Path,
) -> None:
    def no_answer(life: Life) -> None:
        life.carrier._decided = lambda *arguments: None  # type: ignore[method-assign]

    cut_off(tmp_path, "delete", no_answer)
    assert state(tmp_path) is None
    (name,) = Orders(tmp_path / "0").pending()
    carried_out(tmp_path)
    assert Orders(tmp_path / "0").answered(name) == "done"
    assert len(told(tmp_path)) == 1


def test_an_order_waits_while_the_message_is_on_its_way_to_another_recipient(tmp_path: Path) -> None:
    async def run() -> None:
        async with living(tmp_path, NOW + 1e6) as life:
            leased: list[str] = []
            life.spool.lease(5, lambda got: leased.extend(one.message.id for one in got))
            while not leased:
                await asyncio.sleep(0.005)
            for _ in range(5):
                assert life.carrier.look()
                await asyncio.sleep(0.005)
            assert told(tmp_path) == []

    fill(tmp_path / "0", held(1, Recipient("ann@ours.test"), Recipient("bob@ours.test", held=WHY)))
    ordered(tmp_path, "release")
    asyncio.run(run())
    carried_out(tmp_path)
    assert len(told(tmp_path)) == 1


def test_what_nobody_decided_about_in_time_is_deleted_with_a_record(tmp_path: Path) -> None:
    async def run(now: float, days: int) -> None:
        async with living(tmp_path, now, days) as life:
            life.carrier.expire()
            await life.until_done()

    fill(tmp_path / "0", held(1), held(2, Recipient("carl@there.test")), clock=lambda: NOW)
    asyncio.run(run(NOW + 40 * 86_400, 0))
    asyncio.run(run(NOW + 29 * 86_400, 30))
    assert told(tmp_path) == []
    asyncio.run(run(NOW + 31 * 86_400, 30))
    (deleted,) = told(tmp_path)
    assert isinstance(deleted, Deleted)
    assert (deleted.message, deleted.by) == (id_of(1), "")
    assert deleted.reason == "nobody decided within 30 days (policy.hold_days)"
    assert isinstance(state(tmp_path, 2), Held), "what has nowhere to go is never given up"


def test_the_watch_carries_orders_out_by_itself_and_outlives_a_fault(tmp_path: Path) -> None:
    async def run() -> None:
        async with living(tmp_path) as life:
            look, faults = life.carrier.look, [OSError("the disk is away")]

            def looks() -> bool:
                if faults:
                    raise faults.pop()
                return look()

            life.carrier.look = looks  # type: ignore[method-assign]
            name = ordered(tmp_path, "release")
            watching = asyncio.create_task(life.carrier.watch())
            async with asyncio.timeout(20):
                while Orders(tmp_path / "0").answered(name) is None:
                    await asyncio.sleep(0.01)
            watching.cancel()

    fill(tmp_path / "0", held(1), clock=lambda: NOW)
    asyncio.run(run())
    assert len(told(tmp_path)) == 1
