"""The stories of messages in a log: all lines of a message together, found by what someone knows of it.

Finds and gives text; joining the lines is `maillog.story`'s, reading the files `cli.reading`'s.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

import click

from gatepost.cli.explaining.board import columns
from gatepost.cli.explaining.rows import explained
from gatepost.cli.layout import printable
from gatepost.maillog.event import Event
from gatepost.maillog.story import Stories, Story, told


def matching(what: str, events: Iterable[tuple[str, Event | None]]) -> Iterator[Story]:
    """Give the stories that `what` names: an id of the log, a Message-ID, an address, or "@" and a domain."""
    name = what.strip().strip("<>").lower()
    stories = Stories()
    for raw, event in events:
        if event is not None:
            yield from (story for story in stories.add(event, raw) if _is_about(story, name))
    yield from (story for story in stories.end() if _is_about(story, name))


def lines(story: Story) -> Iterator[str]:
    """Lay out one story: what message, what happened, and how it ended."""
    heading, *happened = told(story, explained)
    yield from _wrapped(heading, "", bold=True)
    for line in happened:
        yield from _wrapped(line, "  ")


def _wrapped(line: str, indent: str, *, bold: bool = False) -> Iterator[str]:
    wrapped = textwrap.wrap(
        printable(line),
        columns(),
        initial_indent=indent,
        subsequent_indent=indent + " " * 9,
        break_on_hyphens=False,
    )
    yield from (click.style(one, bold=True) if bold else one for one in wrapped)


def _is_about(story: Story, name: str) -> bool:
    addresses = [story.sender.lower(), *(one.address.lower() for one in story.recipients)]
    if name.startswith("@"):
        return any(address.endswith(name) for address in addresses)
    ids = (*story.keys, story.message_id.strip("<>"))
    return name in addresses or any(name == one.lower() for one in ids if one)
