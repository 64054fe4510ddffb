"""`gatepost explain`: what a reply, a code, a line of a log, a whole log or a bounce means, and what to do.

Takes what someone has at hand and chooses who answers. Each way to answer is a module of `cli.explaining`, imported
only when it is asked for, so that a code is explained before anyone notices the wait.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, get_args

import click

from gatepost.cli.explaining import feed, given, one
from gatepost.cli.explaining.given import Files, Missing, Text
from gatepost.cli.layout import printable
from gatepost.cli.options import Bad
from gatepost.reply.explain import explain as explanation_of
from gatepost.reply.explanation import Context, Direction, Explanation

STAGES: Final = ("connect", "helo", "starttls", "auth", "mail", "rcpt", "data", "content", "quit")
_EXAMPLES: Final = """\b
Examples:
  gatepost explain 550                               a code
  gatepost explain "554 5.7.1 Relay access denied"   a reply, or a pasted line of a log
  gatepost explain bounce.eml                        a bounce message
  gatepost explain --jsonl - < replies.txt           a line of JSON for each line
"""
_CODE: Final = re.compile(r"\s*[2-5][0-9]{2}(?:[\s-]|$)")


@click.command(epilog=_EXAMPLES)
@click.argument("what", nargs=-1, required=True)
@click.option(
    "--direction",
    type=click.Choice([d for d in get_args(Direction) if d != "unknown"]),
    help="Of a reply: you sent it, you received it, or your own system made it up.",
)
@click.option("--stage", type=click.Choice(STAGES), help="Of a reply: where in the dialogue it was said.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--jsonl", is_flag=True, help="Print one JSON object for each line of input, in order.")
@click.option(
    "--csv", "as_csv", is_flag=True, help="Print a header, and a record for each line that tells something."
)
def explain(
    what: tuple[str, ...],
    direction: Direction | None,
    stage: str | None,
    as_json: bool,
    jsonl: bool,
    as_csv: bool,
) -> None:
    """Say what a reply or a mail log means: why, whose move it is, what to do.

    WHAT is a code (550), an enhanced code (5.7.1), a reply, a line of a log, a bounce message, one log or several
    (of any system that is known, compressed or not), or - for standard input.
    """
    context = Context(direction=direction or "unknown", stage=stage or "unknown")
    found = given.given(what)
    match found:
        case Missing():
            raise Bad(printable(found.sentence))
        case Text():
            _text(found.text, context, as_json=as_json, jsonl=jsonl)
        case Files() if jsonl or as_csv:
            _linewise(found, context, as_csv=as_csv)
        case Files():
            _files(found, context, as_json=as_json)


def _text(text: str, context: Context, *, as_json: bool, jsonl: bool) -> None:
    if not text.strip():
        raise click.UsageError('Name a reply, such as: gatepost explain "550 5.1.1 User unknown"')
    if text.isdecimal() and not (len(text) == 3 and "2" <= text[0] <= "5"):
        raise click.UsageError(f"{printable(text)[:20]} is no SMTP reply code: those are 200 to 599.")
    _show(_told(text, context), as_json=as_json, jsonl=jsonl)


def _told(text: str, context: Context) -> Explanation:
    """Explain a reply, or a line of a log with what the line tells."""
    if _CODE.match(text) is None and " " in text:
        from gatepost.cli.explaining.rows import row_of
        from gatepost.maillog.reading import Reading

        event = Reading(today()).read(text)
        if event is not None and event.system != "plain":
            return row_of(text, event, context)
    return explanation_of(text, context)


def _show(told: Explanation, *, as_json: bool, jsonl: bool) -> None:
    if jsonl or as_json:
        from gatepost.cli.explaining import streams

        click.echo(streams.json_line(told) if jsonl else streams.json_object(told), nl=not jsonl)
    else:
        click.echo("\n".join(one.lines(told)))


def _linewise(files: Files, context: Context, *, as_csv: bool) -> None:
    from gatepost.cli.explaining import linewise, streams

    out = sys.stdout.buffer
    if as_csv:
        out.write(streams.csv_header().encode())
    for path in files.paths:
        with _opened(path) as stream:
            rows = (row for _, row in linewise.rows(stream, context, today()))
            if as_csv:
                lines = (streams.csv_line(row).encode() for row in rows if row.tells_something)
            else:
                lines = (streams.json_line(row) for row in rows)
            linewise.write(lines, out, at_once=linewise.is_followed(stream))


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    if path != given.STDIN:
        with Path(path).open("rb") as stream:
            yield stream
        return
    if sys.stdin.isatty():
        click.echo("Waiting for replies or log lines on standard input; Ctrl-D ends it.", err=True)
    yield sys.stdin.buffer


def _files(files: Files, context: Context, *, as_json: bool) -> None:
    for path in files.paths:
        with _opened(path) as stream:
            head = stream.read(given.HEAD)
        text = feed.text(head)
        match given.kind(head, whole=len(head) < given.HEAD):
            case "nothing":
                raise Bad(f"{_called(path)} is empty.")
            case "reply" | "line":
                _show(_told(text.strip(), context), as_json=as_json, jsonl=False)
            case "message" | "log":
                raise Bad(
                    f"{_called(path)} cannot be summed up yet; gatepost explain --jsonl explains each line."
                )


def _called(path: str) -> str:
    return "standard input" if path == given.STDIN else printable(path)


def today() -> dt.date:
    """Give the date by which years are told that a log leaves out."""
    return dt.datetime.now().astimezone().date()
