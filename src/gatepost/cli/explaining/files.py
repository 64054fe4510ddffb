"""Files that were given, and standard input: each looked at, and answered by who knows its kind.

A file may hold one reply, a bounce message, or a log. What it is shows in its first octets.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from gatepost.cli.explaining import feed, given, linewise, single, standard_input, streams, whole
from gatepost.cli.explaining.asked import Asked
from gatepost.cli.options import Bad
from gatepost.cli.reading.sources import Fault, pieces

if TYPE_CHECKING:
    from gatepost.mail.bounce import Bounce

_MESSAGE = 1 << 20


def answer(paths: tuple[str, ...], asked: Asked) -> None:
    """Answer for each file what was asked."""
    if given.STDIN in paths and standard_input.is_terminal():
        click.echo("Waiting for replies or lines of a log on standard input; Ctrl-D ends it.", err=True)
    if asked.linewise:
        for number, path in enumerate(paths):
            each_line(pieces(path, whole.warn), asked, with_header=number == 0)
    elif asked.follow:
        if len(paths) > 1:
            raise click.UsageError("--follow takes one log.")
        whole.follow(paths[0], asked)
    elif asked.message:
        whole.tell_stories(paths, asked)
    else:
        logs = paths if asked.html else _logs(paths, asked)
        if logs and asked.to:
            raise click.UsageError("--for writes about one reply, one line or a bounce; give one of these.")
        if logs:
            whole.sum_up(logs, asked)


def each_line(octets: Iterable[bytes], asked: Asked, *, with_header: bool = True) -> None:
    """Print an explanation for each line, as JSON or CSV, as the lines come."""
    out, wanted, today = sys.stdout.buffer, asked.wanted(), single.today()
    if asked.as_csv and with_header:
        out.write(streams.csv_header().encode())

    def answers(octets: Iterable[bytes]) -> Iterable[bytes]:
        rows = linewise.rows(octets, asked.context, today, wanted)
        if asked.as_csv:
            return (streams.csv_line(row).encode() for row in rows if row.tells_something)
        return map(streams.json_line, rows)

    linewise.write(octets, answers, out)


def _logs(paths: tuple[str, ...], asked: Asked) -> tuple[str, ...]:
    """Answer what is one reply, one line or a message; give the others, which are logs."""
    logs: list[str] = []
    for path in paths:
        head, kind = _looked_at(path)
        if kind == "message":
            bounce = _bounce(path)
            if bounce is None:
                raise Bad(
                    f"{whole.called([path])} is a message, but no bounce: it holds no reply to explain."
                )
            _show_bounce(bounce, asked)
        elif kind == "nothing" and len(paths) == 1:
            raise Bad(f"{whole.called([path])} is empty.")
        elif kind in ("reply", "line") and len(paths) == 1:
            text = "\n".join(feed.lines([head])).strip()
            single.show(single.told(text, asked.context), asked)
        else:
            logs.append(path)
    return tuple(logs)


def _looked_at(path: str) -> tuple[bytes, given.Kind]:
    """Give the first octets of a file, unpacked, and what they show it to be."""
    if path == given.STDIN:
        head = standard_input.take(given.HEAD)
        kind = given.kind(head, whole=len(head) < given.HEAD)
        if kind in ("message", "log"):
            standard_input.give_back(head)
        return head, kind
    faults: list[Fault] = []
    head = _first(path, given.HEAD, faults)
    if faults and not head:
        raise Bad(faults[0].sentence)
    return head, given.kind(head, whole=len(head) < given.HEAD)


def _first(path: str, most: int, faults: list[Fault]) -> bytes:
    head = bytearray()
    for piece in pieces(path, faults.append):
        head += piece
        if len(head) >= most:
            break
    return bytes(head[:most])


def _bounce(path: str) -> Bounce | None:
    from gatepost.mail.bounce import read_bounce

    return read_bounce(_first(path, _MESSAGE, []))


def _show_bounce(bounce: Bounce, asked: Asked) -> None:
    from gatepost.cli.explaining import bounced

    if asked.as_json:
        click.echo(streams.json_object(bounced.plain(bounce)))
    elif asked.to:
        from gatepost.cli.explaining.letters import about_bounce

        click.echo(about_bounce(bounce, asked.to))
    else:
        click.echo("\n".join(bounced.lines(bounce)))
