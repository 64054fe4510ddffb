"""What time it is: passed in, never asked for, so that tests and replays choose it."""

from typing import Protocol


class Clock(Protocol):
    """Tell the time: seconds since 1970-01-01T00:00Z, as `time.time` does."""

    def __call__(self) -> float:
        """Give the time."""
        ...
