"""A content on which inspectors fail again and again is recognised."""

from __future__ import annotations

import asyncio

from gatepost.checks.content.poison import Poison
from tests.checks.connection.ram import Clock, Ram


def test_failures_are_counted_by_content() -> None:
    poison = Poison(Ram(Clock()), Clock(), 3)

    async def count() -> list[int]:
        return [await poison.again(content) for content in ("a", "a", "b", "a")]

    assert asyncio.run(count()) == [1, 2, 1, 3]
