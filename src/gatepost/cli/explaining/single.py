"""One thing that was given: a code, a reply or a line of a log, explained and printed."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

import click

from gatepost.cli.explaining import one
from gatepost.cli.explaining.asked import Asked
from gatepost.reply.explain import explain
from gatepost.reply.explanation import Context, Explanation

_CODE: Final = re.compile(r"\s*[2-5][0-9]{2}(?:[\s-]|$)")


def told(text: str, context: Context) -> Explanation:
    """Explain a reply, or a line of a log with what the line tells."""
    if _CODE.match(text) is None and " " in text:
        from gatepost.cli.explaining.rows import row_of
        from gatepost.maillog.reading import Reading

        event = Reading(today()).read(text)
        if event is not None and event.system != "plain":
            return row_of(text, event, context)
    return explain(text, context)


def show(explanation: Explanation, asked: Asked) -> None:
    """Print an explanation: in words, as one JSON object, or as a letter to someone."""
    if asked.as_json:
        from gatepost.cli.explaining.streams import json_object

        click.echo(json_object(explanation))
    elif asked.to:
        from gatepost.cli.explaining.letters import about

        click.echo(about(explanation, asked.to))
    else:
        click.echo("\n".join(one.lines(explanation)))


def today() -> dt.date:
    """Give the date by which years are told that a log leaves out."""
    return dt.datetime.now().astimezone().date()
