"""What a log comes to, cause by cause: meaning, what to do, codes, times, domains, peers, and lines as examples.

The same counts as on the `board`, told at length. Gives lines of text, and knows no file.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

import click

from gatepost.cli.explaining import words
from gatepost.cli.explaining.board import by_weight
from gatepost.cli.layout import INDENT, LABEL, cut, paragraph, printable, width
from gatepost.maillog.event import Event
from gatepost.maillog.summary import Summary, Trouble

_MOST: Final = 5
_EXAMPLES: Final = 3
_SAYER: Final = {
    "sent": "this system said so",
    "received": "the other system said so",
    "local": "no other system said so; this one made it up itself",
    "unknown": "who said so, the log does not tell",
}


def details(summary: Summary, limit: int | None = None) -> Iterator[str]:
    """Lay out each cause in full, the weightiest first; then every line that is kept of those not read."""
    for trouble in by_weight(summary)[:limit]:
        yield ""
        yield from _trouble(trouble)
    if summary.unread:
        yield ""
        yield click.style("Lines that could not be read, some of them", bold=True)
        yield from (INDENT + cut(printable(line), width() - len(INDENT)) for line in summary.unread)


def _trouble(row: Trouble) -> Iterator[str]:
    counts = ", ".join(
        f"{count:,} {word}" for count, word in ((row.refused, "refused"), (row.delayed, "delayed")) if count
    )
    title = click.style(words.title(row.cause), fg="red" if row.refused else "yellow", bold=True)
    yield f"{title}: {counts} ({row.cause})"
    yield paragraph("Meaning", words.meaning(row.cause) or row.meaning)
    yield paragraph("Who said it", _SAYER[row.direction])
    yield paragraph("Whose move", words.SIDES[row.side] + words.SURE[row.confidence])
    yield paragraph("Try again?", words.RETRY[row.retry])
    yield paragraph("What to do", words.action(row.cause, row.direction) or row.action)
    if row.first:
        yield paragraph(
            "When", " to ".join(dict.fromkeys(words.moment(printable(t)) for t in (row.first, row.last)))
        )
    for label, found in (("Replies", row.codes), ("Domains", row.domains), ("Peers", row.peers)):
        if found:
            yield paragraph(label, most(found))
    for number, example in enumerate(row.examples[:_EXAMPLES]):
        first, *rest = _example(example.event)
        yield paragraph("Such as" if not number else "", first)
        yield from (" " * (len(INDENT) + LABEL) + line for line in rest)


def most(counts: dict[str, int]) -> str:
    """Name the most frequent, with their numbers, and say how many others there are."""
    ranked = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    named = ", ".join(f"{cut(printable(name), 60)} {count:,}" for name, count in ranked[:_MOST])
    return named + (f", and {len(ranked) - _MOST} others" if len(ranked) > _MOST else "")


def _example(event: Event) -> Iterator[str]:
    room = width() - len(INDENT) - LABEL
    who = (
        f"{event.sender or '?'} -> {event.recipient or '?'}"
        if event.sender or event.recipient
        else event.peer
    )
    yield cut(printable("  ".join(filter(None, (words.moment(event.time), event.key, who)))), room)
    yield from textwrap.wrap(cut(printable(event.text), room * 2 - 8), room, break_on_hyphens=False)
