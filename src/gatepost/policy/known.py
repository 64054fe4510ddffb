"""Everything that a check can find, and what is done about it unless the settings say otherwise.

One row for each finding: what it means, the choice, the reason for the choice. The settings page, `gatepost policy`
and the rules are made from this table, so a finding that is not in it can have no rule. Knows entry ids, not replies.
"""

from __future__ import annotations

from typing import Final, Literal

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


_ROWS: Final = (
    Known(
        finding="size-declared",
        means="MAIL declared more octets than the gateway takes",
        choice="reject",
        because="the content would be refused at its end anyway; so it need not come",
        reject="size-declared",
        facts=("size", "limit"),
        firm=True,
    ),
    Known(
        finding="size-exceeded",
        means="the content has more octets than the gateway takes",
        choice="reject",
        because="larger messages would fill the spool or fail behind the gateway",
        reject="size-exceeded",
        facts=("limit",),
        firm=True,
    ),
    Known(
        finding="virus-found",
        means="a virus signature matched",
        choice="reject",
        because="the sender is told, and nobody gets it",
        reject="virus-found",
        facts=("signature",),
        firm=True,
    ),
    Known(
        finding="virus-unavailable",
        means="the virus scanner could not be asked",
        choice="defer",
        because="the client tries again, and nothing passes unchecked; an outage is no reason to refuse for good",
        defer="virus-check-unavailable",
        firm=True,
    ),
)

KNOWN: Final[dict[str, Known]] = {row.finding: row for row in _ROWS}
