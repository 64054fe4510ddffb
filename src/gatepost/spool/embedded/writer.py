"""The one writer thread of a shard: everything that waits becomes durable in one step (group commit).

Fresh messages and plain ends go to the log, in one frame written by one system call; all else goes to the rows,
in one transaction after the contents are in the log. Only then is anybody told, with one call back to the event
loop for the whole batch. Knows nothing of event loops: `tell` hands a batch back.
"""

from __future__ import annotations

import errno
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import apsw

from gatepost.mail.clock import Clock
from gatepost.spool.embedded.acts import Batch, ByRows, Deciding, Entry, Leasing, Releasing, Settling
from gatepost.spool.embedded.checkpoint import Checkpoint
from gatepost.spool.embedded.compaction import EVERY as COMPACT_EVERY
from gatepost.spool.embedded.compaction import Compaction
from gatepost.spool.embedded.large import SUFFIX as LARGE
from gatepost.spool.embedded.rows import Place, Row, Rows
from gatepost.spool.embedded.segments import Segments
from gatepost.spool.embedded.settings import SpoolSettings
from gatepost.spool.interface import Done, Failed, NoRoom, Outcome

MOST_AT_ONCE: Final = 250
OCTETS_AT_ONCE: Final = 8 << 20
MANY: Final = 2
PAUSE: Final = 0.004  # seconds between batches of at least so many arrivals while the process is that busy
BUSY: Final = 0.85
RETRY: Final = 1.0  # seconds until an outcome that could not be written is tried again

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


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
        self._newest = rows.newest()
        self._checkpoint = Checkpoint(rows, segments, owner)
        self._compaction = Compaction(rows, segments, settings, clock())
        self._urgent: deque[Entry | Leasing | Releasing | Deciding] = deque()
        self._settlings: deque[Settling] = deque()
        self._stuck: list[Settling | Releasing | Deciding] = []
        self._closing = False
        self._signalled = False
        self._resting = False
        self._many = False
        self._wall = self._cpu = 0.0
        self._wake = threading.Lock()
        self._wake.acquire()
        self._thread = threading.Thread(target=self._run, name="spool-writer", daemon=True)
        self._thread.start()

    @property
    def stuck(self) -> bool:
        """Tell whether outcomes or a checkpoint could not be written: the disk is full or failing."""
        return bool(self._stuck) or self._checkpoint.failing

    def put(self, item: Entry | Leasing | Releasing | Deciding) -> None:
        """Queue what somebody waits for."""
        self._urgent.append(item)
        if not self._signalled:
            self._signal()

    def put_settling(self, settling: Settling) -> None:
        """Queue what may wait a moment to ride with the next commit."""
        self._settlings.append(settling)
        if self._resting or len(self._settlings) >= MOST_AT_ONCE:
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
            if self._checkpoint.wait(self._clock()) == 0:
                self._save()
            if not self._closing:
                if self._compaction.step(self._clock()):
                    self._checkpoint.note(self._clock())
            elif not (self._urgent or self._settlings):
                self._end()
                return

    def _wait(self) -> None:
        """Sleep until there is something to do.

        For a moment after a batch outcomes do not wake the writer: they ride with the next commit, or with the
        end of that moment. Each wake-up costs two hand-overs of the interpreter lock.
        """
        if self._many and not self._closing and self._busy():
            self._many = False
            time.sleep(PAUSE)
        if self._signalled:
            self._sleep(-1)
        if self._urgent or self._closing or self._compaction.pending:
            return
        self._sleep(self._settings.settle_delay)
        self._resting = True
        if not (self._urgent or self._settlings or self._closing):
            self._sleep(self._rest())
            self._resting = False
            if self._settlings and not (self._urgent or self._closing):
                self._sleep(self._settings.settle_delay)
        self._resting = False

    def _busy(self) -> bool:
        """Tell whether the processor, not the disk, was what others waited for since this was asked last."""
        wall, cpu = time.monotonic(), time.process_time()
        busy = cpu - self._cpu > BUSY * (wall - self._wall)
        self._wall, self._cpu = wall, cpu
        return busy

    def _rest(self) -> float:
        if self._stuck:
            return RETRY
        wait = self._checkpoint.wait(self._clock())
        if wait >= 0:
            return wait
        return COMPACT_EVERY if len(self._segments.usage) > 1 else -1

    def _take(self) -> tuple[list[Entry], list[Settling], list[ByRows]]:
        """Take what is queued: what goes by the log (arrivals, ends), and what goes by rows."""
        arrivals: list[Entry] = []
        ended: list[Settling] = []
        by_rows: list[ByRows] = []
        octets = 0
        with suppress(IndexError):
            while len(arrivals) < MOST_AT_ONCE and octets < OCTETS_AT_ONCE:
                item = self._urgent.popleft()
                if type(item) is Entry:
                    octets += len(item.data)
                    (arrivals if item.ours else by_rows).append(item)
                else:
                    by_rows.append(item)
        with suppress(IndexError):
            while len(ended) < MOST_AT_ONCE:
                settling = self._settlings.popleft()
                if type(settling.outcome) is Done and not settling.notices:
                    ended.append(settling)
                else:
                    by_rows.append(settling)
        return arrivals, ended, by_rows

    def _write_all(self, arrivals: list[Entry], ended: list[Settling], by_rows: list[ByRows]) -> None:
        now = self._clock()
        try:
            self._write_log(arrivals, ended, by_rows, now)
        except Exception as error:  # noqa: BLE001 - the thread must outlive whatever a batch brings
            self._write_apart(arrivals, ended, by_rows, error)
            return
        if by_rows:
            try:
                self._write_rows(by_rows, now)
            except Exception as error:  # noqa: BLE001 - as above
                if arrivals or ended:
                    self._tell(Batch(arrivals, ended, [], self._next_due))
                self._write_apart([], [], by_rows, error)
                return
        self._tell(Batch(arrivals, ended, by_rows, self._next_due))

    def _write_apart(
        self, arrivals: list[Entry], ended: list[Settling], by_rows: list[ByRows], error: Exception
    ) -> None:
        """Refuse together what failed through the disk; else try each alone."""
        if disk_failed(error) or len(arrivals) + len(ended) + len(by_rows) == 1:
            self._refuse(arrivals, ended, by_rows, error)
            return
        for arrival in arrivals:
            self._write_all([arrival], [], [])
        for settling in ended:
            self._write_all([], [settling], [])
        for item in by_rows:
            self._write_all([], [], [item])

    def _write_log(
        self, arrivals: list[Entry], ended: list[Settling], by_rows: list[ByRows], now: float
    ) -> None:
        """Write one frame: the messages that arrived, the ids of those that ended, and contents for rows."""
        others = _contents_of(by_rows) if by_rows else []
        if not (arrivals or ended or others):
            return
        new = arrivals + others if others else arrivals
        unsaved = self._checkpoint.unsaved
        self._refuse_taken(new)
        entries: list[tuple[object, ...]] = []
        contents: list[bytes] = []
        for entry in arrivals:
            large = entry.large
            if large is None:
                entries.append((len(entry.head) + len(entry.data), entry.message))
                contents += (entry.head, entry.data)
            else:
                entries.append((large.size, entry.message, large.name, entry.head))
        for entry in others:
            if entry.large is None:
                entries.append((len(entry.head) + len(entry.data),))
                contents += (entry.head, entry.data)
        segments = self._segments
        file, at = segments.append([s.entry.message.id for s in ended], entries, contents, now)
        for entry in new:
            large = entry.large
            if large is None:
                length = len(entry.head) + len(entry.data)
                entry.place = Place(file, at, length)
                at += length
            else:
                entry.place = Place(large.name, 0, large.size, entry.head)
        for entry in arrivals:
            self._keep(entry)
            unsaved[entry.message.id] = entry
        for settling in ended:
            name = settling.entry.message.id
            if unsaved.pop(name, None) is None:
                self._checkpoint.finished.append(name)
            self._drop(settling.entry.place)
        self._checkpoint.note(now)
        self._many = len(arrivals) >= MANY

    def _refuse_taken(self, new: list[Entry]) -> None:
        """Raise ValueError when an id is in use: an end names a message by its id alone.

        Ids of one life are unique; those of a former life can come again when the clock was set back.
        """
        ids = {entry.message.id for entry in new}
        if len(ids) < len(new) or not ids.isdisjoint(self._checkpoint.unsaved):
            raise ValueError("a message with this id is in the spool already")
        old = [name for name in ids if name <= self._newest]
        if old and self._rows.has(old):
            raise ValueError("a message with this id is in the spool already")

    def _write_rows(self, by_rows: list[ByRows], now: float) -> None:
        """Make one transaction of all that goes by rows; the contents are in the log already."""
        rows = self._rows
        inserted: list[tuple[Row, str | None]] = []
        settled: list[tuple[Row, Outcome]] = []
        for item in by_rows:
            if type(item) is Entry:
                inserted.append((_row(item), None))
            elif type(item) is Settling:
                inserted += [(_row(notice), self._owner if notice.ours else None) for notice in item.notices]
                settled.append((_row(item.entry), item.outcome))
        with rows.transaction():
            if inserted:
                rows.insert(inserted, now)
            if settled:
                rows.settle(settled, now)
            for item in by_rows:
                if type(item) is Leasing:
                    item.entries = [
                        Entry(row.message, b"", b"", None, place=row.place)
                        for row in rows.lease(item.limit, self._owner, now)
                    ]
                elif type(item) is Releasing:
                    item.released = rows.release(item.reason_prefix, now)
                elif type(item) is Deciding:
                    self._decide(item, now)
            next_due = rows.next_due()
        self._next_due = next_due
        for item in by_rows:
            if type(item) is Entry:
                self._keep(item)
            elif type(item) is Settling:
                for notice in item.notices:
                    self._keep(notice)
                self._checkpoint.unsaved.pop(item.entry.message.id, None)
                if type(item.outcome) is Done:
                    self._drop(item.entry.place)
                    self._checkpoint.note(now)
            elif type(item) is Deciding and item.place is not None:
                self._drop(item.place)
                self._checkpoint.note(now)

    def _decide(self, item: Deciding, now: float) -> None:
        """Do in the transaction what a person decided, unless the message is on its way and has no row yet."""
        if item.message_id in self._checkpoint.unsaved:
            return
        if item.expires is None:
            item.decided, item.place = self._rows.delete_held(item.message_id, now)
        else:
            item.decided = self._rows.release_held(item.message_id, item.expires, now)

    def _keep(self, entry: Entry) -> None:
        if entry.large is not None:
            entry.large.own()
        elif entry.place is not None:
            self._segments.keep(entry.place)

    def _drop(self, place: Place | None) -> None:
        if place is None:
            return
        if place.file.endswith(LARGE):
            self._segments.remove_file(place.file)
        else:
            self._segments.drop(place)

    def _refuse(
        self, arrivals: list[Entry], ended: list[Settling], by_rows: list[ByRows], error: Exception
    ) -> None:
        """Tell that a batch failed; outcomes that the disk refused are kept to try again, by rows."""
        result = verdict(error)
        if isinstance(result, NoRoom):
            self._give_up_space()
        told: list[ByRows] = []
        for item in [*arrivals, *ended, *by_rows]:
            if type(item) is Settling or type(item) is Releasing or type(item) is Deciding:
                if disk_failed(error):
                    self._stuck.append(item)
                    continue
                if type(item) is Settling:
                    item.result = result
                elif type(item) is Deciding:
                    item.decided, item.place = False, None
            elif type(item) is Entry:
                item.result = result
                if item.large is not None:
                    with suppress(OSError):
                        item.large.discard()
            told.append(item)
        self._tell(Batch([], [], told, self._next_due))

    def _give_up_space(self) -> None:
        """Let rows have all space that is not needed: outcomes are what frees the disk."""
        self._checkpoint.pressed = True
        self._segments.give_up_space(self._clock())
        self._rows.make_room()

    def _retry(self) -> None:
        """Try again, each by itself, what the disk refused."""
        stuck, self._stuck = self._stuck, []
        for at, item in enumerate(stuck):
            self._write_all([], [], [item])
            if self._stuck:
                self._stuck += stuck[at + 1 :]
                return

    def _save(self) -> None:
        try:
            self._checkpoint.save(self._clock())
        except Exception as error:  # noqa: BLE001 - as for a batch; tried again later
            if isinstance(verdict(error), NoRoom):
                self._give_up_space()

    def _end(self) -> None:
        """Tell what the disk still refuses (it is due again at the next start), and bring rows up to date."""
        for item in self._stuck:
            if type(item) is Settling:
                item.result = Failed("the disk refused it until the end")
        if self._stuck:
            self._tell(Batch([], [], list(self._stuck), self._next_due))
        with suppress(OSError):
            self._segments.close(self._clock())
        if self._checkpoint.wait(self._clock()) >= 0:
            self._save()
        else:
            self._segments.sweep()


def disk_failed(error: Exception) -> bool:
    """Tell whether the disk refused, rather than the data: then trying again later can help."""
    return isinstance(error, OSError | apsw.FullError | apsw.IOError | apsw.BusyError | apsw.CantOpenError)


def verdict(error: Exception) -> NoRoom | Failed:
    """Say what a failure means for what was to be stored."""
    if isinstance(error, apsw.FullError) or (isinstance(error, OSError) and error.errno in _FULL):
        return NoRoom(str(error))
    return Failed(f"{type(error).__name__}: {error}")


def _contents_of(by_rows: list[ByRows]) -> list[Entry]:
    """List what goes by rows and brings a content: messages that wait, delivery reports."""
    found: list[Entry] = []
    for item in by_rows:
        if type(item) is Entry:
            found.append(item)
        elif type(item) is Settling:
            found += item.notices
    return found


def _row(entry: Entry) -> Row:
    assert entry.place is not None  # noqa: S101 - for the type checker: it was written before
    return Row(entry.message, entry.place)
