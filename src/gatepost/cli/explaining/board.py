"""What a log comes to, on one screen: the mail in numbers, then why some was refused, whose move it is, what to do.

Takes counts and gives lines of text that fit the columns and, where they can, the lines of the terminal. How the
log was read is not known here; `details` tells more of the same counts.
"""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Iterator
from typing import Final

import click

from gatepost.cli.explaining import words
from gatepost.cli.layout import cut, printable
from gatepost.maillog.summary import Summary, Trouble

_WIDEST: Final = 140
_AROUND: Final = 12  # lines that are no rows, and one for the prompt
_FEWEST: Final = 3
_NUMBERS: Final = 18  # columns before the words of a row
_LOSS: Final = 12  # columns that a line loses to the word that did not fit
_SAID: Final = 9
_MOVE: Final = 15
_LABEL: Final = 15


def columns() -> int:
    """Give the columns to fill: those of the terminal, at least 60 and at most 140."""
    return max(60, min(_WIDEST, _screen().columns))


def room() -> int:
    """Give the rows for which the screen has room."""
    return max(_FEWEST, (_screen().lines - _AROUND) // 2)


def _screen() -> os.terminal_size:
    return shutil.get_terminal_size((80, 24))


def board(summary: Summary, name: str, limit: int | None = None, *, in_full: bool = False) -> Iterator[str]:
    """Lay out a summary. `name` says what was read, `limit` is how many rows to show, else what the screen holds.

    `in_full` says that the details follow, so that nothing need be said about how to get them.
    """
    title = list(_title(printable(name), summary))
    ranked = by_weight(summary)
    shown = _shown(ranked, limit or room())
    below = _below(summary, [] if in_full else ranked)
    around = (
        len(title) + len(below) + (len(ranked) > len(shown)) + 6
    )  # blank lines, numbers, heads, the prompt
    yield from title
    yield ""
    yield "  " + in_numbers(summary)
    if shown:
        yield ""
        yield from _table(ranked, shown, 2 if around + 3 * len(shown) <= _screen().lines else 1)
    if below:
        yield ""
        yield from below


def _table(ranked: list[Trouble], shown: list[Trouble], depth: int) -> Iterator[str]:
    yield _heads()
    for trouble in shown:
        yield from _row(trouble, depth)
    if len(ranked) > len(shown):
        hidden = sum(one.count for one in ranked) - sum(one.count for one in shown)
        left = words.counted(len(ranked) - len(shown), "more row")
        yield f"{hidden:>16,}  in {left}: --limit {len(ranked)} shows all"


def _below(summary: Summary, ranked: list[Trouble]) -> list[str]:
    texts = {"Worst domains": _worst(summary) if summary.troubles else "", "Not read": not_read(summary)}
    if ranked:
        texts["More"] = f"add --details, or --cause {ranked[0].cause}, or --html report.html"
    return [_labelled(label, text) for label, text in texts.items() if text]


def _title(name: str, summary: Summary) -> Iterator[str]:
    """Say what was read: its name, systems, lines, from when to when; on two lines where one is too short."""
    name = cut(name, columns() // 2)
    systems, extent = about(summary)
    if len(name) + len(systems) + len(extent) + 4 <= columns():
        yield f"{click.style(name, bold=True)}  {systems}, {extent}"
    else:
        yield f"{click.style(name, bold=True)}  {cut(systems, columns() - len(name) - 2)}"
        yield f"{extent[:1].upper()}{extent[1:]}"


def about(summary: Summary) -> tuple[str, str]:
    """Say what was read: the systems, and how many lines from when to when."""
    systems = sorted(summary.systems.items(), key=lambda row: -row[1])
    names = ", ".join(words.system(name) for name, _ in systems[:4])
    if len(systems) > 4:
        names += f" and {len(systems) - 4} more"
    span = ""
    if summary.first:
        first, last = (words.moment(printable(time)) for time in (summary.first, summary.last))
        span = f"{first} to {last if last[:10] != first[:10] else last[11:]}" if first != last else first
    return names, ", ".join(filter(None, (words.counted(summary.lines, "line"), span)))


def in_numbers(summary: Summary) -> str:
    """Say what became of the mail, in numbers."""
    results = summary.results
    delayed = sum(one.delayed for one in summary.troubles.values())
    refused = sum(one.refused for one in summary.troubles.values())
    counts = (
        (results.get("accepted", 0), "taken in", None),
        (results.get("delivered", 0), "delivered", "green"),
        (delayed, "delayed", "yellow"),
        (refused, "refused", "red"),
        (results.get("held", 0), "held", "yellow"),
        (results.get("discarded", 0), "thrown away", "red"),
    )
    said = [click.style(f"{count:,} {word}", fg=colour, bold=True) for count, word, colour in counts if count]
    if not delayed and not refused:
        said.append("nothing was refused or delayed")
    return "   ".join(said)


def by_weight(summary: Summary) -> list[Trouble]:
    """Give the rows, the weightiest first: most replies; of equal ones what is for good, then by name."""
    return sorted(
        summary.troubles.values(), key=lambda row: (-row.count, -row.refused, row.cause, row.direction)
    )


def not_read(summary: Summary) -> str:
    """Say what could not be read: counted, and the first of it shown; "" where all was read."""
    counts = (
        (summary.foreign, "of no known mail system"),
        (summary.broken, "broken"),
        (summary.cut, "cut, being too long"),
    )
    said = ", ".join(f"{words.counted(count, 'line')} {what}" for count, what in counts if count)
    return f"{said}: {printable(summary.unread[0])}" if said and summary.unread else said


def _shown(ranked: list[Trouble], limit: int) -> list[Trouble]:
    """Choose the rows to show: the first ones, but the last of them gives way to one that is yours to mend."""
    shown = ranked[:limit]
    yours = next((row for row in ranked[limit:] if row.side == "gateway"), None)
    if yours is not None and not any(row.side == "gateway" for row in shown):
        shown[-1] = yours
    return shown


def _heads() -> str:
    return click.style(
        f"{'Refused':>8}{'Delayed':>8}  {'Why':<{_why()}}{'Said by':<{_SAID}}Whose move",
        dim=True,
    )


def _why() -> int:
    return min(46, columns() - _NUMBERS - _SAID - _MOVE)


def _row(row: Trouble, depth: int) -> Iterator[str]:
    refused, delayed = (f"{count:,}" if count else "-" for count in (row.refused, row.delayed))
    why = cut(words.title(row.cause), _why() - 1)
    title = click.style(f"{why:<{_why()}}", fg="red" if row.refused else "yellow", bold=True)
    move = words.MOVES[row.side]
    whose = click.style(move, fg="magenta", bold=True) if row.side == "gateway" else move
    yield f"{refused:>8}{delayed:>8}  {title}{words.SAID_BY[row.direction]:<{_SAID}}{whose}"
    width = columns() - _NUMBERS
    action = words.first(words.action(row.cause, row.direction), depth * width - (depth - 1) * _LOSS)
    yield from (" " * _NUMBERS + line for line in textwrap.wrap(action, width, break_on_hyphens=False))


def _worst(summary: Summary) -> str:
    ranked = sorted(
        ((one.refused + one.delayed, name) for name, one in summary.domains.items()),
        key=lambda row: (-row[0], row[1]),
    )
    return ", ".join(f"{cut(printable(name), 30)} {count:,}" for count, name in ranked[:5] if count)


def _labelled(label: str, text: str) -> str:
    return f"  {click.style(f'{label:<{_LABEL}}', dim=True)}{cut(text, columns() - _LABEL - 2)}"
