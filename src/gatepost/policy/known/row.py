"""A row of the table of what can be found: what it means, what is done about it, and what may be."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Choice = Literal["reject", "defer", "mark", "accept", "observe"]
"""What may be done about a finding: refuse for good, refuse for now, go on and name it in a field of the message and
in its score, go on whatever else speaks against it, or only keep it in the journal."""


class Known(Struct, frozen=True, kw_only=True):
    """One thing that can be found.

    `means` completes "It was found that ...". `reject` and `defer` are ids of catalogue entries, "" where that
    choice would not be true: 5yz where trying again helps, 4yz where it cannot. `facts` fill those entries.
    `firm` findings stand even where another one says "accept".
    """

    finding: str
    means: str
    choice: Choice
    because: str
    score: float = 0.0
    reject: str = ""
    defer: str = ""
    facts: tuple[str, ...] = ()
    firm: bool = False

    def choices(self) -> tuple[Choice, ...]:
        """Name the choices there are: accepting is for what speaks in favour, and refusing needs an entry."""
        if self.choice == "accept":
            return ("accept", "mark", "observe")
        refusing: tuple[Choice, ...] = ("reject",) if self.reject else ()
        return (*refusing, *(("defer",) if self.defer else ()), "mark", "observe")
