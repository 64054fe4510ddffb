"""How much of one message is taken apart. What lies beyond a bound is named in the ambiguities and stays whole.

So the time is linear in the size of the message, whatever it looks like, and so is what is decoded: each octet is
looked at 32 times at most on the way down, and belongs to other readings than the usual at most twice on the average.
A real message meets none of these bounds.
"""

from __future__ import annotations

from typing import Final

MAX_DEPTH: Final = 24
"""Levels of parts within parts."""
MAX_PARTS: Final = 1000
"""Parts in all, those of other readings and the files found in parts among them."""
MAX_HEADER: Final = 1 << 18
"""Octets of one header that are read."""
MAX_LINES: Final = 5000
"""Lines of one header that are read."""
MAX_VALUE: Final = 1 << 14
"""Octets of the value of one field that are taken apart."""
MAX_PARAMETERS: Final = 200
"""Parameters of one field."""
MAX_READINGS: Final = 8
"""Ways to decode one body, and ways to read one field."""
MAX_NAMES: Final = 16
"""File names of one part."""
MAX_TEXT: Final = 1 << 24
"""Octets of one body that are read as text."""


class Effort:
    """What may still be spent on a message: octets looked at, octets read once more, and parts made."""

    __slots__ = ("_again", "_octets", "_parts")

    def __init__(self, size: int) -> None:
        self._octets = 32 * size + (1 << 20)
        self._again = 2 * size + (1 << 20)
        self._parts = MAX_PARTS

    def look(self, octets: int) -> bool:
        """Pay for looking at octets; False when there is nothing left to pay with."""
        self._octets -= octets
        return self._octets >= 0

    def again(self, octets: int) -> bool:
        """Pay for another reading of octets; False when there is nothing left to pay with."""
        self._again -= octets
        return self._again >= 0

    def part(self) -> bool:
        """Pay for a part; False when there are enough."""
        self._parts -= 1
        return self._parts >= 0
