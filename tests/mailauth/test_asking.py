"""Many names are asked at once, each once."""

from __future__ import annotations

import asyncio

from gatepost.mail.dns import Answer, Kind, Status
from gatepost.mailauth.asking import ask_all
from tests.mailauth.zone import Zone


def test_each_name_is_asked_once_and_its_answer_found_by_it() -> None:
    zone = Zone({"a.test": "1", "b.test": "2"})
    answers = asyncio.run(ask_all(zone, ["a.test", "b.test", "a.test"]))
    assert {name: answer.records for name, answer in answers.items()} == {"a.test": ("1",), "b.test": ("2",)}
    assert zone.asked == ["a.test", "b.test"]
    assert asyncio.run(ask_all(zone, ["b.test", "b.test"]))["b.test"].records == ("2",)
    assert asyncio.run(ask_all(zone, [])) == {}


def test_all_are_asked_before_the_first_answers() -> None:
    class Slow:
        def __init__(self) -> None:
            self.waiting = 0
            self.all_here = asyncio.Event()

        async def ask(self, name: str, kind: Kind) -> Answer:
            self.waiting += 1
            if self.waiting == 3:
                self.all_here.set()
            await self.all_here.wait()  # would wait for ever if they were asked one by one
            return Answer(name, kind, Status.ABSENT)

    async def run() -> int:
        return len(await asyncio.wait_for(ask_all(Slow(), ["a", "b", "c"]), 10))

    assert asyncio.run(run()) == 3
