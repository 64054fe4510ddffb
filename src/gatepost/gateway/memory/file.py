"""The file that the memory is kept in: all of its SQL, and what happens when the file is damaged.

One SQLite file in the data directory, open in several processes at once. WAL with synchronous=NORMAL: a commit
waits for no disk, a power failure may take the last moments but cannot damage the file, which OFF would allow; the
disk is waited for at checkpoints only, in the thread that is here.

A damaged file is set aside and begun anew. Other processes may have it open: they see by its inode that it was
replaced, and open the new one. Names change only under a lock, and a log is never removed when a connection is
closed, for by then its name may belong to the new file's log.

Knows nothing of what the records mean, nor of threads: the caller sees to it that one at a time is here.
"""

from __future__ import annotations

import ctypes
import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import apsw

from gatepost.checks.memory import Raw

log = logging.getLogger("gatepost.memory")

FILE: Final = "memory.sqlite3"
LOCK: Final = "memory.lock"
FORMAT: Final = 1
BUSY_TRIES: Final = 1000  # of a millisecond each: others hold the file for a few of them
SWEEP_EVERY: Final = 60.0
SWEEP_ROWS: Final = 2000  # in one transaction, so that nobody waits long behind it
_CHECKPOINT_PAGES: Final = 2000
_WAL_SIZE: Final = 4096 * _CHECKPOINT_PAGES * 2
_SIDES: Final = ("-wal", "-shm", "")  # the file itself last: without its name nothing has happened yet

_SCHEMA: Final = """
CREATE TABLE record (
    space TEXT NOT NULL,
    key TEXT NOT NULL,
    expires REAL NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (space, key)
) WITHOUT ROWID;
CREATE INDEX record_expires ON record (space, expires);
"""
_SELECT: Final = "SELECT key, value, expires FROM record WHERE space = ? AND key IN "
_MOST_KEYS: Final = 500  # in one statement
_UPSERT: Final = (
    "INSERT INTO record (space, key, expires, value) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (space, key) DO UPDATE SET expires = excluded.expires, value = excluded.value"
)
_DELETE: Final = "DELETE FROM record WHERE space = ? AND key = ?"
_LIST: Final = (
    "SELECT key, value, expires FROM record"
    " WHERE space = ?1 AND key >= ?2 AND key > ?3 AND substr(key, 1, length(?2)) = ?2 AND expires > ?4"
    " ORDER BY key LIMIT ?5"
)
_FORGET: Final = (
    "DELETE FROM record WHERE space = ?1 AND key IN"
    " (SELECT key FROM record WHERE space = ?1 AND expires <= ?2 ORDER BY expires LIMIT ?3)"
)
_OURS: Final = ""  # the space of what this module itself notes
_SWEPT: Final = "swept"

Key = tuple[str, str]


class DamagedError(Exception):
    """What is in the file is not what was written; the file was set aside, or is about to be."""


class MemoryFile:
    """The records of a data directory. Methods raise apsw.Error or OSError when the file cannot be used just now."""

    def __init__(self, directory: Path, max_records: int) -> None:
        self._path = directory / FILE
        self._lock = directory / LOCK
        self._max_records = max_records
        self._connection: apsw.Connection | None = None
        self._inode = (0, 0)
        self._too_many: dict[str, int] = {}

    def close(self) -> None:
        """Close. Harmless when it is not open."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(apsw.Error):
                connection.close()

    def ready(self) -> None:
        """Open the file when it is not open, or not the one of that name any more; begin anew what is damaged."""
        if self._connection is not None and _inode(self._path) == self._inode:
            return
        self.close()
        with self._locked():
            try:
                self._open()
            except (apsw.CorruptError, apsw.NotADBError, DamagedError) as error:
                self.close()
                self._set_aside(error)
                self._open()

    def damaged(self, error: Exception) -> None:
        """Set the file aside, unless another process did so already."""
        self.close()
        with self._locked():
            if _inode(self._path) == self._inode:
                self._set_aside(error)

    def read(self, space: str, keys: Sequence[str], now: float) -> tuple[Raw | None, ...]:
        """Give records that have not expired."""
        # One statement for all: most keys have no record, and a statement for each would cost three times as much.
        # It must not ask for `expires`, or SQLite walks that index.
        found: dict[str, Raw] = {}
        for start in range(0, len(keys), _MOST_KEYS):
            some = keys[start : start + _MOST_KEYS]
            rows: Any = self._execute(f"{_SELECT}({'?,' * (len(some) - 1)}?)", (space, *some)).fetchall()
            found.update({key: Raw(value, expires) for key, value, expires in rows if expires > now})
        return tuple([found.get(key) for key in keys])

    def write(self, records: Mapping[Key, Raw | None]) -> None:
        """Put records in the place of those that are there, or nothing. Inside a transaction."""
        execute = self._execute
        for (space, key), record in records.items():
            if record is None:
                execute(_DELETE, (space, key))
            else:
                execute(_UPSERT, (space, key, record.expires, record.value))

    def listed(
        self, space: str, prefix: str, after: str, limit: int, now: float
    ) -> tuple[tuple[str, Raw], ...]:
        """Give records in the order of their keys."""
        rows: Any = self._execute(_LIST, (space, prefix, after, now, limit))
        return tuple([(key, Raw(value, expires)) for key, value, expires in rows])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make one step of what is written inside; nobody else writes meanwhile."""
        self._execute("BEGIN IMMEDIATE")
        try:
            yield
            self._execute("COMMIT")
        except BaseException:
            connection = self._connection
            if connection is not None and connection.in_transaction:  # a full disk can have ended it already
                connection.execute("ROLLBACK")
            raise

    def sweep(self, now: float) -> bool:
        """Remove some of what has expired, or is too much; tell whether there is more to remove.

        Of all processes one looks every minute; what it finds it removes in steps.
        """
        if not self._too_many:
            if self.read(_OURS, (_SWEPT,), now)[0] is not None:
                return False
            with self.transaction():
                self.write({(_OURS, _SWEPT): Raw(b"", now + SWEEP_EVERY)})
            counted: Any = self._execute("SELECT space, count(*) FROM record GROUP BY space").fetchall()
            self._too_many = {space: max(number - self._max_records, 0) for space, number in counted}
            self._too_many.pop(_OURS, None)
        for space, too_many in tuple(self._too_many.items()):
            with self.transaction():
                self._execute(_FORGET, (space, now, SWEEP_ROWS))
                removed = self._changes()
                if removed < min(too_many, SWEEP_ROWS):
                    self._execute(_FORGET, (space, float("inf"), min(too_many, SWEEP_ROWS) - removed))
                    removed += self._changes()
            if removed < SWEEP_ROWS:
                del self._too_many[space]
            else:
                self._too_many[space] = max(too_many - removed, 0)
        return bool(self._too_many)

    @property
    def _execute(self) -> Callable[..., apsw.Cursor]:
        if self._connection is None:
            raise OSError(f"{self._path} is not open")
        return self._connection.execute

    def _changes(self) -> int:
        return 0 if self._connection is None else self._connection.changes()

    def _open(self) -> None:
        if not self._path.exists():
            # Who writes to whom is nobody else's business; log and index take the rights of the file.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._like_directory(self._path)
        connection = apsw.Connection(str(self._path))
        self._connection = connection
        self._inode = _inode(self._path)
        connection.set_busy_handler(_wait)
        persist = ctypes.c_int(1)
        connection.file_control("main", apsw.SQLITE_FCNTL_PERSIST_WAL, ctypes.addressof(persist))
        execute = connection.execute
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = NORMAL")
        execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        execute(f"PRAGMA journal_size_limit = {_WAL_SIZE}")
        found = execute("PRAGMA user_version").get
        if found == FORMAT:
            execute("SELECT key FROM record LIMIT 1").fetchall()
            return
        if found or execute("SELECT 1 FROM sqlite_schema LIMIT 1").get:
            raise DamagedError(f"it has format {found}, this Gatepost writes format {FORMAT}")
        with self.transaction():
            execute(_SCHEMA)
            execute(f"PRAGMA user_version = {FORMAT}")

    def _set_aside(self, error: Exception) -> None:
        name = f"{FILE}.damaged-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{os.getpid()}"
        for side in _SIDES:
            with suppress(FileNotFoundError):
                self._path.with_name(FILE + side).rename(self._path.with_name(name + side))
        log.error(
            "%s is damaged (%s); it was set aside as %s, and what was remembered is learned anew",
            self._path,
            error,
            name,
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Be the only process that opens or renames the file. Given up by the kernel when the process ends."""
        fd = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._like_directory(self._lock)
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def _like_directory(self, path: Path) -> None:
        """Leave what root made on the command line to the one whose directory it is."""
        if os.geteuid() == 0:
            owner = path.parent.stat()
            os.chown(path, owner.st_uid, owner.st_gid)


def _wait(tries: int) -> bool:
    time.sleep(0.001)  # in the memory's own thread, until another process has let go of the file
    return tries < BUSY_TRIES


def _inode(path: Path) -> tuple[int, int]:
    try:
        found = os.stat(path)  # noqa: PTH116 - asked before each batch
    except FileNotFoundError:
        return 0, 0
    return found.st_dev, found.st_ino
