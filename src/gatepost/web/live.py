"""The live view: one tail of the journal for all viewers, and the events that keep their pages up to date.

A viewer holds no queue: it remembers the version of the board it has seen and asks for what changed since, so
a slow browser costs nothing and misses nothing that is still on the board. Last-Event-ID is that version.
While nobody looks, the journal is not followed: mail in the night must not pay for a page that nobody has open.
The next look begins anew with the latest records, and the page says since when it has counted.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from jinja2 import Environment

from gatepost.journal.reader import Tail
from gatepost.mail.clock import Clock
from gatepost.web.board import Board, Session
from gatepost.web.stock import Stock, Totals

SHOWN: Final = 60  # sessions on the page
BACKLOG: Final = 20_000  # records read at the start: about 2,500 messages
MAX_STREAMS: Final = 32
LINGER: Final = 60.0  # seconds that the journal is followed after the last look
_INTERVAL: Final = 0.25  # seconds between two looks at the journal
_STOCK_INTERVAL: Final = 1.0  # seconds between two looks at the spool
_STILL_HERE: Final = 15.0  # seconds of silence after which a comment keeps the connection open
_PER_TURN: Final = 2000  # records folded before other requests get their turn

_log = logging.getLogger(__name__)


class Live:
    """The board kept up to date, and its viewers. `run` must be running for streams to see anything new."""

    def __init__(self, journal: Path, stock: Stock, looks: Environment, clock: Clock) -> None:
        self.board = Board(SHOWN)
        self.totals = Totals()
        self.problem = ""
        self.closing = False
        self.streams = 0
        self._journal = journal
        self._tail: Tail | None = None
        self._stock = stock
        self._clock = clock
        self._boards = 0
        self._era = ""  # versions count from zero on every new board
        self._linger_until = 0.0
        self._changed = asyncio.Event()
        self._looking = asyncio.Lock()
        self._looked_at_stock = 0.0
        self._session = looks.get_template("_session.html")
        self._headline = looks.get_template("_headline.html")
        self._cards: dict[str, tuple[int, str]] = {}

    async def run(self) -> None:
        """Follow the journal while someone looks, until cancelled."""
        while True:
            if self.streams:
                await self.look()
            elif self._tail is not None:
                lingering = asyncio.get_running_loop().time() < self._linger_until
                await (self._follow() if lingering else self._forget())
            await asyncio.sleep(_INTERVAL)

    async def look(self) -> None:
        """Take what is new in the journal, and in the spool when someone watches."""
        self._linger_until = asyncio.get_running_loop().time() + LINGER
        await self._follow()

    async def fresh_totals(self) -> Totals:
        """Give the spool's totals, at most a second old."""
        await self._look_at_stock()
        return self.totals

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self.closing = True
        self._wake()

    @property
    def following(self) -> bool:
        """Whether the journal is being followed."""
        return self._tail is not None

    def marker(self) -> str:
        """Name the state that a page shows, for the stream to go on from."""
        return f"{self._era}.{self.board.version}"

    def headline(self) -> str:
        """Render the straight answer: what happened in the last hour, what waits, what is held."""
        now = self._clock()
        hour = self.board.hour
        return self._headline.render(
            hour=hour.totals(now),
            since=hour.begins if hour.begins > now - 3600 else 0.0,
            totals=self.totals,
            quiet=not self.board.version,
            problem=self.problem,
        )

    def card(self, session: Session) -> str:
        """Render one session, once per change however many watch."""
        version, html = self._cards.get(session.id, (-1, ""))
        if version != session.version:
            html = self._session.render(session=session)
            if len(self._cards) > 2 * SHOWN:
                self._cards.clear()
            self._cards[session.id] = (session.version, html)
        return html

    async def events(self, marker: str) -> AsyncIterator[str]:
        """Stream what changed since `marker` (as server-sent events), until the viewer leaves.

        The caller has checked that `streams` is below MAX_STREAMS.
        """
        self.streams += 1
        try:
            await self.look()
            era, _, number = marker.partition(".")
            seen = int(number) if era == self._era and number.isdecimal() and len(number) < 18 else 0
            headline = ""
            yield "retry: 2000\n\n"
            while not self.closing:
                changed, current = self._changed, self.headline()
                parts = [_event("session", self.card(s)) for s in self.board.changed_since(seen)]
                seen = self.board.version
                if current != headline:
                    headline = current
                    parts.append(_event("headline", current))
                if parts:
                    yield f"{''.join(parts)}id: {self.marker()}\n\n"
                try:
                    await asyncio.wait_for(changed.wait(), _STILL_HERE)
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self.streams -= 1

    async def _follow(self) -> None:
        async with self._looking:
            try:
                if self._tail is None:
                    self._tail = await asyncio.to_thread(Tail, self._journal, BACKLOG)
                    self.board = Board(SHOWN)
                    self._cards.clear()
                    self._boards += 1
                    self._era = f"{int(self._clock() * 1000):x}-{self._boards}"
                records = await asyncio.to_thread(self._tail.poll)
                self.problem = ""
            except OSError as error:
                records = []
                if not self.problem:
                    _log.warning("The journal cannot be read: %s", error)
                self.problem = f"The journal cannot be read: {error.strerror or error}."
            for start in range(0, len(records), _PER_TURN):
                for record in records[start : start + _PER_TURN]:
                    self.board.apply(record)
                await asyncio.sleep(0)
            if (self.streams and await self._look_at_stock()) or records:
                self._wake()

    async def _forget(self) -> None:
        async with self._looking:
            if not self.streams:
                self._tail = None

    async def _look_at_stock(self) -> bool:
        if 0 <= self._clock() - self._looked_at_stock < _STOCK_INTERVAL:
            return False
        self._looked_at_stock = self._clock()
        before, self.totals = self.totals, await asyncio.to_thread(self._stock.totals)
        return before != self.totals

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def _event(name: str, html: str) -> str:
    data = "\n".join(f"data: {line}" for line in html.splitlines())
    return f"event: {name}\n{data}\n\n"
