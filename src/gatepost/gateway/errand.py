"""A process that the supervisor starts when there is something to do, and that ends when it is done.

Knows when to start it and how long to wait after a failure, not what it does. Unlike a worker it is not kept alive.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from gatepost.mail.clock import Clock

LOOK: Final = 5.0  # seconds between two looks at whether something is to be done
FIRST_DELAY: Final = 60.0  # seconds after a failure, twice as many after each further one
LONGEST_DELAY: Final = 3600.0


class Occasion(Protocol):
    """What says that there is something to do. Asked every few seconds, so it must cost next to nothing."""

    def due(self) -> bool:
        """Tell whether there is something to do now."""
        ...

    def done(self) -> None:
        """Hear that it was done."""
        ...


class Errand:
    """One errand: `run` is called in a process of its own and tells whether all is done; `pid` is 0 between runs."""

    def __init__(self, name: str, run: Callable[[], bool], occasion: Occasion, monotonic: Clock) -> None:
        self.name = name
        self.run = run
        self.occasion = occasion
        self.pid = 0
        self._monotonic = monotonic
        self._look_at = 0.0
        self._delay = 0.0

    def due(self) -> bool:
        """Tell whether to start it now."""
        now = self._monotonic()
        if self.pid or now < self._look_at:
            return False
        self._look_at = now + LOOK
        return self.occasion.due()

    def wait(self) -> float:
        """Give the seconds after which to ask again; for ever, near enough, while it runs."""
        return LONGEST_DELAY if self.pid else max(self._look_at - self._monotonic(), 0.0)

    def ended(self, status: int) -> None:
        """Hear how the process ended: 0 when all is done, else it is tried again, later each time."""
        self.pid = 0
        if status == 0:
            self._delay = 0.0
            self._look_at = 0.0
            self.occasion.done()
        else:
            self._delay = min(self._delay * 2 or FIRST_DELAY, LONGEST_DELAY)
            self._look_at = self._monotonic() + self._delay
