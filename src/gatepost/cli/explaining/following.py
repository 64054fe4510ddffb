"""A log that grows, explained as it does: one line for each line that tells what became of a message.

Gives a line of text for a line of the log; waiting for the next one is `cli.reading`'s.
"""

from __future__ import annotations

from typing import Final

import click

from gatepost.cli.explaining import words
from gatepost.cli.explaining.board import columns
from gatepost.cli.explaining.rows import Row
from gatepost.cli.layout import cut, printable

_COLOURS: Final = {
    "accepted": "green",
    "delivered": "green",
    "deferred": "yellow",
    "held": "yellow",
    "bounced": "red",
    "rejected": "red",
    "discarded": "red",
}
_WHO: Final = 30
_GOOD: Final = ("success", "intermediate")


def line(row: Row) -> str:
    """Lay out one line: when, what, for whom; and for what went wrong why, whose move it is and what to do."""
    when = printable(row.time)[11:19]
    result = words.RESULTS.get(row.result) or str(row.code or row.enhanced)
    who = cut(printable(row.recipient or row.sender or row.peer), _WHO)
    head = f"{when:<8} {result:<11} {who:<{_WHO}} "
    if row.class_ in _GOOD or not row.cause:
        tail = cut(printable(row.text), max(20, columns() - len(head))) if row.class_ not in _GOOD else ""
    else:
        why = f"{words.title(row.cause)} · {words.MOVES[row.side]} · {row.action}"
        tail = words.first(why, max(20, columns() - len(head)))
    return click.style(head, fg=_COLOURS.get(row.result)) + tail
