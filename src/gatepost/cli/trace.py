"""`gatepost trace`: the story of a message or session, out of the journal, in words or as JSON.

Reads the files of the journal, so it works while the gateway runs and when it is down. Knows where the
journal is and what time bounds mean; finding and telling are the journal's.
"""

from __future__ import annotations

import json as json_module
import re
import shutil
import time
from datetime import datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Final

import click

from gatepost.cli.options import Bad, config, settings_of
from gatepost.journal.query import Story, find
from gatepost.journal.reader import Skipped
from gatepost.journal.render import as_json, story, summary

MANY: Final = 5  # stories that are told one after the other; of more, a list is told
_AGO: Final = re.compile(r"([0-9]{1,6})([smhdw])")
_TIME_OF_DAY: Final = re.compile(r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class When(click.ParamType[float]):
    """A moment as people write it; `end` takes a date to mean the end of its day."""

    name = "time"

    def __init__(self, *, end: bool = False) -> None:
        self._end = end

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read a moment in seconds since 1970; what has no time zone is local time."""
        if isinstance(value, float):
            return value
        text = str(value).strip()
        try:
            return moment(text, time.time(), end=self._end)
        except (ValueError, OverflowError, OSError):
            self.fail(
                f"{text!r} is no time; write 2h, 30m, 3d, 14:30, 2026-11-23 or 2026-11-23T14:30:00+01:00",
                param,
                ctx,
            )


def moment(text: str, now: float, *, end: bool = False) -> float:
    """Read a moment relative to `now`: "2h" ago, "14:30" lately, a date, or RFC 3339. Raises ValueError."""
    if ago := _AGO.fullmatch(text):
        return now - int(ago[1]) * _SECONDS[ago[2]]
    if _TIME_OF_DAY.fullmatch(text):
        today = datetime.fromtimestamp(now).astimezone()
        there = datetime.fromisoformat(f"{today:%Y-%m-%d}T{text.zfill(len(text) + (text[1] == ':'))}")
        if there.timestamp() > now and not end:  # just after midnight, 23:50 was yesterday
            there -= timedelta(days=1)
        return there.timestamp()
    there = datetime.fromisoformat(text)
    if end and _DATE.fullmatch(text):
        there += timedelta(days=1)
    return there.timestamp()


@click.command()
@click.argument("what")
@click.option(
    "--since",
    type=When(),
    metavar="TIME",
    help="Only what happened from then on: 2h, 14:30, a date, RFC 3339.",
)
@click.option("--until", type=When(end=True), metavar="TIME", help="Only what happened until then.")
@click.option("--all", "everything", is_flag=True, help=f"Tell all stories in full, also more than {MANY}.")
@click.option("--json", "as_data", is_flag=True, help="Print an array of records in order of time.")
@click.option("--colour", "--color", is_flag=True, help="Mark good and bad by colour.")
@config
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where spool and journal live. Default: as the settings say.",
)
def trace(
    what: str,
    since: float | None,
    until: float | None,
    everything: bool,
    as_data: bool,
    colour: bool,
    config: Path | None,
    data_dir: Path | None,
) -> None:
    """Tell the story of a message or session: what happened, why, whose move it is, what to do.

    WHAT is a session id or message id (a reply of the gateway that ends in one will do), a Message-ID, an
    address of the envelope or the From field (or "@domain"), the address of a client or next hop, or a word
    of the subject.
    """
    if since is not None and until is not None and since > until:
        raise click.UsageError("--since is later than --until; swap them")
    journal = (data_dir or settings_of(config).data_dir) / "journal"
    skipped = Skipped()
    try:
        next(journal.iterdir(), None)
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise click.UsageError(
            f"no journal in {journal} ({reason}); name the folder with --data-dir"
        ) from None
    found = find(journal, what, since, until, skipped=skipped)
    if as_data:
        _print_json(found)
    elif found:
        _tell(found, everything, colour)
    _warn(skipped)
    if not found:
        if as_data:
            raise SystemExit(1)
        raise Bad(f"nothing in {journal} is about {what!r}; is the time span right, or the journal older?")


def _tell(found: list[Story], everything: bool, colour: bool) -> None:
    width = shutil.get_terminal_size((100, 24)).columns
    if len(found) > MANY and not everything:
        for one in found:
            click.echo(summary(one, width=width))
        click.echo(f"{len(found)} stories, the newest last; trace one by its id, or all with --all")
        return
    for number, one in enumerate(found):
        if number:
            click.echo()
        for line in story(one, colour, width=width):
            click.echo(line, color=colour)


def _print_json(found: list[Story]) -> None:
    rows = [row for one in found for row in as_json(one)]
    rows.sort(key=itemgetter("time"))
    click.echo(json_module.dumps(rows, ensure_ascii=False, indent=1))


def _warn(skipped: Skipped) -> None:
    """Say what could not be looked at: an answer from half a journal must not pass for the whole."""
    if skipped.files:
        click.echo(
            f"{skipped.files} files of the journal could not be opened; run this as the gateway's user",
            err=True,
        )
    if skipped.unknown:
        click.echo(f"{skipped.unknown} records are of a kind that only a newer version knows", err=True)
