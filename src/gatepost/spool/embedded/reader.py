"""The way into the spool for other processes (web, command line): reads beside the writer, never writes.

It sees rows: what waits or is held, and what has been on its way since before the last checkpoint. A message that
is delivered within a second of its arrival is never seen here, and one that ended may be for as long. What it
gives was true when it was read. A message can leave while its content is read: then reading fails as it does for
any file that is gone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from gatepost.spool.embedded import rows
from gatepost.spool.embedded.rows import Place
from gatepost.spool.interface import Counts, Held, Waiting


def open_reader(directory: Path) -> SpoolReader:
    """Open a shard for reading. Raises SpoolUnusable, also when there is none."""
    return SpoolReader(directory)


class SpoolReader:
    """One shard as other processes may see it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._connection = rows.connect_to_read(directory)

    def waiting(self) -> Iterator[Waiting]:
        """Give the messages in the queue in the order of their arrival, those on their way included."""
        for entry in rows.listed(self._connection, "waiting,leased"):
            if isinstance(entry, Waiting):
                yield entry

    def held(self) -> Iterator[Held]:
        """Give the messages that wait for a person in the order of their arrival."""
        for entry in rows.listed(self._connection, "held"):
            if isinstance(entry, Held):
                yield entry

    def get(self, message_id: str) -> Waiting | Held | None:
        """Find one message."""
        found = rows.find(self._connection, message_id)
        return None if found is None else found[0]

    def counts(self) -> Counts:
        """Count messages by state."""
        return rows.counts(self._connection)

    def chunks(self, message_id: str, size: int = 1 << 18) -> Iterator[bytes]:
        """Read a message's content, trace fields first. Raises OSError, KeyError when there is none."""
        seen = None
        while True:
            found = rows.find(self._connection, message_id)
            if found is None:
                raise KeyError(message_id)
            try:
                return self._sure(message_id, found[1], read(self._directory, found[1], size))
            except FileNotFoundError:
                if found[1] == seen:  # not moved since: it is gone indeed
                    raise
                seen = found[1]

    def _sure(self, message_id: str, place: Place, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Give no octet that was read after the message left: its file may hold another's by then."""
        for chunk in chunks:
            found = rows.find(self._connection, message_id)
            if found is None or found[1] != place:
                raise OSError(f"{message_id} left its place while it was read")
            yield chunk

    def close(self) -> None:
        """Close."""
        self._connection.close()


def read(directory: Path, place: Place, size: int) -> Iterator[bytes]:
    """Read a content in pieces. The file is opened at once. Raises OSError, also when the content is short."""
    return _chunks(os.open(directory / place.file, os.O_RDONLY), place, size)


def _chunks(fd: int, place: Place, size: int) -> Iterator[bytes]:
    try:
        if place.head:
            yield place.head
        at, end = place.start, place.start + place.length
        while at < end:
            chunk = os.pread(fd, min(size, end - at), at)
            if not chunk:
                raise OSError(f"{place.file} ends within a content")
            at += len(chunk)
            yield chunk
    finally:
        os.close(fd)
