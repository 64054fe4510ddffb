"""A space gives records their type, and what it cannot read is as if it were not there."""

from __future__ import annotations

import asyncio

from gatepost.checks.memory import Raw, Remembered, Space, Unavailable
from tests.checks.connection.ram import NOW, Broken, Clock, Ram


class Count(Remembered, frozen=True, array_like=True, gc=False):
    number: int


def one_more(old: Count | None) -> Count:
    return Count(NOW + 10, 1 if old is None else old.number + 1)


def test_records_come_back_as_they_were_written_until_they_expire() -> None:
    clock = Clock()
    counts = Space(Ram(clock), "counts", Count)

    async def use() -> None:
        assert await counts.change(("a", "b"), one_more) == (Count(NOW + 10, 1),) * 2
        counts.note(("a",), one_more)
        assert await counts.get(("a", "b", "c")) == (Count(NOW + 10, 2), Count(NOW + 10, 1), None)
        clock.now += 10
        assert await counts.get(("a",)) == (None,)

    asyncio.run(use())


def test_a_step_that_gives_nothing_forgets() -> None:
    counts = Space(Ram(Clock()), "counts", Count)

    async def use() -> object:
        await counts.change(("a",), one_more)
        return await counts.change(("a",), lambda _: None)

    assert asyncio.run(use()) == (None,)


def test_what_cannot_be_read_is_as_if_it_were_not_there() -> None:
    clock = Clock()
    memory = Ram(clock, warm=True)
    memory.records["counts", "a"] = Raw(b"\xc1 of another version", NOW + 10)
    counts = Space(memory, "counts", Count)
    assert counts.fresh(("a",)) == (None,)
    assert asyncio.run(counts.all()) == ()
    assert asyncio.run(counts.change(("a",), one_more)) == (Count(NOW + 10, 1),)


def test_all_goes_on_where_a_part_ends() -> None:
    memory = Ram(Clock())
    counts = Space(memory, "counts", Count)
    names = tuple(f"k{number:04}" for number in range(2500))
    counts.note(names, one_more)
    counts.note(("other",), one_more)
    found = asyncio.run(counts.all("k"))
    assert not isinstance(found, Unavailable)
    assert tuple(key for key, _ in found) == names
    some = asyncio.run(counts.all("k", limit=1200))
    assert some == found[:1200]


def test_a_memory_that_does_not_answer_says_so_everywhere() -> None:
    counts = Space(Broken(), "counts", Count)
    assert counts.fresh(("a",)) is None
    for asked in (counts.get(("a",)), counts.change(("a",), one_more), counts.all()):
        assert asyncio.run(asked) == Unavailable("the disk is gone")  # type: ignore[arg-type]
