"""The summary of a log as one page of HTML that can be sent to a colleague: no scripts, nothing to fetch.

Takes the counts and lays them out; the words come from the knowledge by way of the summary. It knows nothing of how
a log is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from msgspec import Struct

from gatepost import __version__
from gatepost.cli.layout import printable
from gatepost.maillog.summary import DomainCount, Summary, Trouble
from gatepost.reply import knowledge
from gatepost.reply.explanation import Retry, Side

_HERE: Final = Path(__file__).parent
_WIDTH: Final = 960
_HEIGHT: Final = 160
_BARS: Final = 120  # at most, so that each can be seen
_ROWS: Final = 25
_FATES: Final = ("delivered", "delayed", "refused")
_SIDES: Final[dict[Side, str]] = {
    "sender": "the sending side",
    "recipient": "the receiving side",
    "gateway": "you, who run this system",
    "network": "whoever looks after the network",
    "nobody": "nobody",
    "unknown": "cannot be told",
}
_RETRY: Final[dict[Retry, str]] = {
    "no": "trying again does not help",
    "soon": "it is tried again within minutes",
    "later": "it is tried again later",
    "after_change": "trying again helps only after something was changed",
}
_DIRECTIONS: Final = {
    "sent": "said by this system",
    "received": "said by the other server",
    "local": "made up here; no other server said it",
    "unknown": "not known who said it",
}


class Part(Struct, frozen=True):
    """One part of a bar: what it stands for, where it begins and how long it is."""

    fate: str
    count: int
    start: float
    length: float


class Bar(Struct, frozen=True):
    """A bar of the chart: the time it covers, and its parts from the ground up."""

    label: str
    left: float
    width: float
    parts: tuple[Part, ...]


class Chart(Struct, frozen=True):
    """What became of mail over time, drawn in a box of WIDTH by HEIGHT."""

    unit: str
    bars: tuple[Bar, ...]
    most: int
    first: str
    last: str


def page(summary: Summary, title: str, made: str) -> str:
    """Give the whole page; `made` says when it was made, in words."""
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: printable(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda count: f"{count:,}"
    troubles = sorted(summary.troubles.values(), key=lambda trouble: -trouble.count)
    worst = [(name, counts) for name, counts in summary.domains.items() if counts.delayed or counts.refused]
    worst.sort(key=lambda row: (-row[1].refused - row[1].delayed, row[0]))
    return environment.get_template("page.html").render(
        title=title,
        made=made,
        version=__version__,
        summary=summary,
        totals=_total(summary.hours.values()) if summary.hours else _total(summary.domains.values()),
        troubles=troubles,
        most=max((trouble.count for trouble in troubles), default=1),
        titles={name: cause.title for name, cause in knowledge.causes().items()},
        sides=_SIDES,
        retry=_RETRY,
        directions=_DIRECTIONS,
        chart=_chart(summary.hours),
        box=(_WIDTH, _HEIGHT),
        domains=[(name, counts, _across(counts)) for name, counts in worst[:_ROWS]],
        domains_left=max(0, len(worst) - _ROWS),
        frequent=_frequent,
        shares=_shares,
    )


def _total(counts: Iterable[DomainCount]) -> DomainCount:
    total = DomainCount()
    for each in counts:
        total.delivered += each.delivered
        total.delayed += each.delayed
        total.refused += each.refused
    return total


def _frequent(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda row: (-row[1], row[0]))[:8]


def _shares(trouble: Trouble, most: int) -> tuple[Part, ...]:
    """Give the bar of one row, in hundredths of the longest."""
    return _parts(DomainCount(0, trouble.delayed, trouble.refused), most, 100)


def _across(counts: DomainCount) -> tuple[Part, ...]:
    return _parts(counts, counts.delivered + counts.delayed + counts.refused, 100)


def _parts(counts: DomainCount, most: int, length: float) -> tuple[Part, ...]:
    parts: list[Part] = []
    at = 0.0
    for fate in _FATES:
        count: int = getattr(counts, fate)
        if count:
            share = count / max(most, 1) * length
            parts.append(Part(fate, count, round(at, 2), round(share, 2)))
            at += share
    return tuple(parts)


def _chart(hours: dict[str, DomainCount]) -> Chart | None:
    """Draw hours, or days, or months, whichever gives few enough bars; None when no line has a time."""
    for unit, cut in (("hour", 13), ("day", 10), ("month", 7), ("year", 4)):
        counts: dict[str, DomainCount] = {}
        for hour in sorted(hours):
            name = hour[:cut]
            counts[name] = _total((counts.get(name, DomainCount()), hours[hour]))
        if counts and (len(counts) <= _BARS or unit == "year"):
            return _drawn(unit, counts)
    return None


def _drawn(unit: str, counts: dict[str, DomainCount]) -> Chart:
    most = max(each.delivered + each.delayed + each.refused for each in counts.values())
    step = _WIDTH / len(counts)
    bars = tuple(
        Bar(
            label=_moment(name),
            left=round(number * step + step * 0.1, 2),
            width=round(min(step * 0.8, 48), 2),
            parts=_parts(each, most, _HEIGHT),
        )
        for number, (name, each) in enumerate(counts.items())
    )
    return Chart(unit, bars, most, bars[0].label, bars[-1].label)


def _moment(name: str) -> str:
    """Say "2026-11-23T15" as a person would write it."""
    day, _, hour = name.partition("T")
    return f"{day} {hour}:00" if hour else day
