from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gatepost.web import live as live_module
from gatepost.web.live import SHOWN, Live
from gatepost.web.looks import environment
from gatepost.web.stock import Stock
from tests.web import sample

NOW = 1_793_000_000.0


def live_of(directory: Path) -> Live:
    journal = directory / "journal"
    journal.mkdir(exist_ok=True)
    clock = lambda: NOW  # noqa: E731
    return Live(journal, Stock(directory / "spool"), environment(clock), clock)


async def next_changes(events: AsyncIterator[str]) -> str:
    async with asyncio.timeout(20):
        async for part in events:
            if "event:" in part:
                return part
    raise AssertionError("the stream ended")


def test_a_viewer_is_sent_what_happens_while_it_watches(tmp_path: Path) -> None:
    async def watch() -> None:
        live = live_of(tmp_path)
        events = live.events(live.marker())
        assert "event: headline" in await next_changes(events)
        sample.write(tmp_path / "journal", [sample.delivered(NOW, subject="Fresh news")])
        await live.look()
        part = await next_changes(events)
        assert "event: session\n" in part
        assert "Fresh news" in part
        assert f"id: {live.marker()}\n" in part
        await events.aclose()  # type: ignore[attr-defined]
        assert live.streams == 0

    asyncio.run(watch())


def test_a_viewer_that_comes_back_is_sent_only_what_it_missed(tmp_path: Path) -> None:
    async def watch() -> None:
        live = live_of(tmp_path)
        sample.write(tmp_path / "journal", [sample.delivered(NOW, subject="Seen before")])
        await live.look()
        marker = live.marker()
        sample.write(tmp_path / "journal", [sample.virus(NOW + 1)], "worker2")
        await live.look()
        events = live.events(marker)
        part = await next_changes(events)
        assert "Your invoice 2291" in part
        assert "Seen before" not in part
        await events.aclose()  # type: ignore[attr-defined]

    asyncio.run(watch())


def test_a_marker_of_another_life_or_of_nobody_brings_the_whole_board(tmp_path: Path) -> None:
    async def watch() -> None:
        live = live_of(tmp_path)
        sample.write(tmp_path / "journal", [sample.delivered(NOW), sample.virus(NOW + 1)])
        await live.look()
        for marker in ("", "1.5", "junk", f"{live.marker()[:-2]}99999999999999999999999", ".", ".-1"):
            events = live.events(marker)
            assert (await next_changes(events)).count("event: session\n") == 2
            await events.aclose()  # type: ignore[attr-defined]

    asyncio.run(watch())


def test_every_line_of_an_event_is_data(tmp_path: Path) -> None:
    async def watch() -> None:
        live = live_of(tmp_path)
        hostile = "x\r\n\r\nevent: session\ndata: <b>forged</b>\u2028y"
        sample.write(tmp_path / "journal", [sample.delivered(NOW, subject=hostile, helo=hostile)])
        await live.look()
        events = live.events("")
        part = await next_changes(events)
        starts = {line.partition(":")[0] for line in part.replace("\r", "\n").split("\n")}
        assert starts <= {"event", "data", "id", ""}
        assert part.count("\nevent: session") + part.startswith("event: session") == 1
        assert "<b>forged" not in part
        await events.aclose()  # type: ignore[attr-defined]

    asyncio.run(watch())


def test_closing_ends_every_stream(tmp_path: Path) -> None:
    async def watch() -> None:
        live = live_of(tmp_path)
        events = live.events("")
        await next_changes(events)
        live.close()
        async with asyncio.timeout(20):
            assert [part async for part in events if "event:" in part] == []
        assert live.streams == 0

    asyncio.run(watch())


def test_a_session_is_rendered_once_however_many_watch(tmp_path: Path) -> None:
    async def watch() -> None:
        live = live_of(tmp_path)
        sample.write(tmp_path / "journal", [sample.delivered(NOW)])
        await live.look()
        (session,) = live.board.latest()
        assert live.card(session) is live.card(session)

    asyncio.run(watch())


def test_a_flood_leaves_no_more_than_the_page_shows(tmp_path: Path) -> None:
    async def watch() -> None:
        sample.write(
            tmp_path / "journal", [sample.delivered(NOW + n / 100, node=n) for n in range(3 * SHOWN)]
        )
        live = live_of(tmp_path)
        await live.look()
        assert len(live.board.latest()) == SHOWN
        events = live.events("")
        assert (await next_changes(events)).count("event: session\n") == SHOWN
        await events.aclose()  # type: ignore[attr-defined]

    asyncio.run(watch())


def test_the_following_task_shows_what_is_written_later(tmp_path: Path) -> None:
    async def watch() -> None:
        live = live_of(tmp_path)
        following = asyncio.create_task(live.run())
        events = live.events("")
        await next_changes(events)
        sample.write(tmp_path / "journal", [sample.held(NOW)])
        assert "no next hop is named" in await next_changes(events)
        await events.aclose()  # type: ignore[attr-defined]
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)

    asyncio.run(watch())


def test_nobody_looking_costs_nothing_and_the_next_look_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "LINGER", 0.0)
    monkeypatch.setattr(live_module, "_INTERVAL", 0.0)

    async def watch() -> None:
        live = live_of(tmp_path)
        await live.look()
        before = live.marker()
        following = asyncio.create_task(live.run())
        async with asyncio.timeout(20):
            while live.following:
                await asyncio.sleep(0)
        sample.write(tmp_path / "journal", [sample.delivered(NOW, subject="In the night")])
        assert live.board.latest() == []
        events = live.events(before)
        assert "In the night" in await next_changes(events)
        assert live.following
        await events.aclose()  # type: ignore[attr-defined]
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)

    asyncio.run(watch())
