"""How many connections are open, in all and per client, over every worker of this machine.

The counts lie in memory that the workers share; each worker writes only its own row, so no lock is needed and
a worker that was killed leaves just one row to clear. Clients share 65,536 places by hash: two clients in one
place are counted together, which a limit of some dozens per client forgives.
"""

from __future__ import annotations

import mmap
import zlib
from typing import Final

PLACES: Final = 1 << 16
_ROW: Final = PLACES + 1  # the last place counts all connections of the worker


class ConnectionCounts:
    """The counts of `workers` workers, seen from `worker` (0 ..)."""

    def __init__(self, memory: mmap.mmap | bytearray, worker: int, workers: int) -> None:
        cells = memoryview(memory).cast("I")
        self._rows = [cells[w * _ROW : (w + 1) * _ROW] for w in range(workers)]
        self._own = self._rows[worker]
        self._own[:] = memoryview(bytes(4 * _ROW)).cast("I")

    @staticmethod
    def size(workers: int) -> int:
        """Octets of shared memory that the counts of so many workers take."""
        return 4 * _ROW * workers

    def enter(self, client: str) -> tuple[int, int]:
        """Count a connection in; give the connections open in all and from this client, this one included."""
        place = zlib.crc32(client.encode()) & (PLACES - 1)
        own = self._own
        own[place] += 1
        own[PLACES] += 1
        if len(self._rows) == 1:
            return own[PLACES], own[place]
        return sum(row[PLACES] for row in self._rows), sum(row[place] for row in self._rows)

    def leave(self, client: str) -> None:
        """Count a connection out that was counted in."""
        own = self._own
        own[zlib.crc32(client.encode()) & (PLACES - 1)] -= 1
        own[PLACES] -= 1
