"""The walk goes into every file, to a bound, and tells the way to what it saw."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest

from gatepost.checks.content.formats.format import Budget, Link, Member, Reader, Seen, Sight, Text, Trait
from gatepost.checks.content.formats.walk import MAX_DEPTH, MAX_SEEN, MAX_TEXT, Item, walk


def budget(octets: int = 1 << 20, member: int = 1 << 20, members: int = 1000) -> Budget:
    return Budget(octets, member, members)


def nested(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a toy format: names and contents, between marks that count the depth."""
    yield Text("outside ")
    for number, inner in enumerate(octets.split(b"|", 1)[1:]):
        yield Member(f"m{number}.txt", budget.gathered(iter([inner])))


def only(reader: Reader) -> list[Item]:
    return list(walk(b"\x01data|\x01data", "a.bin", budget(), {"data": reader}.get))


def test_every_file_in_a_file_is_told_with_the_way_to_it() -> None:
    outer, middle, inner = walk(b"\x01a|\x01b|hello text", "a.bin", budget(), {"data": nested}.get)
    assert (outer.where, middle.where, inner.where) == ("a.bin", "a.bin › m0.txt", "a.bin › m0.txt › m0.txt")
    assert (outer.kind, middle.kind, inner.kind) == ("data", "data", "text")
    assert (inner.size, inner.sha256) == (10, hashlib.sha256(b"hello text").hexdigest())
    assert outer.text == "outside "


def test_a_program_is_told_wherever_it_is() -> None:
    items = list(walk(b"\x01a|\x7fELF", "a.bin", budget(), {"data": nested}.get))
    assert [seen.trait for seen in items[1].seen] == [Trait.PROGRAM, Trait.DISGUISED]


def test_what_a_reader_cannot_read_is_damaged_and_the_walk_goes_on() -> None:
    def breaks(octets: bytes, budget: Budget) -> Iterator[Sight]:
        yield Member("good.txt", b"text")
        raise ValueError("no end")

    outer, inner = only(breaks)
    assert outer.seen == (Seen(Trait.DAMAGED, "data that cannot be read: ValueError: no end"),)
    assert inner.where == "a.bin › good.txt"


@pytest.mark.parametrize(("made", "trait"), [(100_000, Trait.BOMB), (500, Trait.UNSEEN)])
def test_what_unpacks_to_very_much_is_a_bomb_and_what_is_merely_large_is_unseen(
    made: int, trait: Trait
) -> None:
    def unpacks(octets: bytes, budget: Budget) -> Iterator[Sight]:
        yield Member("x", budget.gathered(iter([bytes(made)])))

    [item] = walk(b"\x01data", "a.bin", budget(octets=made - 1), {"data": unpacks}.get)
    assert [seen.trait for seen in item.seen] == [trait]


def test_running_out_of_memory_is_a_bomb() -> None:
    def swells(octets: bytes, budget: Budget) -> Iterator[Sight]:
        raise MemoryError
        yield Text("")

    [item] = only(swells)
    assert item.seen == (Seen(Trait.BOMB, "more memory than an inspector has"),)


def test_files_in_files_have_an_end() -> None:
    def endless(octets: bytes, budget: Budget) -> Iterator[Sight]:
        yield Member("again.bin", octets)

    items = only(endless)
    assert len(items) == MAX_DEPTH + 1
    assert [seen.trait for seen in items[-1].seen] == [Trait.UNSEEN]


def test_what_is_seen_is_told_once_and_within_bounds() -> None:
    def much(octets: bytes, budget: Budget) -> Iterator[Sight]:
        for number in range(1000):
            yield Seen(Trait.MACRO, f"module {number % 200}")
            yield Link("https://x.test/")
            yield Text("x" * 1000)

    [item] = walk(b"\x01data", "a.bin", budget(), {"data": much}.get)
    assert (len(item.seen), len(item.links), len(item.text)) == (MAX_SEEN, 1, MAX_TEXT)


def test_a_look_is_taken_at_each_file_and_what_it_raises_is_told() -> None:
    def nested(octets: bytes, budget: Budget) -> Iterator[Sight]:
        yield Member("in.txt", b"the lighthouse")

    def look(octets: bytes) -> Iterator[Seen]:
        if octets.startswith(b"\x01"):
            raise ValueError("no")
        yield Seen(Trait.YARA, "a rule matches")

    outer, inner = walk(b"\x01data", "a.bin", budget(), {"data": nested}.get, look)
    assert Seen(Trait.UNSEEN, "looking at it as a whole failed: ValueError: no") in outer.seen
    assert inner.seen == (Seen(Trait.YARA, "a rule matches"),)
