"""Space kept aside, so that a full disk does not keep messages from leaving the spool.

Ending a delivery writes to SQLite's log, and emptying the log needs at most as much as the log may hold. When
the disk is full, and at every start, the reserve is given up for that; no segment is begun before it is there
again.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

NAME: Final = "reserve"


class Reserve:
    """A file that is only space."""

    def __init__(self, directory: Path, size: int) -> None:
        self._path = directory / NAME
        self._size = size
        self._there = False

    @property
    def missing(self) -> int:
        """Tell how many octets must be free before the next segment can be begun."""
        return 0 if self._there else self._size

    def keep(self) -> None:
        """See to it that the reserve is there. Raises OSError when there is no room for it."""
        if self._there:
            return
        fd = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(fd, 0, self._size)
        except OSError:
            self.spend()
            raise
        finally:
            os.close(fd)
        self._there = True

    def spend(self) -> None:
        """Give the space up."""
        self._path.unlink(missing_ok=True)
        self._there = False
