"""Large contents: each in a file of its own, written while it arrives, so that memory stays flat.

Until its row is committed the file belongs to nobody, and a restart removes it; from then on the row owns it.
Knows nothing of messages beyond the id that names the file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from gatepost.mail.ids import is_id

SUFFIX: Final = ".content"


class IncomingFile:
    """A large content on its way to disk."""

    __slots__ = ("_fd", "_owned", "_path", "file", "name", "size")

    def __init__(self, directory: Path, message_id: str) -> None:
        """Create the file. Raises OSError, ValueError when the id could not be a file's name."""
        if not is_id(message_id):
            raise ValueError(f"{message_id!r} is not a message id")
        self.name = message_id + SUFFIX
        self._path = directory / self.name
        self.file = str(self._path)
        self.size = 0
        self._owned = False
        self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    def write(self, chunk: bytes) -> None:
        """Append. Raises OSError (a full disk among others); the caller then discards."""
        rest = chunk
        while rest:
            written = os.write(self._fd, rest)
            self.size += written
            rest = rest[written:] if written < len(rest) else b""

    def overwrite(self, offset: int, octets: bytes) -> None:
        """Change octets that were written. Raises OSError."""
        os.pwrite(self._fd, octets, offset)

    def sync(self, directory_fd: int) -> None:
        """Bring the octets and the name to disk, and write no more. Raises OSError."""
        os.fsync(self._fd)
        self._close()
        os.fsync(directory_fd)

    def own(self) -> None:
        """Leave the file to its row."""
        self._owned = True

    def discard(self) -> None:
        """Forget what was written. Harmless after commit."""
        if not self._owned:
            self._close()
            self._path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)
