"""What became of each report of a day, on disk: a line before it is handed over, a line after.

A file for each day, appended to and synced line by line, under a lock that one process has at a time. What a crash
leaves is then one of these:

- no line: the report was not begun. It is sent.
- `begun` alone: it may have been taken, or not. The spool and the journal know it by its Message-ID, as soon as the
  workers are up again (a worker puts down what it stored before it says 250, and after a crash before it listens);
  so it is asked for there a while after the gateway was started, and only sent again when neither has it.
- `begun` and `ended`: it is never sent again.

Knows no mail and no network; `outgoing` acts on it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct

KEPT: Final = 62  # days whose files are kept
_SUFFIX: Final = ".jsonl"

Fate = Literal["sent", "refused", "nobody"]


class Line(Struct, frozen=True, gc=False, omit_defaults=True, tag_field="type"):
    """What every line has: seconds since 1970."""

    time: float


class Begun(Line, frozen=True, gc=False, tag="begun"):
    """A report, by its id, is being handed to the gateway."""

    report: str


class Ended(Line, frozen=True, gc=False, omit_defaults=True, tag="ended"):
    """What became of it: "sent", "refused" by the gateway for good, or "nobody" takes it; to whom, or why."""

    report: str
    fate: Fate
    detail: str = ""


class Finished(Line, frozen=True, gc=False, tag="finished"):
    """All reports of the day are done: so many `sent`, and so many `unsent`."""

    sent: int
    unsent: int


AnyLine = Begun | Ended | Finished
_decode = msgspec.json.Decoder(AnyLine).decode
_encode = msgspec.json.Encoder().encode


class Busy(Exception):  # noqa: N818 - it is no error
    """Another process is sending the reports of this day."""


class SentLog:
    """The lines of one day. `ended` has the ended reports, `doubtful` those only begun, with their time."""

    def __init__(self, file: int, lines: list[AnyLine]) -> None:
        self._file = file
        self.ended: dict[str, Ended] = {}
        self.doubtful: dict[str, float] = {}
        self.finished: Finished | None = None
        for line in lines:
            self._apply(line)

    def add(self, line: AnyLine) -> None:
        """Put a line down, on the disk when this returns. Raises OSError."""
        octets = _encode(line) + b"\n"
        if os.write(self._file, octets) < len(octets):
            raise OSError(28, "the disk is full")
        os.fsync(self._file)
        self._apply(line)

    def _apply(self, line: AnyLine) -> None:
        match line:
            case Begun():
                self.doubtful[line.report] = line.time
            case Ended():
                self.doubtful.pop(line.report, None)
                self.ended[line.report] = line
            case Finished():
                self.finished = line


@contextmanager
def opened(directory: Path, day: int) -> Iterator[SentLog]:
    """Open the log of a day (its beginning, seconds since 1970) for this process alone. Raises Busy, OSError."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o750)
    path = directory / _name(day)
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        if os.geteuid() == 0:  # what root made on the command line is the gateway's
            owner = directory.parent.parent.stat()
            for one in (path, directory, directory.parent):
                os.chown(one, owner.st_uid, owner.st_gid)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        lines = _lines(path.read_bytes())
        _mend(file)
        _sync_directory(directory)
        yield SentLog(file, lines)
    finally:
        os.close(file)


def last_finished(directory: Path) -> tuple[int, Finished] | None:
    """Give the newest day whose reports are done, and how; None when there is none."""
    for day in sorted(_days(directory), reverse=True):
        finished = read(directory, day).finished
        if finished is not None:
            return day, finished
    return None


def read(directory: Path, day: int) -> SentLog:
    """Read the log of a day without changing it; it is empty where there is none."""
    try:
        octets = (directory / _name(day)).read_bytes()
    except OSError:
        octets = b""
    return SentLog(-1, _lines(octets))


def tidy(directory: Path, day: int) -> None:
    """Remove the logs of days long before a day."""
    for old in _days(directory):
        if old < day - KEPT * 86_400:
            with suppress(OSError):
                (directory / _name(old)).unlink()


def _days(directory: Path) -> Iterator[int]:
    try:
        names = os.listdir(directory)  # noqa: PTH208 - names are wanted
    except OSError:
        return
    for name in names:
        with suppress(ValueError):
            if name.endswith(_SUFFIX):
                yield int(datetime.strptime(name, f"%Y-%m-%d{_SUFFIX}").replace(tzinfo=UTC).timestamp())


def _name(day: int) -> str:
    return f"{datetime.fromtimestamp(day, UTC):%Y-%m-%d}{_SUFFIX}"


def _lines(octets: bytes) -> list[AnyLine]:
    """Read whole lines; one that a crash cut, or that no one here wrote, tells nothing."""
    found: list[AnyLine] = []
    for line in octets.split(b"\n")[:-1]:
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            found.append(_decode(line))
    return found


def _mend(file: int) -> None:
    """End a line that a crash cut, so that the next one is whole."""
    size = os.fstat(file).st_size
    if size and os.pread(file, 1, size - 1) != b"\n":
        os.write(file, b"\n")


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
