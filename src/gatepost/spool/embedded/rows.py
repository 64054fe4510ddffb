"""The rows of the embedded spool: all of its SQL, and the form of a message in it.

One row a message that was not delivered right away: what only the log has gets its row with the next checkpoint.
Its `state` is leased (with `owner`), waiting (until `due`) or held (for `reason`, `since` when). `gone` names what
ended by a transaction while the log still has it. The columns and words are meant for a server store too (there
an owner is one of many, and `lease_ends` gives a dead one's messages back; here the one owner holds the lock of
the directory, and its leases last as long as the lock).
Knows nothing of files beyond their names, nor of threads: the caller sees to it that one at a time is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

import apsw
import msgspec
from msgspec import Struct

from gatepost.spool.interface import Again, Counts, Done, Held, Hold, Message, Outcome, Waiting

DATABASE: Final = "spool.db"
FORMAT: Final = 2
# SQLite 3.7.0 to 3.51.2 can lose committed transactions when a checkpoint meets a reset of the WAL
# (https://www.sqlite.org/wal.html#walresetbug).
OLDEST_SQLITE: Final = (3, 51, 3)
# Measured with rows of 0.5 to 1 KB: a table with a row number and an index of ids, on small pages, writes less
# log per commit than one without (whose rows overflow a page of 4 KiB beyond a quarter of it).
PAGE_SIZE: Final = 4096
CHECKPOINT_PAGES: Final = 2000
LOG_SIZE: Final = PAGE_SIZE * CHECKPOINT_PAGES
PAGE_OF_ROWS: Final = 500

_SCHEMA: Final = """
CREATE TABLE message (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    due REAL NOT NULL,
    owner TEXT,
    lease_ends REAL,
    reason TEXT,
    since REAL,
    file TEXT NOT NULL,
    start INTEGER NOT NULL,
    length INTEGER NOT NULL,
    head BLOB NOT NULL,
    record BLOB NOT NULL
);
CREATE INDEX message_due ON message (due) WHERE state = 'waiting';
CREATE INDEX message_file ON message (file) WHERE state <> 'leased';
CREATE INDEX message_reason ON message (reason) WHERE state = 'held';
CREATE TABLE gone (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE checkpoint (number INTEGER NOT NULL, octets INTEGER NOT NULL);
INSERT INTO checkpoint VALUES (1, 0);
"""


class SpoolUnusable(Exception):  # noqa: N818 - a state of the spool, not of the program
    """The spool cannot be opened; the text says why and what to do."""


class Place(Struct, frozen=True, gc=False):
    """Where a content is: `length` octets from `start` of `file`, after the octets of `head`.

    `head` is the trace fields of a content that came in a file of its own, else empty.
    """

    file: str
    start: int
    length: int
    head: bytes = b""


class Row(Struct, frozen=True, gc=False):
    """One message with its place."""

    message: Message
    place: Place


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Message).decode
_AT_ONCE: Final = 250  # rows in one statement


def check_library(version: str) -> None:
    """Raise SpoolUnusable when this SQLite may lose committed transactions."""
    if tuple(map(int, version.split("."))) < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise SpoolUnusable(
            f"SQLite {version} can lose committed messages; install an apsw that brings at least {oldest}"
        )


class Rows:
    """The rows, open for writing."""

    def __init__(self, directory: Path) -> None:
        """Open or create. Raises SpoolUnusable."""
        check_library(apsw.sqlite_lib_version())
        path = directory / DATABASE
        try:
            self._connection = apsw.Connection(str(path), statementcachesize=600)
            execute = self._connection.execute
            self._connection.set_busy_timeout(5000)
            execute(f"PRAGMA page_size = {PAGE_SIZE}")
            execute("PRAGMA journal_mode = WAL")
            execute("PRAGMA synchronous = FULL")
            execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            found = execute("PRAGMA user_version").get
            if found == 0:
                with self.transaction():
                    execute(_SCHEMA)
                    execute(f"PRAGMA user_version = {FORMAT}")
            elif found != FORMAT:
                raise SpoolUnusable(f"{path} has format {found}, this Gatepost reads format {FORMAT}")
        except apsw.Error as error:
            raise SpoolUnusable(f"{path} cannot be opened: {error}") from error

    def close(self) -> None:
        """Bring everything into the database file and close."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make one durable step of the statements inside. Raises apsw.Error; then none of them happened."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # a full disk can have ended it already
                self._connection.execute("ROLLBACK")
            raise

    def make_room(self) -> None:
        """Empty the log into the database file, so that its space can be written again. Best effort."""
        with suppress(apsw.Error):
            self._connection.execute("PRAGMA wal_checkpoint(RESTART)")

    def insert(self, rows: Sequence[tuple[Row, str | None]], now: float) -> None:
        """Add messages, each leased to the owner named beside it, or waiting and due now."""
        for part in _parts(rows):
            values: list[object] = []
            for row, owner in part:
                values += (row.message.id, "waiting" if owner is None else "leased", now, owner, None, None)
                values += _columns(row.message, row.place)
            self._connection.execute(_insert(len(part)), values)

    def save(self, rows: Sequence[tuple[Row, str]], now: float) -> None:
        """Add leased messages as `insert` does; one that has a row keeps that."""
        for part in _parts(rows):
            values: list[object] = []
            for row, owner in part:
                values += (
                    row.message.id,
                    "leased",
                    now,
                    owner,
                    None,
                    None,
                    *_columns(row.message, row.place),
                )
            self._connection.execute(_insert(len(part)) + " ON CONFLICT (id) DO NOTHING", values)

    def settle(self, outcomes: Sequence[tuple[Row, Outcome]], now: float) -> None:
        """End leases, of messages with rows or without: they are gone, or wait, or are held."""
        gone: list[str] = []
        kept: list[object] = []
        for row, outcome in outcomes:
            match outcome:
                case Done():
                    gone.append(row.message.id)
                case Again(due, recipients):
                    attempts = row.message.attempts + 1
                    m = msgspec.structs.replace(row.message, recipients=recipients, attempts=attempts)
                    kept += (m.id, "waiting", due, None, None, None, *_columns(m, row.place))
                case Hold(reason, recipients):
                    m = msgspec.structs.replace(row.message, recipients=recipients)
                    kept += (m.id, "held", now, None, reason, now, *_columns(m, row.place))
        if gone:
            self.delete(gone)
            self._connection.execute(_gone(len(gone)), gone)
        if kept:
            self._connection.execute(_upsert(len(kept) // _COLUMNS), kept)

    def delete(self, ids: Sequence[str]) -> None:
        """Remove messages, where they are there."""
        for part in _parts(ids):
            self._connection.execute(_delete(len(part)), part)

    def has(self, ids: Sequence[str]) -> bool:
        """Tell whether any of the messages is there."""
        return any(
            self._connection.execute("SELECT 1 FROM message WHERE id = ?", (name,)).get for name in ids
        )

    def newest(self) -> str:
        """Tell the greatest id there is, "" where there is none."""
        newest: str | None = self._connection.execute("SELECT max(id) FROM message").get
        return newest or ""

    def position(self) -> tuple[int, int]:
        """Tell from where on the log has what the rows do not: the number of a segment file, octets in it."""
        number, octets = self._connection.execute("SELECT number, octets FROM checkpoint").get
        return number, octets

    def pass_on(self, position: tuple[int, int]) -> None:
        """Note that the rows have all that the log has before a position."""
        self._connection.execute("UPDATE checkpoint SET number = ?, octets = ?", position)
        self._connection.execute("DELETE FROM gone")

    def gone(self) -> set[str]:
        """List what ended by a transaction since the checkpoint."""
        return {name for (name,) in self._connection.execute("SELECT id FROM gone")}

    def lease(self, limit: int, owner: str, now: float) -> list[Row]:
        """Lease up to `limit` messages that are due, the longest due first."""
        found: list[Any] = self._connection.execute(
            "UPDATE message SET state = 'leased', owner = ? WHERE id IN"
            " (SELECT id FROM message WHERE state = 'waiting' AND due <= ? ORDER BY due LIMIT ?)"
            " RETURNING due, id, file, start, length, head, record",
            (owner, now, limit),
        ).fetchall()
        found.sort(key=_first)
        rows = []
        for _, name, file, start, length, head, record in found:
            try:
                rows.append(Row(_decode(record), Place(file, start, length, head)))
            except msgspec.MsgspecError as error:  # one such row must not keep the others from being leased
                self.hold(name, f"its record cannot be read ({error})", now)
        return rows

    def give_back(self, now: float) -> None:
        """End all leases: their messages are due now."""
        self._connection.execute(
            "UPDATE message SET state = 'waiting', due = ?, owner = NULL, lease_ends = NULL"
            " WHERE state = 'leased'",
            (now,),
        )

    def next_due(self) -> float | None:
        """Tell when the first waiting message falls due."""
        due: float | None = self._connection.execute(
            "SELECT min(due) FROM message WHERE state = 'waiting'"
        ).get
        return due

    def leased(self) -> list[Message]:
        """List what is leased."""
        columns: Any = self._connection.execute("SELECT id, record FROM message WHERE state = 'leased'")
        return [_message(name, record) for name, record in columns]

    def counts(self) -> Counts:
        """Count messages by state."""
        return counts(self._connection)

    def files(self) -> dict[str, tuple[int, int, int]]:
        """Tell of each file how many messages are in it, their octets, and where the last of them ends."""
        return {
            file: (number, octets, end)
            for file, number, octets, end in self._connection.execute(
                "SELECT file, count(*), sum(length), max(start + length) FROM message GROUP BY file"
            )
        }

    def beyond(self, file: str, size: int) -> list[str]:
        """List the messages whose content in `file` reaches beyond its `size`."""
        return [
            name
            for (name,) in self._connection.execute(
                "SELECT id FROM message WHERE file = ? AND start + length > ?", (file, size)
            )
        ]

    def hold(self, message_id: str, reason: str, now: float) -> None:
        """Keep a message until a person acts."""
        self._connection.execute(
            "UPDATE message SET state = 'held', reason = ?, since = ?, owner = NULL, lease_ends = NULL"
            " WHERE id = ?",
            (reason, now, message_id),
        )

    def release(self, reason_prefix: str, now: float) -> int:
        """Let held messages whose reason begins so wait, due now; tell how many."""
        self._connection.execute(
            "UPDATE message SET state = 'waiting', due = ?2, reason = NULL, since = NULL"
            " WHERE state = 'held' AND reason >= ?1 AND substr(reason, 1, length(?1)) = ?1",
            (reason_prefix, now),
        )
        return self._connection.changes()

    def release_held(self, message_id: str, expires: float, now: float) -> bool:
        """Let a message go to those it is held for; tell whether nothing of it is held any more."""
        found = self._held(message_id)
        if found is None:
            return True
        state, _, m = found
        if state == "leased":
            return False
        recipients = tuple([msgspec.structs.replace(r, held="") for r in m.recipients])
        self._wait(msgspec.structs.replace(m, recipients=recipients, expires=expires), now)
        return True

    def delete_held(self, message_id: str, now: float) -> tuple[bool, Place | None]:
        """Take off those a message is held for; tell whether nothing of it is held any more, and where it was.

        The place is None as long as the message goes on, to recipients that it is not held for.
        """
        found = self._held(message_id)
        if found is None:
            return True, None
        state, place, m = found
        if state == "leased":
            return False, None
        rest = tuple([r for r in m.recipients if not r.held])
        if rest:
            self._wait(msgspec.structs.replace(m, recipients=rest), now)
            return True, None
        self.delete([message_id])
        self._connection.execute(_gone(1), [message_id])
        return True, place

    def _held(self, message_id: str) -> tuple[str, Place, Message] | None:
        """Find a message that is held for some recipient."""
        columns = self._connection.execute(
            "SELECT state, file, start, length, head, record FROM message WHERE id = ?", (message_id,)
        ).fetchone()
        if columns is None:
            return None
        state, *place, record = columns
        m = _message(message_id, record)
        return (state, Place(*place), m) if m.held_for() else None

    def _wait(self, message: Message, now: float) -> None:
        self._connection.execute(
            "UPDATE message SET state = 'waiting', due = ?, reason = NULL, since = NULL, record = ? WHERE id = ?",
            (now, _encode(message), message.id),
        )

    def movable(self, file: str, limit: int) -> list[tuple[str, int, int]]:
        """List up to `limit` messages in `file` that nobody has leased: id, start, length."""
        found: list[Any] = self._connection.execute(
            "SELECT id, start, length FROM message WHERE file = ? AND state <> 'leased' LIMIT ?",
            (file, limit),
        ).fetchall()
        return found

    def move(self, moved: Iterable[tuple[str, Place]]) -> None:
        """Point messages at another place of the same content."""
        self._connection.executemany(
            "UPDATE message SET file = ?, start = ? WHERE id = ?",
            [(place.file, place.start, name) for name, place in moved],
        )


def connect_to_read(directory: Path) -> apsw.Connection:
    """Open for reading beside a running writer. Raises SpoolUnusable."""
    path = directory / DATABASE
    check_library(apsw.sqlite_lib_version())
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(5000)
        found = connection.execute("PRAGMA user_version").get
    except apsw.Error as error:
        raise SpoolUnusable(f"{path} cannot be read: {error}") from error
    if found != FORMAT:
        raise SpoolUnusable(f"{path} has format {found}, this Gatepost reads format {FORMAT}")
    return connection


def counts(connection: apsw.Connection) -> Counts:
    """Count messages by state."""
    rows: list[Any] = connection.execute("SELECT state, count(*) FROM message GROUP BY state").fetchall()
    found: dict[str, int] = dict(rows)
    return Counts(waiting=found.get("waiting", 0), leased=found.get("leased", 0), held=found.get("held", 0))


def find(connection: apsw.Connection, message_id: str) -> tuple[Waiting | Held, Place] | None:
    """Find one message, in whatever state, and where its content is."""
    columns = connection.execute(
        "SELECT id, record, state, due, reason, since, file, start, length, head FROM message WHERE id = ?",
        (message_id,),
    ).fetchone()
    if columns is None:
        return None
    return _entry(*columns[:6]), Place(*columns[6:])


def listed(connection: apsw.Connection, states: str) -> Iterator[Waiting | Held]:
    """Give the messages in one of the states (comma-separated) in the order of their arrival.

    Read some at a time, so that a slow reader does not keep the writer's log from being cleared.
    """
    last = ""
    while True:
        part: list[Any] = connection.execute(
            "SELECT id, record, state, due, reason, since FROM message"
            " WHERE id > ? AND instr(?, state) ORDER BY id LIMIT ?",
            (last, states, PAGE_OF_ROWS),
        ).fetchall()
        for columns in part:
            yield _entry(*columns)
        if len(part) < PAGE_OF_ROWS:
            return
        last = part[-1][0]


def _entry(
    name: str, record: bytes, state: str, due: float, reason: str | None, since: float | None
) -> Waiting | Held:
    message = _message(name, record)
    if state == "held":
        return Held(message=message, reason=reason or "", since=since or 0.0)
    return Waiting(message=message, due=due, leased=state == "leased")


def _message(name: str, record: bytes) -> Message:
    """Decode for a reader; what cannot be decoded is shown as empty rather than hiding the other rows."""
    try:
        return _decode(record)
    except msgspec.MsgspecError:
        return Message(id=name, reverse_path="", recipients=(), size=0, arrived=0.0, expires=0.0)


def _columns(message: Message, place: Place) -> tuple[object, ...]:
    return place.file, place.start, place.length, place.head, _encode(message)


_Item = TypeVar("_Item")


def _parts(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    return (items[at : at + _AT_ONCE] for at in range(0, len(items), _AT_ONCE))


def _first(columns: tuple[Any, ...]) -> Any:
    return columns[0]


# One statement for many rows: each statement lets go of the interpreter lock, and a busy event loop takes its
# time to give it back. The texts are kept so that SQLite's prepared statements are found again.
_COLUMNS: Final = 11


def _values(rows: int, columns: int) -> str:
    one = f"({','.join('?' * columns)})"
    return ",".join([one] * rows)


@cache
def _insert(rows: int) -> str:
    columns = "id, state, due, owner, reason, since, file, start, length, head, record"
    return f"INSERT INTO message ({columns}) VALUES {_values(rows, _COLUMNS)}"  # noqa: S608 - question marks only


@cache
def _upsert(rows: int) -> str:
    return f"""{_insert(rows)} ON CONFLICT (id) DO UPDATE SET state = excluded.state, due = excluded.due,
        owner = NULL, lease_ends = NULL, reason = excluded.reason, since = excluded.since,
        record = excluded.record"""


@cache
def _delete(rows: int) -> str:
    return f"DELETE FROM message WHERE id IN ({','.join('?' * rows)})"  # noqa: S608 - question marks only


@cache
def _gone(rows: int) -> str:
    return f"INSERT OR IGNORE INTO gone VALUES {_values(rows, 1)}"  # noqa: S608 - question marks only
