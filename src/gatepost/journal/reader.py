"""Reading the journal while it is being written: all of it in order of time, or what is new since last time.

A journal is a directory of files that grow, end in the middle of a line when a machine dies, and vanish when
a person tidies up. None of that may stop a reader: what cannot be read is skipped and counted. Memory is
bounded by the block and the longest line that a writer could have meant, whatever the files hold.
Knows the form of the lines, not what the records mean.
"""

from __future__ import annotations

import heapq
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from gatepost.journal.records import AnyRecord
from gatepost.journal.writer import SUFFIX

BLOCK: Final = 1 << 18  # octets: stays in the cache of one core, where scanning is fastest
MAX_LINE: Final = 1 << 22  # octets: a thousand recipients of the longest form, and their dialogue
SLACK: Final = 60.0  # seconds that clocks, and records in a writer's memory, may lag behind
MAX_TIME: Final = 4_102_444_800.0  # 2100-01-01: a later time is junk that datetime might not even hold
_POLL: Final = 1 << 23  # octets of one file that one poll reads
_decode = msgspec.json.Decoder(AnyRecord).decode


class Skipped(Struct):
    """What a reader passed over: unreadable lines, well-formed ones of an unknown kind, unreadable files."""

    unreadable: int = 0
    unknown: int = 0
    files: int = 0


class JournalFile(Struct, frozen=True):
    """One file of a journal. `began` and `changed` are seconds since 1970; `size` is in octets."""

    path: Path
    began: float
    changed: float
    size: int


def files(directory: Path, since: float | None = None, until: float | None = None) -> list[JournalFile]:
    """List the files that may hold records between two times, in the order in which they were begun."""
    found = []
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                if not entry.name.endswith(SUFFIX):
                    continue
                try:
                    status = entry.stat()
                except OSError:  # it vanished
                    continue
                if not stat.S_ISREG(status.st_mode):
                    continue
                began = _began(entry.name)
                if since is not None and status.st_mtime < since - SLACK:
                    continue
                if until is not None and began > until + SLACK:
                    continue
                found.append(JournalFile(Path(entry.path), began, status.st_mtime, status.st_size))
    except OSError:  # no directory, no journal
        return []
    found.sort(key=attrgetter("began", "path"))
    return found


def whole_lines(path: Path, skipped: Skipped, start: int = 0) -> Iterator[bytes]:
    """Give a file in pieces of whole lines, each about BLOCK octets, at most MAX_LINE.

    Lines longer than MAX_LINE are left out and counted, and so is a last line without an end. A file that
    cannot be read (any more) ends.
    """
    try:
        with path.open("rb", buffering=0) as source:
            if start:
                source.seek(start)
            rest = b""
            overlong = False
            while block := source.read(BLOCK):
                end = block.rfind(b"\n") + 1
                if not end:
                    if not overlong:
                        rest += block
                    if len(rest) > MAX_LINE:
                        overlong, rest = True, b""
                        skipped.unreadable += 1
                    continue
                begin = block.find(b"\n") + 1 if overlong else 0
                overlong = False
                yield rest + block[begin:end] if rest else block[begin:end]
                rest = block[end:]
            if rest or overlong:
                skipped.unreadable += not overlong
    except FileNotFoundError:  # tidied up meanwhile
        return
    except OSError:
        skipped.files += 1


def decoded(line: bytes, skipped: Skipped) -> AnyRecord | None:
    """Read one line; None, and counted, when it is no record that is known here."""
    try:
        record: AnyRecord = _decode(line)
    except msgspec.ValidationError:
        skipped.unknown += 1
        return None
    except (msgspec.DecodeError, ValueError, RecursionError):
        skipped.unreadable += 1
        return None
    if not 0 <= record.time <= MAX_TIME:
        skipped.unreadable += 1
        return None
    return record


def records(
    directory: Path,
    since: float | None = None,
    until: float | None = None,
    skipped: Skipped | None = None,
) -> Iterator[AnyRecord]:
    """Give every record between two times (seconds since 1970), merged from all files in order of time.

    Within a file the order of writing is kept. Add a `Skipped` to learn what could not be read.
    """
    if skipped is None:
        skipped = Skipped()
    first = 0.0 if since is None else since
    last = MAX_TIME if until is None else until
    waiting = files(directory, since, until)
    waiting.reverse()
    open_files: list[tuple[float, int, AnyRecord, Iterator[AnyRecord]]] = []
    number = 0
    while waiting or open_files:
        # A file is opened only when its turn has come: a year of files must not all be open at once.
        while waiting and (not open_files or waiting[-1].began - SLACK <= open_files[0][0]):
            source = _file_records(waiting.pop().path, skipped)
            number += 1
            if (record := next(source, None)) is not None:
                heapq.heappush(open_files, (record.time, number, record, source))
        if not open_files:
            continue
        time, its_number, record, source = open_files[0]
        if first <= time <= last:
            yield record
        following = next(source, None)
        if following is None:
            heapq.heappop(open_files)
        else:
            heapq.heapreplace(open_files, (following.time, its_number, following, source))


class Tail:
    """Follow a journal: `poll` gives what was written since the call before.

    Starts at the end, or about `backlog` records before it.
    """

    def __init__(self, directory: Path, backlog: int = 0) -> None:
        self.skipped = Skipped()
        self._directory = directory
        self._read: dict[Path, int] = {}  # how far into each file
        self._backlog: list[AnyRecord] = []
        present = files(directory)
        for file in present:
            self._read[file.path] = _last_line_end(file.path, file.size)
        if backlog > 0:
            self._backlog = self._last(present, backlog)

    def poll(self) -> list[AnyRecord]:
        """Give the new records in order of time; at most a few megabytes at once, the rest next time."""
        new, self._backlog = self._backlog, []
        present = files(self._directory)
        for gone in self._read.keys() - {file.path for file in present}:
            del self._read[gone]
        for file in present:
            start = self._read.get(file.path, 0)
            if file.size < start:  # cut short, or another file under the same name
                start = 0
            if file.size > start:
                self._read[file.path] = self._new(file.path, start, new)
        new.sort(key=attrgetter("time"))
        return new

    def _new(self, path: Path, start: int, new: list[AnyRecord]) -> int:
        """Read whole lines from `start` on; give where the next one begins."""
        try:
            with path.open("rb", buffering=0) as source:
                source.seek(start)
                data = source.read(_POLL)
        except OSError:
            return start
        end = data.rfind(b"\n") + 1
        if not end:
            if len(data) <= MAX_LINE:
                return start  # a line that is not whole yet
            self.skipped.unreadable += 1  # its parts are no lines, so each of them is passed over as well
            return start + len(data)
        new.extend(_decoded_lines(data[:end], self.skipped))
        return start + end

    def _last(self, present: list[JournalFile], count: int) -> list[AnyRecord]:
        found: list[AnyRecord] = []
        for file in sorted(present, key=attrgetter("changed"), reverse=True):
            if len(found) >= count and found[-count].time > file.changed + SLACK:
                break
            end = self._read[file.path]
            start = max(0, end - min(count * 1024, _POLL))
            try:
                with file.path.open("rb", buffering=0) as source:
                    source.seek(start)
                    data = source.read(end - start)
            except OSError:
                continue
            if start:
                data = data[data.find(b"\n") + 1 :]
            found.extend(_decoded_lines(data, self.skipped))
            found.sort(key=attrgetter("time"))
        return found[-count:]


def _file_records(path: Path, skipped: Skipped) -> Iterator[AnyRecord]:
    for lines in whole_lines(path, skipped):
        yield from _decoded_lines(lines, skipped)


def _decoded_lines(lines: bytes, skipped: Skipped) -> Iterator[AnyRecord]:
    start = 0
    while end := lines.find(b"\n", start) + 1:
        record = decoded(lines[start:end], skipped)
        if record is not None:
            yield record
        start = end


def _began(name: str) -> float:
    """Read from a file's name when it was begun; 0 when it was named by someone else."""
    try:
        return datetime.strptime(name[:22], "%Y-%m-%dT%H%M%S.%fZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def _last_line_end(path: Path, size: int) -> int:
    """Find where the last whole line ends, looking back over at most the longest line."""
    start = max(0, size - MAX_LINE)
    try:
        with path.open("rb", buffering=0) as source:
            source.seek(start)
            data = source.read(size - start)
    except OSError:
        return size
    end = data.rfind(b"\n") + 1
    return start + end if end or not start else size
