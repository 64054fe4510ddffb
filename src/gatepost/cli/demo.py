"""`gatepost demo`: what Gatepost does, in a minute, for someone who has never seen it."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from gatepost.gateway.demo import Scene, Stage
    from gatepost.journal.query import Story

_STORY_SECONDS: Final = 5.0


@click.command()
@click.option(
    "--exit", "leave", is_flag=True, help="End after the last message instead of leaving the pages open."
)
def demo(leave: bool) -> None:
    """Start everything on loopback, send messages that meet all fates, and tell each one's story.

    Needs no settings and no rights, touches nothing of yours, sends nothing beyond this machine. The web page
    stays open at the end until Ctrl-C.
    """
    from gatepost.gateway.demo import running, scenes

    wide = _width()
    click.echo("Starting a gateway, a mail server behind it, and a virus scanner, all on loopback …")
    try:
        with running() as stage:
            click.echo(f"The same live, in a browser: {click.style(stage.web, bold=True)}")
            told = scenes()
            for number, scene in enumerate(told, 1):
                click.echo()
                click.secho(f"── {number} of {len(told)}: {scene.title} ".ljust(wide, "─"), bold=True)
                click.echo(f"   {scene.shows}")
                _tell(stage, scene, wide)
            click.echo()
            click.secho("─" * wide, bold=True)
            click.echo(
                "That is what the journal keeps of every message: gatepost trace WHAT finds it again by id,"
            )
            click.echo("address, client, or a word of the subject. Ask about any reply: gatepost explain 451")
            click.echo("Next: gatepost init --domain example.org --next-hop 10.0.0.5:25")
            if not leave and sys.stdin.isatty():
                click.echo(f"\nThe pages stay open at {click.style(stage.web, bold=True)} until Ctrl-C.")
                _wait_for_interrupt()
    except (OSError, TimeoutError) as error:
        raise click.ClickException(f"the demonstration could not run: {error}") from None


def _tell(stage: Stage, scene: Scene, width: int) -> None:
    """Send a scene, and print its story once it has come to its end (or to a wait)."""
    from gatepost.gateway.demo import send
    from gatepost.journal.query import find
    from gatepost.journal.render import story

    session = send(stage, scene)
    until = time.monotonic() + _STORY_SECONDS
    stories = find(stage.data_dir / "journal", session)
    while time.monotonic() < until and not _over(stories):
        time.sleep(0.05)  # the journal is another process's file: there is nothing to wait on
        stories = find(stage.data_dir / "journal", session)
    for one in stories:
        click.echo()
        for line in story(one, colour=sys.stdout.isatty(), width=width):
            click.echo(line)


def _over(stories: list[Story]) -> bool:
    """Tell whether each message of these stories is delivered, refused, waiting, held or returned."""
    from gatepost.journal.records import Attempt, Closed, Deferred, HeldBack, Reception

    for one in stories:
        records = one.records
        report = any(isinstance(r, Reception) and r.notice_of for r in records)
        if not report and not any(isinstance(r, Closed) for r in records):
            return False
        for taken in (r for r in records if isinstance(r, Reception) and r.reply.positive):
            ends = (
                r
                for r in records
                if isinstance(r, (Attempt, Deferred, HeldBack)) and r.message == taken.message
            )
            if not any(not (isinstance(r, Attempt) and r.outcome == "deferred") for r in ends):
                return False
    return bool(stories)


def _width() -> int:
    return min(shutil.get_terminal_size((100, 24)).columns, 120)


def _wait_for_interrupt() -> None:
    try:
        while True:
            time.sleep(3600)  # until Ctrl-C
    except KeyboardInterrupt:
        click.echo()
