"""A bar on the terminal while a long log is read: on stderr, only where that is a terminal, only when it takes long.

Knows nothing of what is read; it is told how many octets of how many are done.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

Told = Callable[[int, int | None], None]
PATIENCE: Final = 0.5  # seconds without a word


@contextmanager
def progress(name: str, octets: bool = True) -> Iterator[Told]:
    """Give what is to be told of octets done and octets in all (None: not known); the bar goes away at the end.

    It counts pieces of something else where these are not `octets`.
    """
    if not sys.stderr.isatty():
        yield _unseen
        return
    bar = _Bar(name, octets)
    try:
        yield bar.tell
    finally:
        bar.close()


def _unseen(done: int, total: int | None) -> None:
    """Take what nobody will see."""


class _Bar:
    def __init__(self, name: str, octets: bool) -> None:
        self._name = name
        self._octets = octets
        self._begun = time.monotonic()
        self._shown: tuple[Progress, TaskID] | None = None

    def tell(self, done: int, total: int | None) -> None:
        if self._shown is None:
            if time.monotonic() - self._begun < PATIENCE:
                return
            self._shown = _drawn(self._name, self._octets)
        drawing, task = self._shown
        drawing.update(task, completed=done, total=total)

    def close(self) -> None:
        if self._shown is not None:
            self._shown[0].stop()


def _drawn(name: str, octets: bool) -> tuple[Progress, TaskID]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    drawing = Progress(
        TextColumn(escape(name)),
        BarColumn(bar_width=None),
        DownloadColumn() if octets else MofNCompleteColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = drawing.add_task("", total=None)
    drawing.start()
    return drawing, task
