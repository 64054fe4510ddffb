"""Whole logs: what they come to, the stories of their messages, and what is added while one looks.

Joins the reading of files to the ways to show it, and says what could not be read. Each function prints, and gives
nothing back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click

from gatepost.cli.explaining import feed
from gatepost.cli.explaining.asked import Asked
from gatepost.cli.explaining.given import STDIN
from gatepost.cli.explaining.progress import progress
from gatepost.cli.explaining.single import today
from gatepost.cli.layout import cut, printable
from gatepost.cli.options import Bad
from gatepost.cli.reading.sources import Fault, pieces
from gatepost.maillog.event import Event
from gatepost.maillog.reading import Reading
from gatepost.maillog.summary import Summary

_STORIES: Final = 5


def called(paths: Sequence[str]) -> str:
    """Name files in a few words."""
    first = "standard input" if paths[0] == STDIN else printable(paths[0])
    return first if len(paths) == 1 else f"{first} and {len(paths) - 1} more"


def sum_up(paths: Sequence[str], asked: Asked) -> None:
    """Print what logs come to, as it was asked for."""
    name = called(paths)
    summary = _counted(paths, name, asked)
    if asked.as_json:
        from gatepost.cli.explaining.streams import json_object, plain

        click.echo(json_object(plain(summary)))
    else:
        _show(summary, name, asked)
    if asked.html is not None:
        _write_page(summary, name, asked.html)


def _counted(paths: Sequence[str], name: str, asked: Asked) -> Summary:
    from gatepost.cli.reading.workers import summarise

    with progress(name) as tell:
        outcome = summarise(paths, asked.wanted(), today(), tell)
    for fault in outcome.faults:
        warn(fault)
    if outcome.interrupted:
        click.echo(f"Broken off: {name} was read in part, and only that part is counted.", err=True)
    if not outcome.summary.systems:
        raise Bad(_nothing_read(name, outcome.summary))
    return outcome.summary


def _show(summary: Summary, name: str, asked: Asked) -> None:
    """Print the answer first: one screen; then, where it is asked for, each cause in full."""
    from gatepost.cli.explaining.board import board
    from gatepost.cli.explaining.details import details

    for line in board(summary, name, asked.limit, in_full=asked.details):
        click.echo(line)
    if asked.details:
        for line in details(summary, asked.limit):
            click.echo(line)


def _write_page(summary: Summary, name: str, target: Path) -> None:
    from gatepost.cli.explaining.page import page

    made = f"{dt.datetime.now().astimezone():%Y-%m-%d %H:%M %Z}"
    try:
        target.write_text(page(summary, name, made), encoding="utf-8")
    except OSError as error:
        raise Bad(f"{printable(str(target))} cannot be written: {error.strerror}.") from None
    click.echo(
        f"{printable(str(target))} is written: open it in a browser, or send it to a colleague.", err=True
    )


def tell_stories(paths: Sequence[str], asked: Asked) -> None:
    """Print the stories of the messages that were asked for; none is an error."""
    from gatepost.cli.explaining.stories import lines, matching
    from gatepost.cli.reading.sources import events

    most, what = asked.limit or _STORIES, asked.message
    count = 0
    for story in matching(what, events(paths, today(), warn)):
        count += 1
        if count <= most:
            if count > 1:
                click.echo()
            click.echo("\n".join(lines(story)))
    if not count:
        raise Bad(
            f"No message in {called(paths)} is about {what!r}; give an id of the log, a Message-ID or an address."
        )
    if count > most:
        click.echo(f"\n{count - most:,} more about {what!r}: --limit {count} tells all.")


def follow(path: str, asked: Asked) -> None:
    """Print a line for each that is written to a log and tells what became of a message, until Ctrl-C."""
    from gatepost.cli.explaining.following import line
    from gatepost.cli.explaining.rows import row_of

    click.echo(f"Waiting for new lines in {called([path])}; Ctrl-C ends it.", err=True)
    wanted = asked.wanted()
    try:
        for raw, event in _growing(path):
            if event is None:
                continue
            row = row_of(raw, event, asked.context)
            if row.tells_something and wanted.admits(event, row if row.cause else None):
                click.echo(line(row))
    except KeyboardInterrupt:
        click.echo(err=True)


def _growing(path: str) -> Iterator[tuple[str, Event | None]]:
    if path != STDIN:
        from gatepost.cli.reading.follow import follow

        yield from follow(path, today())
        return
    reading = Reading(today())
    for raw in feed.lines(pieces(path, warn)):
        yield raw, reading.read(raw)


def warn(fault: Fault) -> None:
    """Say what could not be read."""
    click.echo(printable(fault.sentence), err=True)


def _nothing_read(name: str, summary: Summary) -> str:
    if not summary.lines:
        return f"{name} is empty."
    first = f" The first of them: {cut(printable(summary.unread[0]), 80)}" if summary.unread else ""
    return f"Nothing in {name} could be read: no line is of a known mail system.{first}"
