from __future__ import annotations

import asyncio

from gatepost.checks.finding import Finding, Result, Stage
from gatepost.reception.looks import Look, findings_of


def finding(check: str) -> Finding:
    return Finding(check=check, stage=Stage.CONNECT, result=Result.FOUND)


def test_what_is_found_later_stands_behind_what_was_found_at_once() -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Finding]] = loop.create_future()

        async def waiting() -> list[Finding]:
            return await answer

        at_once = Look((finding("a"),), None, loop)
        slow = Look((finding("b"),), waiting(), loop)
        assert at_once.ended
        assert not slow.ended
        loop.call_soon(answer.set_result, [finding("c")])
        await slow.end()
        assert slow.ended
        assert [one.check for one in findings_of([at_once, slow])] == ["a", "b", "c"]

    asyncio.run(run())


def test_a_dropped_look_ends_with_what_it_had() -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        look = Look((finding("a"),), _forever(), loop)
        await asyncio.sleep(0)
        look.drop()
        await look.end()
        assert [one.check for one in look.findings] == ["a"]

    asyncio.run(run())


async def _forever() -> list[Finding]:
    await asyncio.Event().wait()
    return []
