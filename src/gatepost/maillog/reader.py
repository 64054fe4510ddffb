"""What a reader of one system's log is: the interface between the readers and those who give them lines.

A reader knows the form of its system's lines and nothing of files, of other systems, or of what a reply means.
"""

from __future__ import annotations

from typing import Protocol

from gatepost.maillog.event import Event
from gatepost.maillog.frame import Frame


class Reader(Protocol):
    """Read the lines of one system. It never raises, whatever the line holds.

    A reader may keep what later lines need (column headers, which delivery belongs to which message), in bounded
    maps only: so it is made once per log.
    """

    system: str

    def read(self, frame: Frame) -> Event | None:
        """Tell what a line says; None when it is no line of this system.

        An event whose result and text are both "" is a line of this system that tells of no fate; it may still tie
        keys, name the reverse-path or the client.
        """
