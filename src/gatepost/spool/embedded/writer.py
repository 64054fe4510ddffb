"""The one writer thread of a shard: everything that waits becomes durable in one step (group commit).

The order of writes is the promise: contents are on disk before the rows that point at them are committed, and
only then is anybody told, with one call back to the event loop for the whole batch. Files are removed after
the rows that pointed at them. Knows nothing of event loops: `tell` hands a batch back.
"""

from __future__ import annotations

import errno
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import apsw
from msgspec import Struct

from gatepost.mail.clock import Clock
from gatepost.spool.embedded.large import SUFFIX as LARGE
from gatepost.spool.embedded.large import IncomingFile
from gatepost.spool.embedded.rows import Place, Row, Rows
from gatepost.spool.embedded.segments import Segments
from gatepost.spool.embedded.settings import SpoolSettings
from gatepost.spool.interface import Again, Committed, Done, Failed, Message, NoRoom, Outcome, Stored

MOST_AT_ONCE: Final = 250
OCTETS_AT_ONCE: Final = 8 << 20
RETRY: Final = 1.0  # seconds until an outcome that could not be written is tried again
COMPACT_EVERY: Final = 10.0
COMPACT_OCTETS: Final = 1 << 20  # copied in one step, so that commits do not wait long behind it
COMPACT_MESSAGES: Final = 100

_STORED: Final = Stored()
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Arrival(Struct, gc=False):
    """A message to store: leased to `owner`, or due now; its content is in `content` or the `large` file."""

    message: Message
    content: bytes
    large: IncomingFile | None
    head: bytes
    owner: str | None
    done: Callable[[Committed], None] | None
    memory: int
    place: Place | None = None
    result: Committed = _STORED


class Settling(Struct, gc=False):
    """A lease to end, with the delivery reports that go into the same step."""

    row: Row
    outcome: Outcome
    notices: tuple[Arrival, ...]
    done: Callable[[Committed], None] | None
    result: Committed = _STORED


class Leasing(Struct, gc=False):
    """A wish for messages that are due."""

    limit: int
    got: Callable[[list[Row]], None]
    rows: list[Row] = []


class Batch(Struct, gc=False):
    """What was made durable in one step, or not: each part has its result."""

    arrivals: list[Arrival]
    settlings: list[Settling]
    leasings: list[Leasing]
    next_due: float | None


class Writer:
    """Store, settle and lease, many at a time, in a thread of its own."""

    def __init__(
        self,
        *,
        rows: Rows,
        segments: Segments,
        clock: Clock,
        settings: SpoolSettings,
        owner: str,
        next_due: float | None,
        tell: Callable[[Batch], None],
    ) -> None:
        self._rows = rows
        self._segments = segments
        self._clock = clock
        self._settings = settings
        self._owner = owner
        self._tell = tell
        self._next_due = next_due
        self._urgent: deque[Arrival | Leasing] = deque()
        self._settlings: deque[Settling] = deque()
        self._stuck: list[Settling] = []
        self._closing = False
        self._sparse: list[str] = []
        self._looked = clock()
        self._signalled = False
        self._wake = threading.Lock()
        self._wake.acquire()
        self._thread = threading.Thread(target=self._run, name="spool-writer", daemon=True)
        self._thread.start()

    @property
    def stuck(self) -> bool:
        """Tell whether outcomes could not be written: the disk is full or failing."""
        return bool(self._stuck)

    def put(self, item: Arrival | Leasing) -> None:
        """Queue what somebody waits for."""
        self._urgent.append(item)
        self._signal()

    def put_settling(self, settling: Settling) -> None:
        """Queue what may wait a moment to ride with the next commit."""
        settlings = self._settlings
        settlings.append(settling)
        waiting = len(settlings)
        if waiting == 1 or waiting >= MOST_AT_ONCE:
            self._signal()

    def close(self) -> None:
        """Write what is queued and end the thread."""
        self._closing = True
        self._signal()
        self._thread.join()

    def _signal(self) -> None:
        if not self._signalled:
            self._signalled = True
            with suppress(RuntimeError):  # two threads signalled at once: once is enough
                self._wake.release()

    def _sleep(self, seconds: float) -> None:
        if self._wake.acquire(timeout=seconds):
            self._signalled = False

    def _run(self) -> None:
        while True:
            self._wait()
            if self._urgent or self._settlings:
                self._write_all(*self._take())
            if self._stuck:
                self._retry()
            if not self._closing:
                self._compact()
            elif not (self._urgent or self._settlings):
                self._give_up()
                return

    def _wait(self) -> None:
        if self._signalled:
            self._sleep(-1)
        if not (self._urgent or self._settlings or self._closing or self._sparse):
            self._sleep(RETRY if self._stuck else COMPACT_EVERY if len(self._segments.usage) > 1 else -1)
        if self._settlings and not (self._urgent or self._closing):
            self._sleep(self._settings.settle_delay)

    def _take(self) -> tuple[list[Arrival], list[Settling], list[Leasing]]:
        arrivals: list[Arrival] = []
        settlings: list[Settling] = []
        leasings: list[Leasing] = []
        octets = 0
        with suppress(IndexError):
            while len(arrivals) < MOST_AT_ONCE and octets < OCTETS_AT_ONCE:
                item = self._urgent.popleft()
                if isinstance(item, Arrival):
                    arrivals.append(item)
                    octets += len(item.content)
                else:
                    leasings.append(item)
        with suppress(IndexError):
            while len(settlings) < MOST_AT_ONCE:
                settlings.append(self._settlings.popleft())
        return arrivals, settlings, leasings

    def _write_all(self, arrivals: list[Arrival], settlings: list[Settling], leasings: list[Leasing]) -> None:
        """Write a batch and tell. What failed through the disk fails as one; else each is tried alone."""
        try:
            self._write(arrivals, settlings, leasings)
        except Exception as error:  # noqa: BLE001 - the thread must outlive whatever a batch brings
            if disk_failed(error) or len(arrivals) + len(settlings) + len(leasings) == 1:
                self._refuse(arrivals, settlings, leasings, error)
                return
            for arrival in arrivals:
                self._write_all([arrival], [], [])
            for settling in settlings:
                self._write_all([], [settling], [])
            for leasing in leasings:
                self._write_all([], [], [leasing])
        else:
            self._tell(Batch(arrivals, settlings, leasings, self._next_due))
            self._clear(settlings)

    def _refuse(
        self, arrivals: list[Arrival], settlings: list[Settling], leasings: list[Leasing], error: Exception
    ) -> None:
        """Tell that a batch failed; outcomes that the disk refused are kept to try again."""
        result = verdict(error)
        if isinstance(result, NoRoom):
            self._segments.give_up_space(self._clock())  # to outcomes: they are what frees the disk
            self._rows.make_room()
        for arrival in arrivals:
            arrival.result = result
            if arrival.large is not None:
                with suppress(OSError):
                    arrival.large.discard()
        for leasing in leasings:
            leasing.rows = []
        if disk_failed(error):
            self._stuck += settlings
            settlings = []
        for settling in settlings:
            settling.result = result
        self._tell(Batch(arrivals, settlings, leasings, self._next_due))

    def _write(self, arrivals: list[Arrival], settlings: list[Settling], leasings: list[Leasing]) -> None:
        now = self._clock()
        rows = self._rows
        new = arrivals
        if settlings:
            new = arrivals + [notice for settling in settlings for notice in settling.notices]
        placed = self._place(new, now)
        next_due = self._next_due
        if settlings or leasings:
            with rows.transaction():
                if placed:
                    rows.insert(placed, now)
                if settlings:
                    rows.settle([(s.row, s.outcome) for s in settlings], now)
                for leasing in leasings:
                    leasing.rows = rows.lease(leasing.limit, self._owner, now)
                if leasings or any(type(s.outcome) is Again for s in settlings):
                    next_due = rows.next_due()
        else:
            rows.insert(placed, now)  # one statement is a transaction by itself
        self._keep(new)
        if any(arrival.owner is None for arrival in new):
            next_due = now if next_due is None else min(now, next_due)
        self._next_due = next_due

    def _keep(self, new: list[Arrival]) -> None:
        for arrival in new:
            if arrival.large is not None:
                arrival.large.own()
            elif arrival.place is not None:
                self._segments.keep(arrival.place)

    def _place(self, new: list[Arrival], now: float) -> list[tuple[Message, Place, str | None]]:
        small = [arrival for arrival in new if arrival.large is None]
        if small:
            for arrival, place in zip(
                small, self._segments.append([a.content for a in small], now), strict=True
            ):
                arrival.place = place
        placed = []
        for arrival in new:
            large = arrival.large
            if large is not None:
                arrival.place = Place(large.name, 0, large.size, arrival.head)
            assert arrival.place is not None  # noqa: S101 - for the type checker
            placed.append((arrival.message, arrival.place, arrival.owner))
        return placed

    def _clear(self, settlings: list[Settling]) -> None:
        for settling in settlings:
            if type(settling.outcome) is Done:
                place = settling.row.place
                if place.file.endswith(LARGE):
                    self._segments.remove_file(place.file)
                else:
                    self._segments.drop(place)

    def _retry(self) -> None:
        """Try again, each by itself, what the disk refused."""
        stuck, self._stuck = self._stuck, []
        for at, settling in enumerate(stuck):
            self._write_all([], [settling], [])
            if self._stuck:
                self._stuck += stuck[at + 1 :]
                return

    def _give_up(self) -> None:
        """Tell at the end what the disk still refuses: those messages are due again at the next start."""
        for settling in self._stuck:
            settling.result = Failed("the disk refused it until the end")
        if self._stuck:
            self._tell(Batch([], self._stuck, [], self._next_due))

    def _compact(self) -> None:
        """Copy a little out of a nearly empty segment file, as all is written: content, then rows."""
        now = self._clock()
        if not self._sparse:
            if not 0 <= now - self._looked < COMPACT_EVERY:
                self._looked = now
                settings = self._settings
                self._sparse = self._segments.sparse(settings.compact_below, now - settings.compact_after)
            return
        file = self._sparse[-1]
        done = file not in self._segments.usage
        if not done:
            try:
                done = not self._move_some(file, now)  # what is left is leased: it ends, or waits again
            except (OSError, apsw.Error):
                done = True  # no room to copy to, or unreadable: another time
        if done:
            self._sparse.remove(file)

    def _move_some(self, file: str, now: float) -> bool:
        moved = []
        contents = []
        octets = 0
        for name, start, length in self._rows.movable(file, COMPACT_MESSAGES):
            moved.append((name, Place(file, start, length)))
            contents.append(self._segments.read(file, start, length))
            octets += length
            if octets >= COMPACT_OCTETS:
                break
        if not moved:
            return False
        places = self._segments.append(contents, now)
        with self._rows.transaction():
            self._rows.move((name, place) for (name, _), place in zip(moved, places, strict=True))
        for (_, old), new in zip(moved, places, strict=True):
            self._segments.keep(new)
            self._segments.drop(old)
        return True


def disk_failed(error: Exception) -> bool:
    """Tell whether the disk refused, rather than the data: then trying again later can help."""
    return isinstance(error, OSError | apsw.FullError | apsw.IOError | apsw.BusyError | apsw.CantOpenError)


def verdict(error: Exception) -> NoRoom | Failed:
    """Say what a failure means for what was to be stored."""
    if isinstance(error, apsw.FullError) or (isinstance(error, OSError) and error.errno in _FULL):
        return NoRoom(str(error))
    return Failed(f"{type(error).__name__}: {error}")
