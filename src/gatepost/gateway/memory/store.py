"""The memory of one machine: `checks.memory.Memory` over a file that all its processes share.

Calls come from the event loop and never wait for the disk: what is asked for in one turn of the loop goes as a batch
to one thread, which reads, then makes all changes in one transaction; of changes to the same record only the last
state is written, and nothing of one that stays as it was. Notes wait for company, a quarter of a second at most. What
was read or changed stays known here for a few seconds, so a client that sends much costs few reads.

Where correctness allows that: a `fresh` record may be as old as `FRESH`, so it is for looking; what must be right is
changed, and a change always starts from what is in the file.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

import apsw
from msgspec import Struct

from gatepost.checks.memory import Found, Raw, Step, Unavailable
from gatepost.gateway.memory.file import FILE, DamagedError, Key, MemoryFile
from gatepost.mail.clock import Clock

log = logging.getLogger("gatepost.memory")

FRESH: Final = 5.0  # seconds: short enough that what a person releases or forgets takes effect while he looks
FRESH_RECORDS: Final = 8192
NOTE_DELAY: Final = 0.25
PATIENCE: Final = 2.0  # seconds that a message waits for the disk before it goes on without
MOST_WAITING: Final = 10_000
REST: Final = 1.0  # seconds before a file that cannot be used is tried again
CLOSE_SECONDS: Final = 5.0
_IDLE: Final = 20.0

_DAMAGE: Final = (apsw.CorruptError, apsw.NotADBError, apsw.SQLError, DamagedError)


class _Get(Struct, gc=False):
    space: str
    keys: tuple[str, ...]
    answer: asyncio.Future[Any] | None
    result: Found | Unavailable = ()


class _Change(Struct, gc=False):
    """Without `answer` nobody waits for it."""

    space: str
    keys: tuple[str, ...]
    step: Step
    answer: asyncio.Future[Any] | None
    result: Found | Unavailable = ()


class _List(Struct, gc=False):
    space: str
    prefix: str
    after: str
    limit: int
    answer: asyncio.Future[Any] | None
    result: tuple[tuple[str, Raw], ...] | Unavailable = ()


_Request = _Get | _Change | _List
_Answer = TypeVar("_Answer")


class EmbeddedMemory:
    """The records in the data directory `directory`, for one event loop.

    Of each kind `max_records` are kept; 0 is for one who only looks in, and leaves tidying to the gateway.
    """

    def __init__(
        self, directory: Path, clock: Clock, loop: asyncio.AbstractEventLoop, max_records: int = 0
    ) -> None:
        self._clock = clock
        self._loop = loop
        self._where = str(directory / FILE)
        self._fresh: dict[Key, tuple[float, Raw | None]] = {}
        self._next: list[_Request] = []
        self._notes: list[_Request] = []
        self._sending = False
        self._noting: asyncio.TimerHandle | None = None
        self._waiting: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._watching = False
        self._queue: SimpleQueue[list[_Request] | None] = SimpleQueue()
        self._queued = 0
        self._closed = False
        self._file = MemoryFile(directory, max_records)
        self._failed_at = 0.0
        self._wrong: dict[str, str] = {}
        self._swept_at = 0.0
        self._sweeps = max_records > 0
        # A daemon: a disk that hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="memory", daemon=True)
        self._thread.start()

    # -- on the event loop ------------------------------------------------------------------------------

    def fresh(self, space: str, keys: Sequence[str]) -> Found | None:
        """Give the records when all of them were seen some seconds ago at most, without waiting; else None."""
        now = self._clock()
        found: list[Raw | None] = []
        for key in keys:
            seen = self._fresh.get((space, key))
            if seen is None or not seen[0] - FRESH <= now < seen[0]:  # a clock set back ends it too
                return None
            record = seen[1]
            found.append(record if record is not None and record.expires > now else None)
        return tuple(found)

    async def get(self, space: str, keys: Sequence[str]) -> Found | Unavailable:
        """Give the records."""
        answer: asyncio.Future[Found | Unavailable] = self._loop.create_future()
        return await self._ask(_Get(space, tuple(keys), answer), answer)

    async def change(self, space: str, keys: Sequence[str], step: Step) -> Found | Unavailable:
        """Change each record by `step`, and give what there is now."""
        answer: asyncio.Future[Found | Unavailable] = self._loop.create_future()
        return await self._ask(_Change(space, tuple(keys), step, answer), answer)

    def note(self, space: str, keys: Sequence[str], step: Step) -> None:
        """Change each record within a moment, and wait for nothing."""
        if self._closed or self._queued + len(self._notes) >= MOST_WAITING:
            return  # the thread has said why by then
        self._notes.append(_Change(space, tuple(keys), step, None))
        if self._noting is None and not self._sending:
            self._noting = self._loop.call_later(NOTE_DELAY, self._send)

    async def listed(
        self, space: str, prefix: str = "", after: str = "", limit: int = 1000
    ) -> tuple[tuple[str, Raw], ...] | Unavailable:
        """Give up to `limit` records in the order of their keys."""
        answer: asyncio.Future[tuple[tuple[str, Raw], ...] | Unavailable] = self._loop.create_future()
        return await self._ask(_List(space, prefix, after, limit, answer), answer)

    def close(self) -> None:
        """Write what is noted, and close. What is asked afterwards is answered Unavailable."""
        if self._closed:
            return
        self._send()
        self._closed = True
        self._queue.put(None)
        self._thread.join(CLOSE_SECONDS)

    def _ask(
        self, request: _Request, answer: asyncio.Future[_Answer | Unavailable]
    ) -> asyncio.Future[_Answer | Unavailable]:
        if self._closed:
            answer.set_result(Unavailable("the memory is closed"))
        elif self._queued >= MOST_WAITING:
            answer.set_result(Unavailable(f"{MOST_WAITING:,} requests wait for {self._where}"))
        else:
            self._next.append(request)
            if not self._sending:
                self._sending = True
                self._loop.call_soon(self._send)
            self._waiting.append((self._loop.time() + PATIENCE, answer))
            if not self._watching:
                self._watching = True
                self._loop.call_later(PATIENCE, self._watch)
        return answer

    def _send(self) -> None:
        self._sending = False
        if self._noting is not None:
            self._noting.cancel()
            self._noting = None
        batch = self._next + self._notes
        if batch:
            self._next, self._notes = [], []
            self._queued += len(batch)
            self._queue.put(batch)

    def _watch(self) -> None:
        """Let those go on that have waited too long: the disk may be hanging."""
        now = self._loop.time()
        waiting = self._waiting
        while waiting and (waiting[0][1].done() or waiting[0][0] <= now):
            answer = waiting.popleft()[1]
            if not answer.done():
                answer.set_result(Unavailable(f"{self._where} gave no answer in {PATIENCE:g} s"))
        self._watching = bool(waiting)
        if waiting:
            self._loop.call_later(max(waiting[0][0] - now, 0.01), self._watch)

    def _tell(self, batch: list[_Request]) -> None:
        self._queued -= len(batch)
        until = self._clock() + FRESH
        fresh = self._fresh
        for request in batch:
            if not isinstance(request, _List) and not isinstance(request.result, Unavailable):
                for key, record in zip(request.keys, request.result, strict=True):
                    fresh.pop((request.space, key), None)  # what is put in again is the youngest
                    fresh[request.space, key] = (until, record)
            if request.answer is not None and not request.answer.done():
                request.answer.set_result(request.result)
        while len(fresh) > FRESH_RECORDS:
            del fresh[next(iter(fresh))]

    # -- in the thread ----------------------------------------------------------------------------------

    def _run(self) -> None:
        more = False
        while True:
            batch: list[_Request] | None = []
            try:
                batch = self._queue.get(timeout=0 if more else _IDLE)
                while batch is not None and (another := self._queue.get_nowait()) is not None:
                    batch += another
                if batch is not None:
                    self._queue.put(None)  # the end was behind these
            except Empty:
                pass
            if batch is None:
                self._file.close()
                return
            if batch:
                self._work(batch)
                try:
                    self._loop.call_soon_threadsafe(self._tell, batch)
                except RuntimeError:  # the loop is closed: nobody waits any more
                    self._file.close()
                    return
            more = self._sweep()

    def _work(self, batch: list[_Request]) -> None:
        """Answer all of a batch. The second try is for a damaged file, which is a new one by then."""
        for last in (False, True):
            try:
                self._ready()
                self._work_on(batch)
            except Exception as error:  # noqa: BLE001 - the thread must outlive whatever a batch brings
                if isinstance(error, _DAMAGE) and not last and self._begin_anew(error):
                    continue
                self._failed("used", batch, error)
            else:
                self._works("used")
            return

    def _ready(self) -> None:
        if self._failed_at and 0 <= self._clock() - self._failed_at < REST:
            raise OSError(self._wrong.get("used", ""))
        self._failed_at = 0.0
        try:
            self._file.ready()
        except Exception:
            self._failed_at = self._clock()
            raise

    def _begin_anew(self, error: Exception) -> bool:
        try:
            self._file.damaged(error)
        except (apsw.Error, OSError):
            return False
        return True

    def _work_on(self, batch: list[_Request]) -> None:
        now = self._clock()
        changes: list[_Change] = []
        for request in batch:
            match request:
                case _Get():
                    request.result = self._file.read(request.space, request.keys, now)
                case _List():
                    request.result = self._file.listed(
                        request.space, request.prefix, request.after, request.limit, now
                    )
                case _Change():
                    changes.append(request)
        if changes:
            try:
                self._change(changes, now)
            except _DAMAGE:
                raise
            except Exception as error:  # noqa: BLE001 - what was read stands
                self._failed("written", changes, error)
            else:
                self._works("written")

    def _change(self, changes: list[_Change], now: float) -> None:
        file = self._file
        state: dict[Key, Raw | None] = {}
        there: dict[Key, Raw | None] = {}
        with file.transaction():
            for change in changes:
                space = change.space
                unseen = [key for key in change.keys if (space, key) not in state]
                for key, record in zip(unseen, file.read(space, unseen, now), strict=True):
                    state[space, key] = there[space, key] = record
                try:
                    new = [change.step(state[space, key]) for key in change.keys]
                except Exception as error:  # one bad step is no reason to lose the others
                    log.exception("a change of %s failed", space)
                    change.result = Unavailable(f"the change failed: {type(error).__name__}: {error}")
                    continue
                state.update({(space, key): record for key, record in zip(change.keys, new, strict=True)})
                change.result = tuple(new)
            file.write({key: record for key, record in state.items() if record != there[key]})

    def _sweep(self) -> bool:
        """Remove a little of what has expired; tell whether to go on."""
        now = self._clock()
        if not self._sweeps or self._failed_at or 0 <= now - self._swept_at < _IDLE:
            return False
        try:
            self._file.ready()
            if self._file.sweep(now):
                return True
        except _DAMAGE as error:  # an index that only the sweep reads
            self._begin_anew(error)
        except Exception as error:  # noqa: BLE001 - as in _work; the next batch shows what is wrong
            log.debug("%s was not swept: %s", self._where, error)
        self._swept_at = now
        return False

    def _failed(self, how: str, requests: Sequence[_Request], error: Exception) -> None:
        reason = str(error) or type(error).__name__
        for request in requests:
            request.result = Unavailable(reason)
        if how not in self._wrong:
            log.error("the memory %s cannot be %s, mail goes on without it: %s", self._where, how, reason)
        self._wrong[how] = reason

    def _works(self, how: str) -> None:
        if self._wrong.pop(how, ""):
            log.warning("the memory %s can be %s again", self._where, how)
