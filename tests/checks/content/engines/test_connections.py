"""Connections to an engine: kept, bounded, given up; a question sent while the answer may already come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

from gatepost.checks.content.engines.connections import (
    Connection,
    Connections,
    NonsenseError,
    Outage,
    converse,
    quoted,
    readable,
)


class Line:
    """A stream in memory: what it gives to each reading, and what was written to it."""

    def __init__(self, *gives: bytes) -> None:
        self.gives = list(gives)
        self.written: list[bytes] = []
        self.closed = False

    async def read(self, limit: int) -> bytes:
        await asyncio.sleep(0)
        return self.gives.pop(0) if self.gives else b""

    def write(self, data: bytes) -> None:
        if self.closed:
            raise RuntimeError("closed")
        self.written.append(data)

    async def drain(self) -> None:
        await asyncio.sleep(0)

    def close(self) -> None:
        self.closed = True


def pool(*lines: Line | OSError, now: Any = time.monotonic, **settings: Any) -> Connections:
    waiting = list(lines)

    async def dial(address: str) -> Line:
        line = waiting.pop(0)
        if isinstance(line, OSError):
            raise line
        return line

    limits = {"timeout": 5, "connect_timeout": 1, "idle_timeout": 10, "max_connections": 2} | settings
    return Connections("nowhere:1", dial, now, **limits)


async def hear(connection: Connection) -> str | Outage:
    heard = await connection.stream.read(100)
    if not heard:
        raise NonsenseError("it closed")
    return heard.decode()


def test_a_connection_is_kept_for_the_next_question_and_a_dead_one_replaced_once() -> None:
    first, second = Line(b"1", b"2"), Line(b"3")

    async def run() -> None:
        connections = pool(first, second)
        assert [await connections.ask(hear) for _ in range(3)] == ["1", "2", "3"]
        assert first.closed
        assert not second.closed
        connections.close()
        assert second.closed

    asyncio.run(run())


def test_a_connection_that_is_not_to_be_used_again_is_closed() -> None:
    first, second = Line(b"1", b"x"), Line(b"2")

    async def once(connection: Connection) -> str | Outage:
        connection.reusable = False
        return await hear(connection)

    async def run() -> None:
        connections = pool(first, second)
        assert [await connections.ask(once) for _ in range(2)] == ["1", "2"]
        assert first.closed

    asyncio.run(run())


def test_a_connection_that_was_idle_too_long_is_not_used() -> None:
    now = [0.0]
    first, second = Line(b"1", b"x"), Line(b"2")

    async def run() -> None:
        connections = pool(first, second, now=lambda: now[0])
        assert await connections.ask(hear) == "1"
        now[0] = 11.0
        assert await connections.ask(hear) == "2"

    asyncio.run(run())


def test_what_fails_is_an_outage_in_words() -> None:
    async def broken(connection: Connection) -> str | Outage:
        raise ConnectionResetError(104, "Connection reset by peer")

    async def for_ever(connection: Connection) -> str | Outage:
        connection.doing = "thinking"
        await asyncio.Event().wait()
        return ""

    async def unreadable(connection: Connection) -> str | Outage:
        def chunks() -> Iterator[bytes]:
            raise FileNotFoundError(2, "No such file or directory")
            yield b""

        return next(readable(chunks)).decode()

    async def run() -> None:
        assert await pool(Line()).ask(hear) == Outage("it closed")
        assert await pool(Line()).ask(broken) == Outage("the connection broke: Connection reset by peer")
        assert await pool(Line(), timeout=0.01).ask(for_ever) == Outage("no answer within 0.01 s (thinking)")
        assert await pool(OSError(113, "x")).ask(hear) == Outage("cannot connect: No route to host")
        assert await pool(OSError("two tries failed")).ask(hear) == Outage("cannot connect: two tries failed")
        why = "the content cannot be read: No such file or directory"
        assert await pool(Line()).ask(unreadable) == Outage(why, temporary=False)

    asyncio.run(run())


def test_all_was_sent_when_the_answer_comes_behind_the_last_piece() -> None:
    async def run() -> None:
        for pieces in ([b"a"], [b"a", b"b"], [b"%d" % n for n in range(20)]):
            line = Line()
            heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

            async def answer(
                line: Line = line, last: bytes = pieces[-1], heard: asyncio.Future[bytes] = heard
            ) -> str:
                while last not in line.written:
                    await asyncio.sleep(0)
                return "heard"

            assert await converse(Connection(line), iter(pieces), answer()) == ("heard", True)
            assert line.written == pieces

    asyncio.run(run())


def test_an_answer_that_comes_early_ends_the_sending() -> None:
    async def early() -> str:
        return "early"

    async def run() -> None:
        line = Line()
        pieces = (b"x" for _ in range(10_000))
        assert await converse(Connection(line), pieces, early()) == ("early", False)
        assert len(line.written) < 10

    asyncio.run(run())


def test_what_is_shown_is_printable_and_short() -> None:
    assert quoted("a\x1b[2J\n") == "'a?[2J'"
    assert len(quoted("x" * 10_000)) < 140
