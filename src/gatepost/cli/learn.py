"""`gatepost learn`: people's word on messages, for the spam classifier: spam or ham, taken back, returned to.

Works beside the running gateway, which takes up what was learned with the next message.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatepost.cli.explaining.progress import progress
from gatepost.cli.memory import minute, print_json, rfc3339
from gatepost.cli.options import Bad, settings_of
from gatepost.cli.options import config as config_option

if TYPE_CHECKING:
    from gatepost.checks.content.classifier.site import Lesson, Site

data_dir_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the classifier is kept. Default: as the settings say.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print an object.")


@click.group()
def learn() -> None:
    """Teach the spam classifier by messages, or take that back.

    It begins without a model and judges nothing until it knows enough messages of both kinds. A message counts once,
    however often it is learned; one that was learned as the other kind is taken out of that first. Only numbers made
    from a message are kept, not its text.

    \b
    gatepost learn spam Junk.mbox                  these are spam
    gatepost learn ham ~/Maildir/cur               these are not
    gatepost learn spam --undo message.eml         take that back
    gatepost learn status                          what it has learned
    gatepost learn rollback                        return to the version before
    """  # noqa: D301 - click's mark for lines that stay as they are


def _taught(kind: str, summary: str) -> click.Command:
    """Make the command for one kind of messages."""

    @click.argument(
        "paths", type=click.Path(path_type=Path, exists=True), nargs=-1, required=True, metavar="PATH…"
    )
    @click.option("--undo", is_flag=True, help="Take back that they are.")
    @json_option
    @config_option
    @data_dir_option
    def command(
        paths: tuple[Path, ...], undo: bool, as_json: bool, config: Path | None, data_dir: Path | None
    ) -> None:
        site = _site(config, data_dir)
        lessons = _lessons(paths)
        with progress("learning", octets=False) as told:
            try:
                done = (site.withdraw if undo else site.teach)(lessons, kind == "spam", told)
            except OSError as error:
                raise Bad(f"{error.filename or 'the folder of the classifier'}: {error.strerror}") from None
        if as_json:
            counts = {"new": done.new, "known": done.known, "moved": done.moved, "withdrawn": done.withdrawn}
            print_json({"messages": len(lessons), **counts})
            return
        if undo:
            click.echo(
                f"{_messages(done.withdrawn)} taken back; {done.known} had not been learned as {kind}."
            )
        else:
            other = "ham" if kind == "spam" else "spam"
            learned = f"{_messages(done.new + done.moved)} learned as {kind}"
            click.echo(
                f"{learned}, {done.moved} of them known as {other} before; {done.known} known already."
            )

    return learn.command(kind, help=summary)(command)


spam = _taught(
    "spam",
    "Learn that messages are spam.\n\nPATH is a message, an mbox file, a maildir, or a folder of messages.",
)
ham = _taught(
    "ham",
    "Learn that messages are not spam.\n\nPATH is a message, an mbox file, a maildir, or a folder of messages.",
)


@learn.command()
@json_option
@config_option
@data_dir_option
def status(as_json: bool, config: Path | None, data_dir: Path | None) -> None:
    """Tell what was learned, and which versions there are to return to.

    Exit status 1 when that is too little to judge by.
    """
    settings = settings_of(config)
    least = settings.checks.spam.least
    versions = _site(config, data_dir).versions()
    spam, ham = (versions[0].spam, versions[0].ham) if versions else (0, 0)
    judges = min(spam, ham) >= least
    if as_json:
        print_json(
            {
                "spam": spam,
                "ham": ham,
                "least": least,
                "judges": judges,
                "versions": [
                    {"number": each.number, "made": rfc3339(each.made), "spam": each.spam, "ham": each.ham}
                    for each in versions
                ],
            }
        )
    else:
        click.echo(f"Learned from {spam} spam and {ham} other messages.")
        if not judges:
            click.echo(f"That is not enough: it judges from {least} messages of each kind on.")
        for number, each in enumerate(versions):
            now = "  (the one that judges)" if judges and not number else ""
            click.echo(f"version {each.number}  {minute(each.made)}  {each.spam} spam, {each.ham} other{now}")
    if not judges:
        raise SystemExit(1)


@learn.command()
@click.argument("version", type=int, required=False)
@json_option
@config_option
@data_dir_option
def rollback(version: int | None, as_json: bool, config: Path | None, data_dir: Path | None) -> None:
    """Return to an earlier version of the model: what was learned since counts no more.

    VERSION is its number, as `gatepost learn status` tells; without one, the version before the newest.
    """
    site = _site(config, data_dir)
    versions = site.versions()
    if version is None and len(versions) < 2:
        raise Bad("there is no earlier version to return to")
    wanted = versions[1].number if version is None else version
    with progress("learning", octets=False) as told:
        made = site.roll_back(wanted, told)
    if made is None:
        kept = ", ".join([str(each.number) for each in versions]) or "none"
        raise Bad(f"there is no version {wanted}; kept are {kept}")
    if as_json:
        print_json({"number": made.number, "like": wanted, "spam": made.spam, "ham": made.ham})
    else:
        click.echo(
            f"Version {made.number} is like version {wanted}: {made.spam} spam, {made.ham} other messages."
        )


def _site(config: Path | None, data_dir: Path | None) -> Site:
    from gatepost.checks.content.classifier.site import FOLDER, Site

    return Site((data_dir or settings_of(config).data_dir) / FOLDER, time.time)


def _lessons(paths: Sequence[Path]) -> list[Lesson]:
    """Read what all messages teach. Ends the command where one cannot be read."""
    from gatepost.checks.content.classifier.site import lesson
    from gatepost.cli.reading.messages import messages, size

    lessons: list[Lesson] = []
    try:
        total, done = sum([size(path) for path in paths]), 0
        with progress("reading") as told:
            for path in paths:
                for octets in messages(path):
                    lessons.append(lesson(octets))
                    done += len(octets)
                    told(done, total)
    except OSError as error:
        raise Bad(f"{error.filename} cannot be read: {error.strerror}") from None
    return lessons


def _messages(number: int) -> str:
    return "1 message" if number == 1 else f"{number} messages"
