"""The application: routes, the guard around them, and the life of the live view."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from gatepost.gateway.dmarc.overview import Overview
from gatepost.mail.clock import Clock
from gatepost.web.guard import Guard
from gatepost.web.live import Live
from gatepost.web.looks import STATIC, environment
from gatepost.web.pages import Pages
from gatepost.web.stock import Stock

THREADS: Final = 6  # pages made at the same time: a search may read gigabytes of journal


def create_app(
    journal_dir: Path,
    spool_dir: Path,
    clock: Clock,
    host: str,
    reports: Callable[[float], Overview | None] = lambda _: None,
) -> Starlette:
    """Make the pages of the gateway that writes `journal_dir` and `spool_dir` (with a directory per shard).

    `host` is the configured address, with or without a port: the one Host name answered besides loopback's.
    `reports` gives what others reported of our domains since a time, None where no address takes reports.
    """
    looks = environment(clock)
    stock = Stock(spool_dir)
    live = Live(journal_dir, stock, looks, clock)
    pages = Pages(journal_dir, stock, live, looks, clock, reports)

    @contextlib.asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        following = asyncio.create_task(live.run())
        try:
            yield
        finally:
            live.close()
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following

    app = Starlette(
        routes=[
            Route("/", pages.now, name="now"),
            Route("/events", pages.events),
            Route("/session/{id}.json", pages.session_json),
            Route("/session/{id}", pages.session),
            Route("/message/{id}.json", pages.message_json),
            Route("/message/{id}", pages.message),
            Route("/held", pages.held),
            Route("/queue", pages.queue),
            Route("/reports", pages.reports),
            Route("/replies", pages.replies),
            Route("/replies/{id}", pages.reply),
            Route("/explain", pages.explain, name="explain"),
            Route("/search", pages.search),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Guard, host=host, refuse=pages.refusal)],
        exception_handlers={HTTPException: pages.not_served, Exception: pages.failed},
        lifespan=life,
    )
    app.state.live = live
    return app
