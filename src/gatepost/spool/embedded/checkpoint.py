"""What the log has and the rows do not yet, and the step that brings the rows up to the log.

A message that is delivered right away never comes to have a row: the log says that it is there, then that it is
done. About once a second the rows take over what is still on its way, so that a start reads little of the log
and files of the log can go. Used by the writer's thread alone.
"""

from __future__ import annotations

from typing import Final

from gatepost.spool.embedded.acts import Entry
from gatepost.spool.embedded.rows import Row, Rows
from gatepost.spool.embedded.segments import Segments

EVERY: Final = 1.0
OCTETS: Final = 16 << 20  # of log, after which a checkpoint does not wait for its time


class Checkpoint:
    """The messages without rows, and the ends of those with rows, since the last checkpoint."""

    def __init__(self, rows: Rows, segments: Segments, owner: str) -> None:
        self._rows = rows
        self._segments = segments
        self._owner = owner
        self._changed = False
        self._since = 0.0
        self._octets = segments.octets
        self.unsaved: dict[str, Entry] = {}
        self.finished: list[str] = []  # done by the log; those that have rows lose them
        self.failing = False
        self.pressed = False  # the disk is full: files that can go should go now

    def note(self, now: float) -> None:
        """Note that there is something to bring to the rows: the log grew, or `gone` did."""
        if not self._changed:
            self._changed = True
            self._since = now

    def wait(self, now: float) -> float:
        """Tell in how many seconds the next checkpoint is due, below 0 when nothing calls for one."""
        if not self._changed:
            return -1
        past = now - self._since
        hurry = self.pressed or self._segments.octets - self._octets >= OCTETS
        if not 0 <= past < EVERY or (hurry and not self.failing):
            return 0
        return EVERY - past

    def save(self, now: float) -> None:
        """Bring the rows up to the log, and remove the files that nothing needs. Raises apsw.Error."""
        self._since = now
        try:
            self._save(now)
        except BaseException:
            self.failing = True  # not before: the loop's thread reads it, and would take no mail meanwhile
            raise
        self.failing = self.pressed = self._changed = False
        self._octets = self._segments.octets
        self.unsaved.clear()
        self.finished.clear()
        self._segments.sweep()

    def _save(self, now: float) -> None:
        rows = self._rows
        with rows.transaction():
            rows.save(
                [
                    (Row(entry.message, entry.place), self._owner)
                    for entry in self.unsaved.values()
                    if entry.place
                ],
                now,
            )
            rows.delete(self.finished)
            rows.pass_on(self._segments.position)
