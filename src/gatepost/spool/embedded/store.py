"""The front of the embedded spool on the event loop: hand over, be called back, never wait for the disk.

Between reception and delivery on the way of a message. Keeps what is leased (so that an outcome needs no
look-up) and how much memory fresh contents take. Knows nothing of SMTP, and of event loops only `post`.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from gatepost.mail.clock import Clock
from gatepost.spool.embedded.large import IncomingFile
from gatepost.spool.embedded.reader import read
from gatepost.spool.embedded.recovery import open_shard
from gatepost.spool.embedded.rows import Row
from gatepost.spool.embedded.settings import SpoolSettings
from gatepost.spool.embedded.writer import Arrival, Batch, Leasing, Settling, Writer, verdict
from gatepost.spool.interface import (
    Committed,
    Failed,
    Incoming,
    Leased,
    Message,
    NewMessage,
    Outcome,
    Recovered,
    Stored,
)

_ROOM_FOR = 1.0  # seconds for which one look at the free space holds


class _Lease(Struct, gc=False):
    row: Row
    memory: int


class EmbeddedSpool:
    """The durable hold of one worker, in one directory of its own."""

    recovered: Recovered

    def __init__(
        self,
        directory: Path,
        clock: Clock,
        post: Callable[..., object],
        settings: SpoolSettings,
    ) -> None:
        """Open the shard in `directory`, created where missing, and recover what a former life left.

        `post(function, *arguments)` calls on the event loop's thread. Raises SpoolUnusable.
        """
        self._directory = directory
        self._clock = clock
        self._post = post
        self._settings = settings
        self._shard = open_shard(directory, clock(), settings)
        self.recovered = self._shard.recovered
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        self._leased: dict[str, _Lease] = {}
        self._memory = 0
        self._queued = 0
        self._room = False
        self._room_seen = 0.0
        self._closed = False
        self._next_due = self._shard.rows.next_due()
        self._ready: Callable[[Leased], None] = _nobody
        self._due: Callable[[], None] = _nobody
        self._syncing = ThreadPoolExecutor(2, thread_name_prefix="spool-large")
        self._writer = Writer(
            rows=self._shard.rows,
            segments=self._shard.segments,
            clock=clock,
            settings=settings,
            owner=self._owner,
            next_due=self._next_due,
            tell=self._tell,
        )

    def room(self) -> bool:
        """Tell whether a new message may be taken: false before the disk is full (RFC 5321 452)."""
        now = self._clock()
        if not 0 <= now - self._room_seen < _ROOM_FOR:
            self._room_seen = now
            self._room = self._look_for_room()
        return self._room and not self._closed

    def incoming(self, message_id: str) -> Incoming:
        """Begin a large content. Raises OSError."""
        return IncomingFile(self._directory, message_id)

    def commit(self, new: NewMessage, done: Callable[[Committed], None]) -> None:
        """Store durably, then call `done`."""
        if self._closed:
            self._post(done, Failed("the spool is closed"))
            return
        arrival = self._arrival(new, done)
        if arrival.large is None and len(arrival.content) < self._settings.own_file_from:
            self._writer.put(arrival)
        else:
            self._syncing.submit(self._sync_large, arrival)

    def on_ready(self, ready: Callable[[Leased], None], due: Callable[[], None]) -> None:
        """Name delivery's entries; `due` is called soon when messages wait from a former life."""
        self._ready = ready
        self._due = due
        if self._next_due is not None:
            self._post(due)

    def next_due(self) -> float | None:
        """Tell when the first waiting message falls due, None when none waits."""
        return self._next_due

    def lease(self, limit: int, got: Callable[[Sequence[Leased]], None]) -> None:
        """Lease up to `limit` messages that are due, the longest due first."""
        if self._closed:
            self._post(got, ())
            return

        def keep(rows: list[Row]) -> None:
            leased = []
            if self._closed:
                rows = []  # given back already
            for row in rows:
                self._leased[row.message.id] = _Lease(row, 0)
                leased.append(Leased(message=row.message))
            got(leased)

        self._writer.put(Leasing(limit, keep))

    def settle(
        self,
        message_id: str,
        outcome: Outcome,
        notices: Sequence[NewMessage] = (),
        done: Callable[[Committed], None] | None = None,
    ) -> None:
        """End a lease with an outcome. Raises KeyError when this worker has no such lease."""
        if any(new.incoming is not None for new in notices):
            raise ValueError("the content of a report comes in `data`")
        lease = self._leased.pop(message_id)
        self._memory -= lease.memory
        if self._closed:
            if done is not None:
                self._post(done, Failed("the spool is closed"))
            return
        arrivals = tuple(self._arrival(new, None) for new in notices) if notices else ()
        self._writer.put_settling(Settling(lease.row, outcome, arrivals, done))

    def chunks(self, message: Message, size: int = 1 << 18) -> Iterator[bytes]:
        """Read a leased message's content, trace fields first. Raises OSError, KeyError when not leased."""
        return read(self._directory, self._leased[message.id].row.place, size)

    def close(self) -> None:
        """Write what is waiting, give the leases back, and close. The callbacks still come, by `post`."""
        if self._closed:
            return
        self._closed = True
        self._syncing.shutdown()
        self._writer.close()
        self._shard.close(self._clock())

    def _arrival(self, new: NewMessage, done: Callable[[Committed], None] | None) -> Arrival:
        incoming = new.incoming
        owner: str | None = self._owner
        if incoming is not None:
            assert isinstance(incoming, IncomingFile)  # noqa: S101 - made by `incoming` of this spool
            return Arrival(new.message, b"", incoming, new.head, owner, done, 0)
        content = new.head + new.data
        size = len(content)
        self._queued += size
        memory = self._memory + size
        if memory > self._settings.memory:
            return Arrival(new.message, content, None, b"", None, done, 0)
        self._memory = memory
        return Arrival(new.message, content, None, b"", owner, done, size)

    def _sync_large(self, arrival: Arrival) -> None:
        """Bring a large content to disk in a thread of its own, so that the writer does not wait for it."""
        try:
            if arrival.large is None:
                arrival.large = IncomingFile(self._directory, arrival.message.id)
                arrival.large.write(arrival.content)
            arrival.large.sync(self._shard.directory_fd)
        except Exception as error:  # noqa: BLE001 - whatever it is, the one who waits is told
            arrival.result = verdict(error)
            if arrival.large is not None:
                with suppress(OSError):
                    arrival.large.discard()
            self._post(self._finish, Batch([arrival], [], [], self._next_due))
        else:
            self._writer.put(arrival)

    def _tell(self, batch: Batch) -> None:
        self._post(self._finish, batch)

    def _finish(self, batch: Batch) -> None:
        """Take a batch back on the event loop: first all are told, then delivery gets the fresh ones."""
        errors: list[Exception] = []
        for told in (batch.arrivals, batch.settlings):
            for one in told:
                if one.done is not None:
                    _call(errors, one.done, one.result)
        before, self._next_due = self._next_due, batch.next_due
        for arrival in batch.arrivals:
            self._hand_over(arrival, errors)
        for settling in batch.settlings:
            for notice in settling.notices:
                notice.result = settling.result
                self._hand_over(notice, errors)
        for leasing in batch.leasings:
            _call(errors, leasing.got, leasing.rows)
        now = batch.next_due
        if now is not None and (before is None or now < before):
            _call(errors, self._due)
        if errors:
            raise errors[0]

    def _hand_over(self, arrival: Arrival, errors: list[Exception]) -> None:
        self._queued -= len(arrival.content)
        place = arrival.place
        if type(arrival.result) is not Stored or place is None or arrival.owner is None or self._closed:
            self._memory -= arrival.memory
        else:
            message = arrival.message
            self._leased[message.id] = _Lease(Row(message, place), arrival.memory)
            content = arrival.content if arrival.memory else None
            _call(errors, self._ready, Leased(message=message, content=content))

    def _look_for_room(self) -> bool:
        if self._writer.stuck:
            return False
        try:
            disk = os.statvfs(self._directory)
        except OSError:
            return False
        if disk.f_files and disk.f_favail < self._settings.min_free_inodes:
            return False
        free = disk.f_bavail * disk.f_frsize - self._queued - self._shard.segments.reserve.missing
        return free >= self._settings.min_free


def _call(errors: list[Exception], function: Callable[..., Any], *arguments: object) -> None:
    """Call one of many, so that an error in it does not keep the others from being called."""
    try:
        function(*arguments)
    except Exception as error:  # noqa: BLE001 - raised again when all were called
        errors.append(error)


def _nobody(*_: object) -> None:
    """Stand for delivery until it names its entries."""
