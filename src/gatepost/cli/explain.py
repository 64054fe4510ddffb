"""`gatepost explain`: what a reply, a code, a line of a log, a whole log or a bounce means, and what to do.

Takes what someone has at hand and chooses who answers. Each way to answer is a module of `cli.explaining`, imported
only when it is asked for, so that a code is explained before anyone notices the wait.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Literal, get_args

import click

from gatepost.cli.explaining import given, single
from gatepost.cli.explaining.asked import Asked
from gatepost.cli.explaining.choices import CauseName, When
from gatepost.cli.explaining.given import Files, Missing, Text
from gatepost.cli.layout import printable
from gatepost.cli.options import Bad
from gatepost.reply.explanation import Context, Direction, Side

STAGES: Final = ("connect", "helo", "starttls", "auth", "mail", "rcpt", "data", "content", "quit")
_HELP: Final = """Say what a reply or a mail log means: why, whose move it is, what to do.

WHAT is a code (550), an enhanced code (5.7.1), a reply, a line of a log, a bounce message, one log or several (of any
system that is known, compressed or not), or - for standard input.

\b
gatepost explain 550                                a code
gatepost explain "554 5.7.1 Relay access denied"    a reply, or a line of a log
gatepost explain /var/log/mail.log*                 logs: the answer on one screen
gatepost explain --details --since 2h mail.log      ... each cause in full
gatepost explain --message bob@example.net mail.log ... what became of his mail
gatepost explain bounce.eml                         a bounce message
journalctl -u postfix | gatepost explain -          whatever comes in
gatepost explain --jsonl - < replies.txt            for each line a line of JSON
"""
_SECTIONS: Final = {
    "Of a log": ("details", "message", "follow", "html", "limit"),
    "Only some of a log": ("since", "until", "cause", "domain", "side"),
    "Of a reply, a line or a bounce": ("to", "direction", "stage"),
    "For programs": ("as_json", "jsonl", "as_csv"),
}


class _Sectioned(click.Command):
    """A command whose options are told by what they are about."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = {str(each.name): each for each in self.get_params(ctx) if isinstance(each, click.Option)}
        sections = {title: [options.pop(name) for name in names] for title, names in _SECTIONS.items()}
        for title, members in (*sections.items(), ("Other", options.values())):
            records = [record for option in members if (record := option.get_help_record(ctx)) is not None]
            with formatter.section(title):
                formatter.write_dl(records, col_max=18)


def _choice(*choices: str) -> click.Choice[str]:
    return click.Choice(choices)


@click.command(cls=_Sectioned, help=_HELP)
@click.argument("what", nargs=-1, required=True)
@click.option("--details", is_flag=True, help="After the summary each cause in full, with lines as examples.")
@click.option("--message", metavar="WHAT", help="What became of messages: by id, address or Message-ID.")
@click.option("--follow", is_flag=True, help="Explain new lines as they come, until Ctrl-C.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a page that can be sent to a colleague.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Show so many causes, or messages.")
@click.option("--since", type=When(), metavar="TIME", help="From then on: 2h, 14:30, yesterday, 2026-11-23.")
@click.option("--until", type=When(end=True), metavar="TIME", help="Until then.")
@click.option(
    "--cause", type=CauseName(), multiple=True, metavar="NAME", help="This cause, such as greylist."
)
@click.option("--domain", multiple=True, metavar="NAME", help="Mail to or from this domain.")
@click.option(
    "--side",
    type=_choice(*get_args(Side)),
    multiple=True,
    metavar="WHOSE",
    help="What is the move of sender, recipient, gateway, network, nobody or unknown.",
)
@click.option(
    "--for",
    "to",
    type=_choice("sender", "admin"),
    metavar="WHOM",
    help="A paragraph to send to sender or admin.",
)
@click.option(
    "--direction",
    type=_choice("sent", "received", "local"),
    metavar="HOW",
    help="You sent it, you received it, or your own system made it up (local).",
)
@click.option(
    "--stage", type=_choice(*STAGES), metavar="STEP", help=f"Where it was said: {', '.join(STAGES)}."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--jsonl", is_flag=True, help="One JSON object for each line of input, in order.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV: a record for each line that tells something.")
def explain(
    what: tuple[str, ...],
    details: bool,
    message: str | None,
    to: Literal["sender", "admin"] | None,
    follow: bool,
    since: str | None,
    until: str | None,
    cause: tuple[str, ...],
    domain: tuple[str, ...],
    side: tuple[str, ...],
    limit: int | None,
    as_json: bool,
    jsonl: bool,
    as_csv: bool,
    html: Path | None,
    direction: Direction | None,
    stage: str | None,
) -> None:
    """Say what a reply or a mail log means: why, whose move it is, what to do."""
    if os.environ.get("NO_COLOR"):  # no-color.org
        click.get_current_context().color = False
    asked = Asked(
        context=Context(direction=direction or "unknown", stage=stage or "unknown"),
        as_json=as_json,
        jsonl=jsonl,
        as_csv=as_csv,
        html=html,
        details=details,
        message=message or "",
        to=to or "",
        follow=follow,
        limit=limit,
        since=since or "",
        until=until or "",
        causes=cause,
        domains=domain,
        sides=side,
    )
    if fault := asked.fault():
        raise click.UsageError(fault)
    found = given.given(what)
    match found:
        case Missing():
            raise Bad(printable(found.sentence))
        case Text():
            _text(found.text, asked)
        case Files():
            from gatepost.cli.explaining.files import answer

            answer(found.paths, asked)


def _text(text: str, asked: Asked) -> None:
    if not text.strip():
        raise click.UsageError('Name a reply, such as: gatepost explain "550 5.1.1 User unknown"')
    if text.isdecimal() and not (len(text) == 3 and "2" <= text[0] <= "5"):
        raise click.UsageError(f"{printable(text)[:20]} is no SMTP reply code: those are 200 to 599.")
    if asked.linewise:
        from gatepost.cli.explaining.files import each_line

        each_line([f"{text}\n".encode()], asked)
    else:
        single.show(single.told(text, asked.context), asked)
