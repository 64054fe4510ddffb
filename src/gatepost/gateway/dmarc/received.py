"""What others reported of our domains, kept for a while: one small SQLite file beside the spool.

Written by the errand that reads the inbox, read by the command line and the pages. Bounded in age, in octets, and in
what one sender can put there on one day: anyone can send a report. It holds nothing that is not also in the mail, so
that it may be lost. A rollback journal, no WAL: a reader then leaves no file behind that the gateway could not open.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import apsw
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gatepost.mailauth.dmarc.failure import FailureReport
from gatepost.mailauth.dmarc.report import Report, Row

FILE: Final = "received.sqlite3"
FORMAT: Final = 1
DAY: Final = 86_400
MAX_FILE: Final = 1 << 29  # octets; above it the oldest go first
MAX_ROWS: Final = 1000  # of one report: those with the most messages
MAX_REPORT: Final = 1 << 20  # octets of one
PER_SENDER: Final = 2000  # reports a day from one domain that proved itself
UNPROVEN: Final = 500  # reports a day from all that did not
MAX_REASONS: Final = 100  # a day, that are told apart
_MAX_TEXT: Final = 200
_BUSY: Final = 5000  # milliseconds to wait for another process
_PAGE: Final = 4096

_SCHEMA: Final = """
CREATE TABLE report (
    id INTEGER PRIMARY KEY,
    domain TEXT NOT NULL,
    sender TEXT NOT NULL,       -- the domain that the mail proved to come from, '' for none
    organization TEXT NOT NULL,
    report_id TEXT NOT NULL,
    begin INTEGER NOT NULL,     -- seconds since 1970
    received INTEGER NOT NULL,
    day INTEGER NOT NULL,       -- on which it came
    message TEXT NOT NULL,      -- our id of the mail
    failure INTEGER NOT NULL,   -- 1 for a failure report
    value BLOB NOT NULL,        -- the report as JSON
    UNIQUE (domain, organization, report_id, begin, sender)
);
CREATE INDEX report_begin ON report (domain, begin);
CREATE INDEX report_day ON report (day, sender);
CREATE TABLE unread (day INTEGER NOT NULL, why TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (day, why));
"""


class Kept(Struct, frozen=True, kw_only=True, gc=False):
    """A report as it is kept: the domain that its mail proved to come from ("" for none), our id of the mail."""

    report: Report
    sender: str
    message: str


class Unread(Struct, frozen=True, gc=False):
    """Why reports could not be read or kept, and how many."""

    why: str
    count: int


class Received:
    """The file. Methods raise apsw.Error when it cannot be used just now."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def add(self, found: Report | FailureReport, *, sender: str, message: str, now: float) -> str:
        """Keep a report; give "", or why it is not kept."""
        execute = self._connection.execute
        day = int(now) // DAY * DAY
        came: Any = execute("SELECT count(*) FROM report WHERE day = ? AND sender = ?", (day, sender)).get
        if came >= (PER_SENDER if sender else UNPROVEN):
            return "more reports of that sender than are kept of one day"
        if isinstance(found, FailureReport):
            keys = (found.domain, sender, found.reporter, message, found.arrived or int(now))
            value = msgspec.json.encode(found)
        else:
            keys = (found.policy.domain, sender, found.org_name, found.report_id, found.begin)
            value = _encoded(found)
        with self._connection:
            execute(
                "INSERT OR IGNORE INTO report (domain, sender, organization, report_id, begin, received, day,"
                " message, failure, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*keys, int(now), day, message, isinstance(found, FailureReport), value),
            )
            changes = self._connection.changes()
        return "" if changes else "it came before"

    def count_unread(self, why: str, now: float) -> None:
        """Count something that could not be read or kept."""
        day = int(now) // DAY * DAY
        why = why.partition(":")[0][:_MAX_TEXT]
        execute = self._connection.execute
        known: Any = execute("SELECT count(*) FROM unread WHERE day = ? AND why <> ?", (day, why)).get
        execute(
            "INSERT INTO unread (day, why, count) VALUES (?, ?, 1)"
            " ON CONFLICT (day, why) DO UPDATE SET count = count + 1",
            (day, why if known < MAX_REASONS else "other reasons"),
        )

    def tidy(self, since: float) -> None:
        """Forget what is older than a time, and of the rest the oldest while there is too much."""
        execute = self._connection.execute
        with self._connection:
            execute("DELETE FROM report WHERE begin < ? OR day < ?", (int(since) - DAY, int(since) - DAY))
            execute("DELETE FROM unread WHERE day < ?", (int(since) - DAY,))
            changed = True
            while changed and self._octets() > MAX_FILE:
                execute("DELETE FROM report WHERE id IN (SELECT id FROM report ORDER BY begin LIMIT 200)")
                changed = self._connection.changes() > 0

    def domains(self, since: float) -> list[str]:
        """List the domains that were reported of since a time."""
        rows: Any = self._connection.execute(
            "SELECT DISTINCT domain FROM report WHERE begin >= ? ORDER BY domain", (int(since),)
        )
        return [domain for (domain,) in rows]

    def reports(self, domain: str, since: float) -> Iterator[Kept]:
        """Give the aggregate reports about a domain, of periods that begin after a time, oldest first."""
        rows: Any = self._connection.execute(
            "SELECT value, sender, message FROM report WHERE domain = ? AND begin >= ? AND failure = 0"
            " ORDER BY begin",
            (domain, int(since)),
        )
        decode = msgspec.json.Decoder(Report).decode
        for value, sender, message in rows:
            yield Kept(report=decode(value), sender=sender, message=message)

    def failures(self, domain: str, since: float) -> Iterator[FailureReport]:
        """Give the failure reports about a domain since a time, newest first."""
        rows: Any = self._connection.execute(
            "SELECT value FROM report WHERE domain = ? AND begin >= ? AND failure = 1 ORDER BY begin DESC",
            (domain, int(since)),
        )
        decode = msgspec.json.Decoder(FailureReport).decode
        for (value,) in rows:
            yield decode(value)

    def unread(self, since: float) -> list[Unread]:
        """Tell what could not be read or kept since a time, the most frequent first."""
        rows: Any = self._connection.execute(
            "SELECT why, sum(count) FROM unread WHERE day >= ? GROUP BY why ORDER BY sum(count) DESC, why",
            (int(since) - DAY,),
        )
        return [Unread(why, count) for why, count in rows]

    def _octets(self) -> int:
        pages: Any = self._connection.execute("PRAGMA page_count").get
        free: Any = self._connection.execute("PRAGMA freelist_count").get
        return (int(pages) - int(free)) * _PAGE


@contextmanager
def opened_to_write(directory: Path) -> Iterator[Received]:
    """Open the file, made where it is missing. Raises apsw.Error, OSError; a damaged file is begun anew."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o750)
    path = directory / FILE
    try:
        connection = _made(path)
    except (apsw.NotADBError, apsw.CorruptError):
        path.replace(path.with_suffix(".damaged"))  # of each message its owner has the mail
        connection = _made(path)
    try:
        yield Received(connection)
    finally:
        connection.close()


@contextmanager
def opened_to_read(directory: Path) -> Iterator[Received | None]:
    """Open the file for reading; None where nothing was received. Raises apsw.Error."""
    path = directory / FILE
    if not path.exists():
        yield None
        return
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        connection.set_busy_timeout(_BUSY)
        yield Received(connection)
    finally:
        connection.close()


def _made(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    try:
        connection.set_busy_timeout(_BUSY)
        connection.execute(f"PRAGMA page_size = {_PAGE}")
        found: Any = connection.execute("PRAGMA user_version").get
        if found != FORMAT:
            if found:
                raise apsw.NotADBError(f"it has format {found}")  # noqa: TRY301 - treated as damage is
            with connection:
                connection.execute(_SCHEMA)
                connection.execute(f"PRAGMA user_version = {FORMAT}")
    except BaseException:
        connection.close()
        raise
    return connection


def _encoded(report: Report) -> bytes:
    """Write a report with its largest rows, as many as are kept."""
    rows = sorted(report.rows, key=lambda row: -row.count)[:MAX_ROWS]
    slim = [_slim(row) for row in rows]
    while True:
        value = msgspec.json.encode(
            replace(report, rows=tuple(slim), errors=report.errors[:3], org_name=report.org_name[:_MAX_TEXT])
        )
        if len(value) <= MAX_REPORT or not slim:
            return value
        del slim[len(slim) // 2 :]


def _slim(row: Row) -> Row:
    """Leave out of a row what no summary asks for."""
    return replace(
        row,
        header_from=row.header_from[:_MAX_TEXT],
        envelope_from=None,
        envelope_to=None,
        overrides=(),
        signatures=tuple(
            [replace(one, human_result="", domain=one.domain[:_MAX_TEXT]) for one in row.signatures[:5]]
        ),
        spf_results=tuple(
            [replace(one, human_result="", domain=one.domain[:_MAX_TEXT]) for one in row.spf_results[:2]]
        ),
    )
