"""How verbs lay out words on a terminal: labelled paragraphs of bounded width, a colour per class of reply.

Knows nothing of what it prints. Colours vanish by themselves where the output is no terminal (`click.echo`).
"""

from __future__ import annotations

import os
import textwrap
from typing import Final

import click

LABEL: Final = 12
INDENT: Final = "  "
_COLOURS: Final = {"2": "green", "3": "cyan", "4": "yellow", "5": "red"}


def width() -> int:
    """Give the columns to fill: those of the terminal, at least 40 and at most 80."""
    columns = os.environ.get("COLUMNS", "")
    if not columns.isdecimal():
        try:
            columns = str(os.get_terminal_size().columns)
        except OSError:  # the output is no terminal
            columns = "80"
    return max(40, min(80, int(columns)))


def paragraph(label: str, text: str) -> str:
    """Lay out one paragraph with its label at the left, wrapped and indented."""
    return _hanging(click.style(f"{label:<{LABEL}}", dim=True), LABEL, text)


def item(name: str, text: str, column: int = 24) -> str:
    """Lay out one item of a list: its name, and what there is to say, wrapped from `column` on."""
    return _hanging(click.style(f"{name:<{column}}", bold=True), column, text)


def _hanging(styled: str, columns: int, text: str) -> str:
    rest = INDENT + " " * columns
    lines = textwrap.wrap(text, width() - len(rest), break_on_hyphens=False) or [""]
    return f"\n{rest}".join((INDENT + styled + lines[0], *lines[1:]))


def cut(text: str, columns: int) -> str:
    """Shorten a text to so many columns, with an ellipsis where something is left out."""
    return text if len(text) <= columns else text[: columns - 1].rstrip() + "…"


def printable(text: str) -> str:
    """Make strangers' words safe for a terminal: control characters become "?"."""
    return "".join(c if c.isprintable() else "?" for c in text)


def coloured(text: str, code: int | str | None) -> str:
    """Give a text the colour of a reply's class: green, cyan, yellow or red by the first digit."""
    return click.style(text, fg=_COLOURS.get(str(code)[:1]), bold=True)
