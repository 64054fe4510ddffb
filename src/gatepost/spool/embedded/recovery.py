"""Opening a shard: lock it, bring the rows up to the log, compare them with the files, give leases back.

The log is read from the checkpoint on: what came and did not end has a row then. All of it is one transaction,
so that a crash here changes nothing. Then the rows are believed: files that no row points at are removed, and a
row whose content is missing or short is held with that reason, so that a person sees it and no start fails
because of it.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import apsw
import msgspec
from msgspec import Struct

from gatepost.spool.embedded import large, log, segments
from gatepost.spool.embedded.reserve import Reserve
from gatepost.spool.embedded.rows import DATABASE, LOG_SIZE, Place, Row, Rows, SpoolUnusable
from gatepost.spool.embedded.segments import Segments, Usage, number_of
from gatepost.spool.embedded.settings import SpoolSettings
from gatepost.spool.interface import Corrupt, Recovered

LOCK: Final = "lock"


class Shard(Struct):
    """An open shard: nobody else has it while `lock_fd` is open."""

    rows: Rows
    segments: Segments
    directory_fd: int
    lock_fd: int
    recovered: Recovered

    def take_over(self, now: float) -> None:
        """Make what a former life had on its way due now. Raises SpoolUnusable, and then the shard is closed."""
        try:
            self.rows.give_back(now)
        except apsw.Error as error:
            self.close(now)
            raise SpoolUnusable(f"the spool cannot be written: {error}") from error

    def close(self, now: float) -> None:
        """Give the leases back and let go of everything."""
        try:
            with suppress(apsw.Error):  # a full disk: the next start does it
                self.rows.give_back(now)
        finally:
            self.segments.end(now)
            self.rows.close()
            os.close(self.directory_fd)
            os.close(self.lock_fd)


def open_shard(directory: Path, now: float, settings: SpoolSettings) -> Shard:
    """Lock, open and recover. Raises SpoolUnusable."""
    with ExitStack() as undo:
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock_fd = _lock(directory)
            undo.callback(os.close, lock_fd)
            directory_fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
            undo.callback(os.close, directory_fd)
            _refuse_without_rows(directory)
            reserve = Reserve(directory, LOG_SIZE)
            reserve.spend()  # opening writes: it must work on a full disk too
            rows = Rows(directory)
            undo.callback(rows.close)
            contents = Segments(directory, directory_fd, settings.segment_size, reserve)
            recovered = _recover(directory, rows, contents, now)
            os.fsync(directory_fd)
        except (OSError, apsw.Error, msgspec.MsgspecError) as error:
            raise SpoolUnusable(f"the spool in {directory} cannot be opened: {error}") from error
        undo.pop_all()
    return Shard(rows, contents, directory_fd, lock_fd, recovered)


def _lock(directory: Path) -> int:
    fd = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        owner = os.pread(fd, 20, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(fd)
        if isinstance(error, BlockingIOError):
            raise SpoolUnusable(
                f"the spool in {directory} is in use by process {owner}; each shard belongs to one process"
            ) from None
        raise
    os.ftruncate(fd, 0)
    os.pwrite(fd, b"%d\n" % os.getpid(), 0)
    return fd


def _refuse_without_rows(directory: Path) -> None:
    """Keep the contents of messages from being taken for garbage because the rows were lost."""
    if not (directory / DATABASE).exists() and any(map(_is_content, directory.iterdir())):
        raise SpoolUnusable(
            f"{directory} has contents of messages but no {DATABASE} that names them; "
            f"put {DATABASE} back, or move the other files away"
        )


def _is_content(path: Path) -> bool:
    return path.suffix in (segments.SUFFIX, large.SUFFIX)


def _recover(directory: Path, rows: Rows, contents: Segments, now: float) -> Recovered:
    files = {path.name: path for path in directory.iterdir() if _is_content(path)}
    log_from = rows.position()
    arrived, ended, last = _replay(files, log_from)
    ended |= rows.gone()
    corrupt: list[Corrupt] = []
    garbage: list[Path] = []
    with rows.transaction():
        rows.delete(list(ended))
        rows.save([(row, "") for name, row in arrived.items() if name not in ended], now)
        rows.pass_on((last + 1, 0))
        contents.begin_after(last)
        interrupted = rows.leased()
        pointed_at = rows.files()
        for file, (messages, octets, end) in pointed_at.items():
            path = files.get(file)
            size = path.stat().st_size if path is not None else -1
            if size < end:
                reason = "its content is missing" if size < 0 else "its content is cut short"
                for message_id in rows.beyond(file, size):
                    rows.hold(message_id, f"{reason} ({file})", now)
                    corrupt.append(Corrupt(message_id, f"{reason} ({file})"))
            if file.endswith(segments.SUFFIX):
                contents.known(file, Usage(messages, octets, min(end, max(size, 0)), now))
        counts = rows.counts()
    for file, path in files.items():
        if file not in pointed_at:
            path.unlink()
            garbage.append(path)
        elif file.endswith(segments.SUFFIX) and path.stat().st_size > pointed_at[file][2]:
            os.truncate(path, pointed_at[file][2])  # the log's end, or space reserved and not used
    lost = {c.message_id for c in corrupt}
    return Recovered(
        leased=len(interrupted),
        waiting=counts.waiting + counts.leased,
        held=counts.held,
        garbage=len(garbage),
        interrupted=tuple(m for m in interrupted if m.id not in lost),
        corrupt=tuple(corrupt),
    )


def _replay(files: dict[str, Path], log_from: tuple[int, int]) -> tuple[dict[str, Row], set[str], int]:
    """Read the log from a position on: what arrived, what ended, and the number of its last file.

    A frame that is not whole was never acknowledged; it is the last of its file.
    """
    first, octets = log_from
    last = first - 1
    arrived: dict[str, Row] = {}
    ended: set[str] = set()
    for file in sorted((file for file in files if file.endswith(segments.SUFFIX)), key=number_of):
        number = number_of(file)
        last = max(last, number)
        if number < first:
            continue
        path = files[file]
        end = log.FILE_HEADER
        for frame in log.frames(path, octets if number == first else 0):
            ended.update(frame.done)
            at = frame.contents
            for entry in frame.entries:
                message = entry.message
                if entry.file:
                    place = Place(entry.file, 0, entry.length, entry.head)
                else:
                    place = Place(file, at, entry.length)
                    at += entry.length
                if message is not None:
                    arrived[message.id] = Row(message, place)
            end = frame.end
        if path.stat().st_size > max(end, octets if number == first else 0):
            os.truncate(path, max(end, octets if number == first else 0))  # rows may need the space
    return arrived, ended, last
