"""Emptying segment files of which little is needed, so that one deferred message does not keep all of a file.

Contents are copied as all is written: content, then rows. Only what has a row and is not leased is moved. Used
by the writer's thread alone, a little at a time between batches.
"""

from __future__ import annotations

from typing import Final

import apsw

from gatepost.spool.embedded.rows import Place, Rows
from gatepost.spool.embedded.segments import Segments
from gatepost.spool.embedded.settings import SpoolSettings

EVERY: Final = 10.0
OCTETS: Final = 1 << 20  # copied in one step, so that commits do not wait long behind it
MESSAGES: Final = 100


class Compaction:
    """Look now and then for nearly empty files, and empty them step by step."""

    def __init__(self, rows: Rows, segments: Segments, settings: SpoolSettings, now: float) -> None:
        self._rows = rows
        self._segments = segments
        self._settings = settings
        self._looked = now
        self._sparse: list[str] = []

    @property
    def pending(self) -> bool:
        """Tell whether there is a file to go on with."""
        return bool(self._sparse)

    def step(self, now: float) -> bool:
        """Do a little, and tell whether something was written."""
        if not self._sparse:
            if not 0 <= now - self._looked < EVERY:
                self._looked = now
                settings = self._settings
                self._sparse = self._segments.sparse(settings.compact_below, now - settings.compact_after)
            return False
        file = self._sparse[-1]
        moved = False
        if file in self._segments.usage:
            try:
                moved = self._move_some(file, now)  # what is left is leased: it ends, or waits again
            except (OSError, apsw.Error):
                moved = False  # no room to copy to, or unreadable: another time
        if not moved:
            self._sparse.remove(file)
        return moved

    def _move_some(self, file: str, now: float) -> bool:
        moved = []
        contents = []
        octets = 0
        for name, start, length in self._rows.movable(file, MESSAGES):
            moved.append((name, Place(file, start, length)))
            contents.append(self._segments.read(file, start, length))
            octets += length
            if octets >= OCTETS:
                break
        if not moved:
            return False
        target, at = self._segments.append((), [(len(content),) for content in contents], contents, now)
        places = []
        for content in contents:
            places.append(Place(target, at, len(content)))
            at += len(content)
        with self._rows.transaction():
            self._rows.move((name, place) for (name, _), place in zip(moved, places, strict=True))
        for (_, old), new in zip(moved, places, strict=True):
            self._segments.keep(new)
            self._segments.drop(old)
        return True
