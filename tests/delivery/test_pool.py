"""The pool on real connections: how many it opens, how long it keeps them, and when it rests.

What a next hop may do to it is tested through the running gateway, in tests/peers/test_delivery.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest
import uvloop

from gatepost.delivery import pool as pool_module
from gatepost.delivery.pool import Job, Pool
from gatepost.delivery.routes import parse_next_hop
from gatepost.delivery.settings import DeliverySettings
from gatepost.smtp.aio import Deadlines
from gatepost.smtp.client import Transaction
from tests.delivery.next_hop import NextHop


class Sent:
    """A pool and the jobs that came back from it."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.done: list[Job] = []

    def send(self, count: int = 1) -> None:
        for _ in range(count):
            transaction = Transaction(reverse_path="a@x.test", recipients=("b@y.test",), size=7)
            self.pool.submit(Job(transaction, lambda: b"Text.\r\n", self.done.append))

    async def wait_for(self, count: int) -> list[str]:
        async with asyncio.timeout(20):
            while len(self.done) < count:
                await asyncio.sleep(0.005)
        return [str(job.results[0].reply.code) for job in self.done]


def with_pool(use: Callable[[Sent], Awaitable[None]], *addresses: str, **settings: int) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        deadlines = Deadlines(loop)
        pool = Pool(
            tuple(map(parse_next_hop, addresses)),
            name="gateway.test",
            settings=DeliverySettings(starttls="never", **settings),  # type: ignore[arg-type]
            loop=loop,
            deadlines=deadlines,
            tls=None,
        )
        await use(Sent(pool))
        await pool.close()
        deadlines.close()
        await asyncio.sleep(0.05)  # transports tell of their end in a later turn of the loop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as in a worker
        runner.run(run())


def test_work_that_comes_at_once_is_spread_over_no_more_connections_than_allowed() -> None:
    async def use(sent: Sent) -> None:
        sent.send(50)
        assert await sent.wait_for(50) == ["250"] * 50

    with NextHop() as hop:
        with_pool(use, hop.address, max_connections=3)
        assert len(hop.talks) <= 3
        assert len(hop.messages) == 50


def test_a_connection_is_used_again_and_left_after_its_last_message() -> None:
    async def use(sent: Sent) -> None:
        for count in range(1, 6):
            sent.send()
            await sent.wait_for(count)

    with NextHop() as hop:
        with_pool(use, hop.address, messages_per_connection=2)
        assert [message.connection for message in hop.messages] == [0, 0, 1, 1, 2]
        assert [talk.lines[-1] for talk in hop.talks] == [b"QUIT"] * 3


def test_an_idle_connection_is_said_goodbye_to() -> None:
    async def use(sent: Sent) -> None:
        sent.send()
        await sent.wait_for(1)
        async with asyncio.timeout(10):
            while b"QUIT" not in hop.lines:
                await asyncio.sleep(0.02)

    with NextHop() as hop:
        with_pool(use, hop.address, idle_timeout=1)


def test_a_next_hop_that_cannot_be_reached_rests_and_is_tried_again_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool_module, "REST_SECONDS", 0.3)

    async def use(sent: Sent) -> None:
        sent.send(2)
        assert await sent.wait_for(2) == ["450", "450"]
        sent.send()
        assert len(sent.done) == 3, "while it rests, nothing is waited for"
        assert "Connection refused" in sent.done[2].results[0].reply.text
        hop.up()
        async with asyncio.timeout(10):
            while sent.pool.resting:
                await asyncio.sleep(0.02)
        sent.send()
        assert (await sent.wait_for(4))[3] == "250"

    with NextHop() as hop:
        hop.down()
        with_pool(use, hop.address)


def test_a_content_that_cannot_be_read_to_its_end_is_never_sent_as_if_it_were_whole() -> None:
    def broken() -> Iterator[bytes]:
        yield b"Subject: One\r\n\r\n" + b"Text.\r\n" * 1000
        raise OSError(5, "Input/output error")

    async def use(sent: Sent) -> None:
        transaction = Transaction(reverse_path="a@x.test", recipients=("b@y.test",), size=8018)
        sent.pool.submit(Job(transaction, broken, sent.done.append))
        assert await sent.wait_for(1) == ["451"]
        assert "could not be read from the spool" in sent.done[0].results[0].reply.text
        sent.send()
        assert (await sent.wait_for(2))[1] == "250"

    with NextHop() as hop:
        with_pool(use, hop.address)
        assert [message.content for message in hop.messages] == [b"Text.\r\n"]
