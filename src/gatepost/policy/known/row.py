"""A row of the table of what can be found: what it means, what is done about it, and what may be."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Choice = Literal["reject", "defer", "hold", "mark", "accept", "observe"]
"""What may be done about a finding: refuse for good, refuse for now, take the message and keep it until a person
decides, go on and name it in a field of the message and in its score, go on whatever else speaks against it, or only
keep it in the journal."""


class Known(Struct, frozen=True, kw_only=True):
    """One thing that can be found.

    `means` completes "It was found that ...". `reject` and `defer` are ids of catalogue entries, "" where that
    choice would not be true: 5yz where trying again helps, 4yz where it cannot. `facts` fill those entries.
    `firm` findings stand even where another one says "accept". `hold` is false where there is no message that could
    be kept, or where keeping it would defeat what the finding is for.
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
    hold: bool = True

    def choices(self) -> tuple[Choice, ...]:
        """Name the choices there are.

        Accepting is for what speaks in favour, refusing needs an entry, and a person is asked only about what speaks
        against a message: not about what is usually just observed, such as a failure of DNS, which time mends.
        """
        if self.choice == "accept":
            return ("accept", "mark", "observe")
        there: list[Choice] = []
        if self.reject:
            there.append("reject")
        if self.defer:
            there.append("defer")
        if self.hold and self.choice != "observe" and self.score >= 0:
            there.append("hold")
        return (*there, "mark", "observe")
