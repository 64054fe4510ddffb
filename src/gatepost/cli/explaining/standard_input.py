"""Standard input, looked at before it is read: the first octets are taken, and given back to whoever reads it all.

Whether it is one reply, a message or a log shows only in its first octets, and a pipe cannot be read twice.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from typing import Final

_PIECE: Final = 1 << 16


def is_terminal() -> bool:
    """Tell whether a person would have to type it."""
    return sys.stdin.isatty()


def take(most: int) -> bytes:
    """Take the first octets, fewer than `most` only where there are no others."""
    fd = sys.stdin.fileno()
    taken = bytearray()
    while len(taken) < most and (piece := os.read(fd, most - len(taken))):
        taken += piece
    return bytes(taken)


def give_back(head: bytes) -> None:
    """Put octets that were taken in front of the others, so that standard input is whole again."""
    fd = sys.stdin.fileno()
    with suppress(OSError):  # a pipe has no place to go back to
        os.lseek(fd, -len(head), os.SEEK_CUR)
        return
    source = os.dup(fd)
    reading, writing = os.pipe()
    os.dup2(reading, fd)
    os.close(reading)
    threading.Thread(target=_pump, args=(head, source, writing), daemon=True).start()


def _pump(head: bytes, source: int, target: int) -> None:
    with suppress(OSError), os.fdopen(target, "wb", buffering=0) as out:  # the reader may have gone
        out.write(head)
        while piece := os.read(source, _PIECE):
            out.write(piece)
