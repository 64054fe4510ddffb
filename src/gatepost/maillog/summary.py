"""What a log comes to: how many of which fate, by cause, whose move, since when, at which domains.

Counts only, in memory that is bounded whatever the log: the summary of a piece can be added to that of another, so
pieces may be read side by side. Laying it out for people is not done here.
"""

from __future__ import annotations

from msgspec import Struct, field

from gatepost.maillog.event import Event
from gatepost.reply.explanation import Confidence, Direction, Explanation, Persistence, Retry, Side


class Example(Struct, frozen=True):
    """A line that stands for many: the event and what its reply means."""

    event: Event
    explanation: Explanation


class Trouble(Struct, kw_only=True):
    """All replies of one cause, said in one direction, with the same side to move: one row of a summary.

    `delayed` counts deferrals and temporary refusals, `refused` bounces and permanent refusals. `domains` and
    `peers` count the most frequent ones, `codes` replies by "550 5.1.1". Times as in `Event.time`.
    """

    cause: str
    direction: Direction
    side: Side
    confidence: Confidence
    retry: Retry
    persistence: Persistence
    meaning: str
    action: str
    delayed: int = 0
    refused: int = 0
    first: str = ""
    last: str = ""
    codes: dict[str, int] = field(default_factory=dict)
    domains: dict[str, int] = field(default_factory=dict)
    peers: dict[str, int] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)

    @property
    def count(self) -> int:
        """All replies of the row."""
        return self.delayed + self.refused


class DomainCount(Struct):
    """What became of the mail of one domain."""

    delivered: int = 0
    delayed: int = 0
    refused: int = 0


class Summary(Struct, kw_only=True):
    """The counts of one log or several.

    `systems` counts lines by the system that wrote them; `foreign` lines that belong to no known system, `broken`
    lines that look like a known form and cannot be read, `cut` lines longer than the bound; `unread` holds a few of
    those that were not read, for a person to look at. `hours` counts by "2026-11-23T15".
    """

    octets: int = 0
    lines: int = 0
    foreign: int = 0
    broken: int = 0
    cut: int = 0
    unread: list[str] = field(default_factory=list)
    systems: dict[str, int] = field(default_factory=dict)
    results: dict[str, int] = field(default_factory=dict)
    first: str = ""
    last: str = ""
    troubles: dict[tuple[str, Direction, Side], Trouble] = field(default_factory=dict)
    domains: dict[str, DomainCount] = field(default_factory=dict)
    hours: dict[str, DomainCount] = field(default_factory=dict)
