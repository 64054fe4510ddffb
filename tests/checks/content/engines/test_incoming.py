"""What an engine says is heard within bounds."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.engines.connections import NonsenseError
from gatepost.checks.content.engines.incoming import MAX_HEAD, Incoming, fields_of
from tests.checks.content.engines.test_connections import Line


@given(st.lists(st.integers(1, 5), max_size=30))
def test_it_does_not_matter_how_the_octets_come(cuts: list[int]) -> None:
    said = b"HEAD 1\r\nX: y\r\n\r\n5\r\nhello\r\nrest"
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(said[at : at + cut])
        at += cut
    pieces = [piece for piece in (*pieces, said[at:]) if piece]

    async def run() -> None:
        incoming = Incoming(Line(*pieces))
        assert await incoming.head() == "HEAD 1\r\nX: y"
        assert await incoming.until(b"\r\n", 10) == b"5"
        assert await incoming.exactly(5) == b"hello"
        assert await incoming.some(1) == b"\r"
        assert await incoming.rest(100) == b"\nrest"

    asyncio.run(run())


def test_what_breaks_off_or_has_no_end_is_nonsense() -> None:
    async def run() -> None:
        with pytest.raises(NonsenseError, match="without an answer"):
            await Incoming(Line()).head()
        with pytest.raises(NonsenseError, match="broke off"):
            await Incoming(Line(b"HEAD")).head()
        with pytest.raises(NonsenseError, match="more than 16,384"):
            await Incoming(Line(*[b"x" * 1000] * 100)).head()
        with pytest.raises(NonsenseError, match="more than 16,384"):
            await Incoming(Line(b"x" * (MAX_HEAD + 1) + b"\r\n\r\n")).head()
        with pytest.raises(NonsenseError, match="broke off"):
            await Incoming(Line(b"x")).exactly(2)
        with pytest.raises(NonsenseError, match="broke off"):
            await Incoming(Line()).some(2)
        with pytest.raises(NonsenseError, match="longer than 10"):
            await Incoming(Line(b"x" * 11)).rest(10)

    asyncio.run(run())


def test_of_fields_the_first_counts_and_folded_lines_belong_to_the_one_before() -> None:
    lines = ["A: 1", " 2", "a: 3", " 4", "no field", "\tx", ": y", "B:"]
    assert fields_of(lines) == {"a": "1\n2", "b": ""}
