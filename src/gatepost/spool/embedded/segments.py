"""Segment files: the log of the shard, frame after frame, each file written once, front to back.

A frame is on disk when `append` returns. A file whose writing failed once is never written again: after a
failed sync nobody knows which of its pages the kernel has dropped. A file is never written again after a
restart either. A file goes when nothing in it is needed and a checkpoint lies behind it (`sweep`), or is used
again under a new name and salt. The next file is made, and old ones are removed, in a thread beside, because
commits would wait for it. Knows nothing of rows.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec import Struct

from gatepost.spool.embedded import log
from gatepost.spool.embedded.reserve import Reserve
from gatepost.spool.embedded.rows import Place

SUFFIX: Final = ".segment"
_IOV_MAX: Final = 1024
_FREED_AT_ONCE: Final = 1 << 20
_SPARES: Final = 1
_ZEROS: Final = bytes(1 << 20)
_DSYNC: Final[int] = getattr(os, "RWF_DSYNC", 0)
_NO_FLAGS: Final = frozenset({errno.EOPNOTSUPP, errno.ENOSYS})


class Usage(Struct, gc=False):
    """What of a segment file is still needed, how much was ever written, and when it was closed (0: open)."""

    messages: int = 0
    live: int = 0
    written: int = 0
    closed: float = 0.0


class Segments:
    """The segment files of one directory; used by one thread."""

    def __init__(self, directory: Path, directory_fd: int, size: int, reserve: Reserve) -> None:
        self._directory = directory
        self._directory_fd = directory_fd
        self._size = size
        self.reserve = reserve
        self._fd = -1
        self._file = ""
        self._salt = b""
        self._at = 0
        self._end = 0
        self._number = 0
        self._dsync = _DSYNC
        self.octets = 0  # of log, written in this life
        self.position = (1, 0)  # where the log ends: the number of a file, and how much of it is written
        self._next: Future[_Made] | None = None
        self._spares: list[str] = []
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="spool-files")
        self.usage: dict[str, Usage] = {}

    def known(self, file: str, usage: Usage) -> None:
        """Take over a file of a former life, closed."""
        self.usage[file] = usage

    def begin_after(self, number: int) -> None:
        """Name the last file of former lives: the log goes on in the one after it."""
        self._number = number
        self.position = (number + 1, 0)

    def append(
        self,
        done: Sequence[str],
        entries: Sequence[tuple[object, ...]],
        contents: Sequence[bytes],
        now: float,
    ) -> tuple[str, int]:
        """Write a frame durably, and tell in which file and where its first content begins.

        `entries` are the fields of a `log.Entry` each. Raises OSError; then nothing of the frame stays.
        """
        encoded = log.encode((done, entries))
        total = log.HEADER + len(encoded) + sum(map(len, contents))
        if self._fd < 0 or self._at + total > self._end:
            self.close(now)
            self._begin(total)
        try:
            self._write([log.frame_header(self._salt, encoded, contents), encoded, *contents], total)
        except OSError:
            with suppress(OSError):
                self.close(now, failed=True)
            raise
        first = self._at + log.HEADER + len(encoded)
        file = self._file
        self._at = self.usage[file].written = at = self._at + total
        self.position = (self.position[0], at)
        self.octets += total
        if self._next is None and at > self._size // 2:
            self._number += 1
            spare = self._spares.pop() if self._spares else ""
            self._next = self._aside.submit(self._create, self._number, self._size, spare, written=True)
        return file, first

    def keep(self, place: Place) -> None:
        """Count a content as needed."""
        usage = self.usage[place.file]
        usage.messages += 1
        usage.live += place.length

    def drop(self, place: Place) -> None:
        """Count a content as no longer needed."""
        usage = self.usage[place.file]
        usage.messages -= 1
        usage.live -= place.length

    def sweep(self) -> None:
        """Put by or remove, soon, the files that nobody needs: to be called right after a checkpoint."""
        for file in [file for file, usage in self.usage.items() if not usage.messages and file != self._file]:
            usage = self.usage.pop(file)
            if len(self._spares) < _SPARES and self._size // 2 < usage.written <= self._size:
                self._spares.append(file)
            else:
                self.remove_file(file)

    def remove_file(self, file: str) -> None:
        """Remove any file of the directory, soon. One that cannot be removed is garbage at the next start."""
        self._aside.submit(_remove, self._directory / file)

    def read(self, file: str, start: int, length: int) -> bytes:
        """Read a content back whole. Raises OSError, also when it is short."""
        with (self._directory / file).open("rb", buffering=0) as source:
            content = os.pread(source.fileno(), length, start)
        if len(content) != length:
            raise OSError(f"{file} ends within a content")
        return content

    def sparse(self, share: float, closed_before: float) -> list[str]:
        """List the files closed before a time of which less than `share` is still needed."""
        return [
            file
            for file, usage in self.usage.items()
            if file != self._file and usage.closed < closed_before and usage.live < usage.written * share
        ]

    def close(self, now: float, *, failed: bool = False) -> None:
        """Write no more to the present file."""
        if self._fd < 0:
            return
        usage = self.usage[self._file]
        fd, self._fd, self._file = self._fd, -1, ""
        usage.closed = now
        try:
            os.ftruncate(fd, usage.written)  # gives back what was reserved and not used
            if failed:
                os.fsync(fd)  # what was refused must not come back as a frame that happens to be whole
        finally:
            os.close(fd)

    def give_up_space(self, now: float) -> None:
        """Let go of all space that holds nothing, so that rows can be written on a full disk."""
        with suppress(OSError):
            self.reserve.spend()
            self._drop_next()
            self.close(now)

    def end(self, now: float) -> None:
        """Write no more, and wait until what is to be removed is gone."""
        with suppress(OSError):
            self._drop_next()
            self.close(now)
        self._aside.shutdown()

    def _begin(self, total: int) -> None:
        self.reserve.keep()
        size = max(self._size, total + log.FILE_HEADER)
        if size > self._size:
            self._drop_next()  # its number is used up: the log goes from file to file by number
        if self._next is None:
            self._number += 1
            made = self._create(self._number, size)
        else:
            ahead, self._next = self._next, None
            made = ahead.result()
        self._fd, self._file, self._salt = made.fd, made.file, made.salt
        self._at, self._end = log.FILE_HEADER, size
        self.position = (number_of(made.file), self._at)
        self.usage[self._file] = Usage(written=self._at)

    def _drop_next(self) -> None:
        while self._spares:
            self.remove_file(self._spares.pop())
        ahead, self._next = self._next, None
        if ahead is not None and ahead.exception() is None:
            made = ahead.result()
            os.close(made.fd)
            self.remove_file(made.file)

    def _create(self, number: int, size: int, spare: str = "", *, written: bool = False) -> _Made:
        """Make a file, of a spare one if there is one; `written`: with octets in all of it.

        Measured on ext4, 20 KB: a write to octets that were written before costs 46 us and is synced after 0.2 ms;
        to space that is only reserved it is 123 us and 0.7 ms, because the file's map has to be synced too.
        """
        file = f"{number:08}{SUFFIX}"
        path = self._directory / file
        old = self._directory / spare if spare else path
        salt = os.urandom(log.SALT)
        fd = os.open(old, os.O_WRONLY if spare else os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            at = os.fstat(fd).st_size
            os.posix_fallocate(fd, 0, size)
            while written and at < size:
                at += os.pwrite(fd, _ZEROS[: size - at], at)
                os.fdatasync(fd)  # step by step: commits wait behind a large sync
            # The salt first, then the name: under its new name the file must never show its old frames.
            os.pwrite(fd, log.file_header(salt), 0)
            os.fsync(fd)
            old.rename(path)
            os.fsync(self._directory_fd)
        except OSError:
            os.close(fd)
            old.unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            raise
        return _Made(fd, file, salt)

    def _write(self, pieces: Sequence[bytes], total: int) -> None:
        """Write and sync in one system call: each lets go of the interpreter lock, and has to win it back."""
        written = 0
        if len(pieces) <= _IOV_MAX:
            try:
                written = os.pwritev(self._fd, pieces, self._at, self._dsync)
            except OSError as error:
                if not self._dsync or error.errno not in _NO_FLAGS:
                    raise
                self._dsync = 0  # this kernel or file system cannot: two calls from now on
                written = os.pwritev(self._fd, pieces, self._at)
            if written == total and self._dsync:
                return
        rest = memoryview(b"".join(pieces))[written:] if written < total else b""  # rare
        at = self._at + written
        while rest:
            written = os.pwrite(self._fd, rest, at)
            rest = rest[written:]
            at += written
        os.fdatasync(self._fd)


class _Made(Struct, gc=False):
    fd: int
    file: str
    salt: bytes


def number_of(file: str) -> int:
    """Read the number that a segment file's name begins with."""
    return int(file.removesuffix(SUFFIX))


def _remove(path: Path) -> None:
    """Remove a file and give its space back step by step.

    ext4 frees all of a file in one transaction of its journal, for which every sync then waits: measured, 64 MiB
    stopped commits for 70 ms.
    """
    fd = os.open(path, os.O_WRONLY)
    try:
        path.unlink()
        for size in range(os.fstat(fd).st_size, 0, -_FREED_AT_ONCE):
            os.ftruncate(fd, size)
    finally:
        os.close(fd)
