"""The front of the embedded spool on the event loop: hand over, be called back, never wait for the disk.

Between reception and delivery on the way of a message. Keeps what is leased (so that an outcome needs no
look-up) and how much memory fresh contents take. Knows nothing of SMTP, and of event loops only `post`.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from gatepost.mail.clock import Clock
from gatepost.spool.embedded.acts import Batch, ByRows, Deciding, Entry, Leasing, Releasing, Settling
from gatepost.spool.embedded.large import IncomingFile
from gatepost.spool.embedded.reader import read
from gatepost.spool.embedded.recovery import open_shard
from gatepost.spool.embedded.settings import SpoolSettings
from gatepost.spool.embedded.writer import Writer, verdict
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

_One = TypeVar("_One")


def _nobody(*_: object) -> None:
    """Stand for delivery until it names its entries."""


class EmbeddedSpool:
    """The durable hold of one worker, in one directory of its own."""

    recovered: Recovered

    def __init__(
        self,
        directory: Path,
        clock: Clock,
        post: Callable[..., object],
        settings: SpoolSettings,
        noted: Callable[[Recovered], None] = _nobody,
    ) -> None:
        """Open the shard in `directory`, created where missing, and recover what a former life left.

        `noted` is told what was found before any of it is changed for good: a start that is killed before
        `noted` returns finds the same again. `post(function, *arguments)` calls on the event loop's thread.
        Raises SpoolUnusable.
        """
        self._directory = directory
        self._clock = clock
        self._post = post
        self._settings = settings
        self._shard = open_shard(directory, clock(), settings)
        self.recovered = self._shard.recovered
        noted(self.recovered)
        self._shard.take_over(clock())
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        self._leased: dict[str, Entry] = {}
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
        entry = self._entry(new, done)
        if entry.large is None and len(entry.data) < self._settings.own_file_from:
            self._writer.put(entry)
        else:
            self._syncing.submit(self._sync_large, entry)

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

        def keep(entries: list[Entry]) -> None:
            if self._closed:
                entries = []  # given back already
            for entry in entries:
                self._leased[entry.message.id] = entry
            got([Leased(message=entry.message) for entry in entries])

        self._writer.put(Leasing(limit, keep))

    def release(self, reason_prefix: str, done: Callable[[int], None] | None = None) -> None:
        """Let every held message whose reason begins so wait, due now; `done` is told how many."""
        if self._closed:
            if done is not None:
                self._post(done, 0)
            return
        self._writer.put(Releasing(reason_prefix, done))

    def release_held(self, message_id: str, expires: float, done: Callable[[bool], None]) -> None:
        """Let a message go to those it is held for; `done` is told whether nothing of it is held any more."""
        self._decide(Deciding(message_id, expires, done))

    def delete_held(self, message_id: str, done: Callable[[bool], None]) -> None:
        """Take off those a message is held for; `done` is told whether nothing of it is held any more."""
        self._decide(Deciding(message_id, None, done))

    def _decide(self, deciding: Deciding) -> None:
        if self._closed:
            self._post(deciding.done, False)
        else:
            self._writer.put(deciding)

    def settle(
        self,
        message_id: str,
        outcome: Outcome,
        notices: Sequence[NewMessage] = (),
        done: Callable[[Committed], None] | None = None,
    ) -> None:
        """End a lease with an outcome. Raises KeyError when this worker has no such lease."""
        if notices and any(new.incoming is not None for new in notices):
            raise ValueError("the content of a report comes in `data`")
        entry = self._leased.pop(message_id)
        self._memory -= entry.memory
        if self._closed:
            if done is not None:
                self._post(done, Failed("the spool is closed"))
            return
        reports = tuple([self._entry(new, None) for new in notices]) if notices else ()
        self._writer.put_settling(Settling(entry, outcome, reports, done))

    def chunks(self, message: Message, size: int = 1 << 18) -> Iterator[bytes]:
        """Read a leased message's content, trace fields first. Raises OSError, KeyError when not leased."""
        place = self._leased[message.id].place
        assert place is not None  # noqa: S101 - for the type checker: what is leased is on disk
        return read(self._directory, place, size)

    def close(self) -> None:
        """Write what is waiting, give the leases back, and close. The callbacks still come, by `post`."""
        if self._closed:
            return
        self._closed = True
        self._syncing.shutdown()
        self._writer.close()
        self._shard.close(self._clock())

    def _entry(self, new: NewMessage, done: Callable[[Committed], None] | None) -> Entry:
        incoming = new.incoming
        if incoming is not None:
            assert isinstance(incoming, IncomingFile)  # noqa: S101 - made by `incoming` of this spool
            return Entry(new.message, new.head, b"", done, large=incoming)
        size = len(new.head) + len(new.data)
        self._queued += size
        memory = self._memory + size
        if memory > self._settings.memory:
            return Entry(new.message, new.head, new.data, done, 0, False)
        self._memory = memory
        return Entry(new.message, new.head, new.data, done, size)

    def _sync_large(self, entry: Entry) -> None:
        """Bring a large content to disk in a thread of its own, so that the writer does not wait for it."""
        try:
            if entry.large is None:
                entry.large = IncomingFile(self._directory, entry.message.id)
                entry.large.write(entry.data)
            entry.large.sync(self._shard.directory_fd)
        except Exception as error:  # noqa: BLE001 - whatever it is, the one who waits is told
            entry.result = verdict(error)
            if entry.large is not None:
                with suppress(OSError):
                    entry.large.discard()
            self._post(self._finish, Batch([entry], [], [], self._next_due))
        else:
            self._writer.put(entry)

    def _tell(self, batch: Batch) -> None:
        self._post(self._finish, batch)

    def _finish(self, batch: Batch) -> None:
        """Take a batch back on the event loop: first all are told, then delivery gets the fresh ones."""
        errors: list[Exception] = []
        _each(batch.arrivals, _told, errors)
        _each(batch.ended, _told, errors)
        before, self._next_due = self._next_due, batch.next_due
        if batch.by_rows:
            _each(batch.by_rows, _told, errors)
        _each(batch.arrivals, self._hand_over, errors)
        if batch.by_rows:
            _each(batch.by_rows, self._follow_up, errors)
        now = batch.next_due
        if now is not None and (before is None or now < before):
            _each((self._due,), _called, errors)
        if errors:
            raise errors[0]

    def _hand_over(self, entry: Entry) -> None:
        """Give a fresh message to delivery, with its content in one piece; let go of the pieces."""
        message = entry.message
        content = None
        head, data, entry.head, entry.data, entry.done = entry.head, entry.data, b"", b"", None
        if entry.large is None or data:
            self._queued -= len(head) + len(data)
            content = head + data
        if type(entry.result) is not Stored or not entry.ours or self._closed:
            self._memory -= entry.memory
            return
        self._leased[message.id] = entry
        self._ready(Leased(message=message, content=content))

    def _follow_up(self, item: ByRows) -> None:
        if type(item) is Settling:
            for notice in item.notices:
                notice.result = item.result
                self._hand_over(notice)
        elif type(item) is Leasing:
            item.got(item.entries)
        elif type(item) is Entry:
            self._hand_over(item)

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


def _each(items: Iterable[_One], act: Callable[[_One], object], errors: list[Exception]) -> None:
    """Act for one after the other, so that an error with one does not keep the others from their turn."""
    rest = iter(items)
    while True:
        try:
            for one in rest:
                act(one)
        except Exception as error:  # noqa: BLE001 - raised again when all had their turn
            errors.append(error)
        else:
            return


def _told(item: ByRows) -> None:
    """Tell the one who waits for a word."""
    if type(item) is Entry or type(item) is Settling:
        if item.done is not None:
            item.done(item.result)
    elif type(item) is Releasing and item.done is not None:
        item.done(item.released)
    elif type(item) is Deciding:
        item.done(item.decided)


def _called(function: Callable[[], object]) -> None:
    function()
