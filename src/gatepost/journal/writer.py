"""Writing the journal: one file per writer, lines appended, one write() for each turn of the event loop.

Stands beside the hot path of both shells, so a record is only noted when it happens and encoded with its
neighbours when the turn ends. Nothing stays in this process after `flush`: `kill -9` cannot take it away. No
flush to the disk per record, for the spool is what is durable and the journal can be rebuilt from it. A disk
that is full or broken never reaches the caller: records wait in bounded memory, and a gap is itself recorded.
Must not know what the records mean.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from gatepost.journal.records import AnyRecord, Noted
from gatepost.mail.clock import Clock

MAX_FILE: Final = 128 << 20  # octets: what `less` and `scp` bear, and few enough files for a busy year
MAX_BACKLOG: Final = 4 << 20  # octets kept in memory while the disk takes nothing
SUFFIX: Final = ".jsonl"
_NAME = re.compile(r"[A-Za-z0-9_.]+(?:-[A-Za-z0-9_.]+)*")
_DAY: Final = 86_400
_SURROGATES = re.compile("[\ud800-\udfff]")
_encode_lines = msgspec.json.Encoder().encode_lines


class Journal:
    """Append records to the journal in `directory`, under the `name` of this writer.

    `name` (letters, digits, "_", "-", ".") must differ between writers that run at the same time. `schedule`
    runs a call at the end of this turn of the event loop (`loop.call_soon`). `lost` counts the records that
    were given up because the disk took nothing for too long, `problem` says in words what is wrong with the
    disk now ("" when nothing is). Raises ValueError for a bad name, OSError when no file can be opened.
    """

    def __init__(
        self,
        directory: Path,
        name: str,
        clock: Clock,
        schedule: Callable[[Callable[[], None]], object],
    ) -> None:
        if _NAME.fullmatch(name) is None:
            raise ValueError(f"{name!r} cannot be part of a file name of the journal")
        directory.mkdir(parents=True, exist_ok=True)
        self.lost = 0
        self.problem = ""
        self._directory = directory
        self._name = name
        self._clock = clock
        self._schedule = schedule
        self._waiting: list[AnyRecord] = []
        self._backlog = bytearray()  # whole lines that the disk did not take yet
        self._cut = 0  # octets of the backlog's first line that are in the open file already
        self._gap = 0  # records given up since the disk last took everything
        self._file = -1
        self._room = 0
        self._until = 0.0
        self._open(clock())

    def append(self, record: AnyRecord) -> None:
        """Record it before this turn of the event loop ends. Never raises, whatever the disk does."""
        waiting = self._waiting
        waiting.append(record)
        if len(waiting) == 1:
            self._schedule(self.flush)

    def flush(self) -> None:
        """Write everything that was appended: it is then out of this process, though not yet on the disk."""
        lines = b""
        if self._waiting:
            records, self._waiting = self._waiting, []
            lines = _encoded(records)
        elif not self._backlog:
            return
        now = self._clock()
        try:
            if self._room <= 0 or now >= self._until:
                self._rotate(now)
            if self._backlog:
                self._keep(lines)
                lines = b""
                self._write_backlog(now)
                return
            written = os.write(self._file, lines)
            self._room -= written
            if written < len(lines):  # the disk is full: what fitted may end inside a line
                start = lines.rfind(b"\n", 0, written) + 1
                self._keep(lines[start:])
                self._cut = written - start
        except OSError as error:
            self.problem = error.strerror or str(error)
            if lines:
                self._keep(lines)

    def close(self) -> None:
        """Write what waits and put the file on the disk."""
        self.flush()
        self.flush()  # the first may have noted a gap
        if self._file >= 0:
            _settle(self._file)
            self._file = -1
            self._room = 0

    def _keep(self, lines: bytes) -> None:
        if len(self._backlog) + len(lines) <= MAX_BACKLOG:
            self._backlog += lines
        else:
            dropped = lines.count(b"\n")
            self.lost += dropped
            self._gap += dropped

    def _write_backlog(self, now: float) -> None:
        """Write all that was kept. Raises OSError; then what the disk did take is no longer kept."""
        backlog = self._backlog
        while self._cut < len(backlog):
            written = os.write(self._file, memoryview(backlog)[self._cut :].tobytes())
            self._room -= written
            start = backlog.rfind(b"\n", 0, self._cut + written) + 1
            self._cut += written - start
            del backlog[:start]
        self._cut = 0
        reason, self.problem = self.problem, ""
        if self._gap:
            detail = f"{self._gap} records could not be written: {reason or 'the disk was full'}"
            self._gap = 0
            self.append(Noted(time=now, session="", event="journal-gap", detail=detail))

    def _rotate(self, now: float) -> None:
        """Go on in a new file. Raises OSError when there is none to write to at all."""
        old = self._file
        try:
            self._open(now)
        except OSError as error:
            if old < 0:
                raise
            self.problem = error.strerror or str(error)
            self._room = max(self._room, MAX_FILE >> 7)  # the old file serves until there can be a new one
            self._until = max(self._until, now + 60)
            return
        self._cut = 0  # a line cut by the end of the old file is written whole in the new one
        if old >= 0:  # up to a file's worth of dirty pages: the event loop must not wait for the disk
            threading.Thread(target=_settle, args=(old,), name="journal-settle").start()

    def _open(self, now: float) -> None:
        for attempt in range(100):
            start = datetime.fromtimestamp(now + attempt / 1000, UTC)
            stamp = f"{start:%Y-%m-%dT%H%M%S}.{start.microsecond // 1000:03d}Z"
            path = self._directory / f"{stamp}-{self._name}{SUFFIX}"
            try:
                self._file = os.open(
                    path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640
                )
            except FileExistsError:  # two starts within a millisecond: never append to another's cut line
                continue
            self._room = MAX_FILE
            self._until = (now // _DAY + 1) * _DAY
            return
        raise FileExistsError(f"{path} and a hundred files after it exist already")


def add_to_day(directory: Path, name: str, records: list[AnyRecord], now: float) -> None:
    """Append records to the one file that `name` has for the day of `now`; for processes that live for moments.

    One process at a time appends; a line that a former one left cut is ended first. Raises OSError.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d}T000000.000Z-{name}{SUFFIX}"
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        size = os.fstat(file).st_size
        cut = size and os.pread(file, 1, size - 1) != b"\n"
        lines = (b"\n" if cut else b"") + _encoded(records)
        while lines:
            lines = lines[os.write(file, lines) :]
    finally:
        os.close(file)


def _encoded(records: list[AnyRecord]) -> bytes:
    try:
        return _encode_lines(records)
    except UnicodeEncodeError:
        # A header field may have decoded to lone surrogates, which UTF-8 cannot hold (RFC 3629 §3).
        return _encode_lines([_without_surrogates(msgspec.to_builtins(record)) for record in records])


def _without_surrogates(value: object) -> object:
    match value:
        case str():
            return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", value)
        case dict():
            return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
        case list() | tuple():
            return [_without_surrogates(item) for item in value]
        case _:
            return value


def _settle(file: int) -> None:
    # A failing disk shows at the next write as well, where it is counted; the file has to be closed anyhow.
    with contextlib.suppress(OSError):
        os.fdatasync(file)
    with contextlib.suppress(OSError):
        os.close(file)
