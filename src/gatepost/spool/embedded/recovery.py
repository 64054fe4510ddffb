"""Opening a shard: lock it, compare rows with files, and give back what a former life had leased.

The rows are believed: files that no row points at are removed, and a row whose content is missing or short is
held with that reason, so that a person sees it and no start fails because of it.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

from msgspec import Struct

from gatepost.spool.embedded import large, segments
from gatepost.spool.embedded.rows import DATABASE, Rows, SpoolUnusable
from gatepost.spool.embedded.segments import Segments, Usage
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

    def close(self, now: float) -> None:
        """Give the leases back and let go of everything."""
        try:
            self.rows.give_back(now)
            self.segments.close(now)
        finally:
            self.rows.close()
            os.close(self.directory_fd)
            os.close(self.lock_fd)


def open_shard(directory: Path, now: float, settings: SpoolSettings) -> Shard:
    """Lock, open and recover. Raises SpoolUnusable."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock_fd = _lock(directory)
    except OSError as error:
        raise SpoolUnusable(f"the spool directory {directory} cannot be used: {error}") from error
    directory_fd = -1
    try:
        directory_fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        rows = Rows(directory)
        contents = Segments(directory, directory_fd, settings.segment_size)
        recovered = _recover(directory, rows, contents, now)
        os.fsync(directory_fd)
    except OSError as error:
        os.close(lock_fd)
        raise SpoolUnusable(f"the spool in {directory} cannot be opened: {error}") from error
    except BaseException:
        os.close(lock_fd)
        raise
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


def _recover(directory: Path, rows: Rows, contents: Segments, now: float) -> Recovered:
    if rows.created and any(e.name.endswith((segments.SUFFIX, large.SUFFIX)) for e in os.scandir(directory)):
        (directory / DATABASE).unlink()  # or the next start would take the contents for garbage
        raise SpoolUnusable(
            f"{directory} has contents of messages but no {DATABASE} that names them; "
            f"put {DATABASE} back, or move the other files away"
        )
    interrupted = rows.leased()
    pointed_at = rows.files()
    sizes: dict[str, int] = {}
    garbage = 0
    for entry in os.scandir(directory):
        if not entry.name.endswith((segments.SUFFIX, large.SUFFIX)):
            continue
        if entry.name in pointed_at:
            sizes[entry.name] = entry.stat().st_size
        else:
            Path(entry.path).unlink()
            garbage += 1
    corrupt: list[Corrupt] = []
    with rows.transaction():
        rows.give_back(now)
        for file, (messages, octets, end) in pointed_at.items():
            size = sizes.get(file, -1)
            if size < end:
                reason = "its content is missing" if size < 0 else "its content is cut short"
                for message_id in rows.beyond(file, size):
                    rows.hold(message_id, f"{reason} ({file})", now)
                    corrupt.append(Corrupt(message_id, f"{reason} ({file})"))
            if file.endswith(segments.SUFFIX):
                contents.known(file, Usage(messages, octets, min(end, max(size, 0)), now))
                if size > end:
                    os.truncate(directory / file, end)  # a torn tail, or space reserved and not used
    counts = rows.counts()
    lost = {c.message_id for c in corrupt}
    return Recovered(
        leased=len(interrupted),
        waiting=counts.waiting,
        held=counts.held,
        garbage=garbage,
        interrupted=tuple(m for m in interrupted if m.id not in lost),
        corrupt=tuple(corrupt),
    )
