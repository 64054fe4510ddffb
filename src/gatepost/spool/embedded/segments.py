"""Segment files: the contents of many messages one after the other, each file written once, front to back.

A content is on disk when `append` returns. A file whose writing failed once is never written again: after a
failed sync nobody knows which of its pages the kernel has dropped. A file is never written again after a
restart either, so a torn tail is just octets that no row points at. The next file is made, and old ones are
removed, in a thread beside, because commits would wait for it. Knows nothing of messages and rows.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec import Struct

from gatepost.spool.embedded.reserve import Reserve
from gatepost.spool.embedded.rows import Place

SUFFIX: Final = ".segment"
_IOV_MAX: Final = 1024
_FREED_AT_ONCE: Final = 1 << 20


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
        self._at = 0
        self._end = 0
        self._number = 0
        self._next: Future[tuple[int, str]] | None = None
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="spool-files")
        self.usage: dict[str, Usage] = {}

    def known(self, file: str, usage: Usage) -> None:
        """Take over a file of a former life, closed."""
        self.usage[file] = usage
        self._number = max(self._number, int(file.removesuffix(SUFFIX)))

    def append(self, contents: Sequence[bytes], now: float) -> list[Place]:
        """Write contents and sync them. Raises OSError; then none of them has a place."""
        total = sum(map(len, contents))
        if self._fd < 0 or self._at + total > self._end:
            self.close(now)
            self._begin(total)
        try:
            self._write(contents, total)
            os.fdatasync(self._fd)
        except OSError:
            with suppress(OSError):
                self.close(now)
            raise
        at, file = self._at, self._file
        places = []
        for content in contents:
            length = len(content)
            places.append(Place(file, at, length))
            at += length
        self._at = at
        self.usage[file].written = at
        if self._next is None and at > self._size // 2:
            self._number += 1
            self._next = self._aside.submit(self._create, self._number, self._size)
        return places

    def keep(self, place: Place) -> None:
        """Count a content as needed: its row is committed."""
        usage = self.usage[place.file]
        usage.messages += 1
        usage.live += place.length

    def drop(self, place: Place) -> None:
        """Count a content as no longer needed, and remove the file with the last of them."""
        usage = self.usage[place.file]
        usage.messages -= 1
        usage.live -= place.length
        if not usage.messages and place.file != self._file:
            self.remove(place.file)

    def remove(self, file: str) -> None:
        """Remove a file in which nothing is needed any more, soon."""
        del self.usage[file]
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

    def close(self, now: float) -> None:
        """Write no more to the present file."""
        if self._fd < 0:
            return
        file, usage = self._file, self.usage[self._file]
        fd, self._fd, self._file = self._fd, -1, ""
        usage.closed = now
        try:
            os.ftruncate(fd, usage.written)  # gives back what was reserved and not used
        finally:
            os.close(fd)
            if not usage.messages:
                self.remove(file)

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
        if total > self._size:
            self._number += 1
            self._fd, self._file = self._create(self._number, total)
        elif self._next is None:
            self._number += 1
            self._fd, self._file = self._create(self._number, self._size)
        else:
            made, self._next = self._next, None
            self._fd, self._file = made.result()
        self._at, self._end = 0, max(self._size, total)
        self.usage[self._file] = Usage()

    def _drop_next(self) -> None:
        made, self._next = self._next, None
        if made is not None and made.exception() is None:
            fd, file = made.result()
            os.close(fd)
            self.remove_file(file)

    def _create(self, number: int, size: int) -> tuple[int, str]:
        file = f"{number:08}{SUFFIX}"
        path = self._directory / file
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.posix_fallocate(fd, 0, size)
            os.fsync(fd)
            os.fsync(self._directory_fd)
        except OSError:
            os.close(fd)
            path.unlink(missing_ok=True)
            raise
        return fd, file

    def _write(self, contents: Sequence[bytes], total: int) -> None:
        if len(contents) <= _IOV_MAX and os.pwritev(self._fd, contents, self._at) == total:
            return
        rest = memoryview(b"".join(contents))  # rare: too many pieces, or the kernel took only a part
        at = self._at
        while rest:
            written = os.pwrite(self._fd, rest, at)
            rest = rest[written:]
            at += written


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
