"""`gatepost replies`: everything this gateway can say to a client, as a table or one entry in full."""

from __future__ import annotations

import difflib
import textwrap
from typing import Final

import click
import msgspec

from gatepost.cli.layout import INDENT, coloured, paragraph, width
from gatepost.cli.options import Bad
from gatepost.reply.catalogue import ENTRIES
from gatepost.reply.entry import Entry

STAGES: Final = {
    "connect": "On connection",
    "helo": "EHLO and HELO",
    "starttls": "STARTTLS",
    "auth": "AUTH",
    "mail": "MAIL: the sender",
    "rcpt": "RCPT: a recipient",
    "data": "DATA",
    "content": "After the message",
    "quit": "QUIT",
    "any": "At any time",
}
_TEXT: Final = 37  # the column where the texts begin


@click.command()
@click.argument("entry_id", metavar="[ID]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: an array, or one object for an ID.")
def replies(entry_id: str | None, as_json: bool) -> None:
    """List every reply this gateway can give, or explain the one named ID.

    The ID stands at the end of a reply, in brackets: 550 5.7.1 ... (relay-denied 7zq4k0v3m8x2a-1).
    """
    if entry_id is None:
        if as_json:
            _json([_plain(entry) for entry in ENTRIES.values()])
        else:
            click.echo("\n".join(_table()))
        return
    entry = ENTRIES.get(entry_id)
    if entry is None:
        near = difflib.get_close_matches(entry_id, ENTRIES, n=1)
        hint = f"did you mean {near[0]}?" if near else "gatepost replies lists them all."
        raise Bad(f"No reply is named {entry_id!r}; {hint}")
    if as_json:
        _json(_plain(entry))
    else:
        click.echo("\n".join(_full(entry)))


def by_stage() -> dict[str, list[Entry]]:
    """Group the catalogue by the first stage of each entry, in the order of the dialogue."""
    groups: dict[str, list[Entry]] = {stage: [] for stage in STAGES}
    for entry in ENTRIES.values():
        groups[entry.stage.partition(",")[0]].append(entry)
    return groups


def _table() -> list[str]:
    lines: list[str] = []
    for stage, entries in by_stage().items():
        lines += ["", click.style(STAGES[stage], underline=True)]
        for entry in entries:
            status = coloured(f"{entry.code} {entry.enhanced:<7}", entry.code)
            first, *rest = textwrap.wrap(entry.text.partition("\n")[0], width() - _TEXT)
            lines.append(f"{INDENT}{entry.id:<24}{status}{first}")
            lines += [" " * _TEXT + more for more in rest]
    return [*lines[1:], "", "One in full: gatepost replies ID"]


def _full(entry: Entry) -> list[str]:
    lines = [coloured(f"{entry.id}  {entry.code} {entry.enhanced}".rstrip(), entry.code), ""]
    lines += [
        paragraph("Text" if not number else "", text) for number, text in enumerate(entry.text.split("\n"))
    ]
    lines += [
        paragraph("When", entry.when),
        paragraph("Why", entry.why),
        paragraph("Sender", entry.sender_action),
        paragraph("You", entry.operator_action),
    ]
    if entry.cause:
        lines.append(paragraph("Cause", entry.cause))
    lines += [paragraph("Stage", entry.stage), paragraph("See", ", ".join(entry.references))]
    return lines


def _plain(entry: Entry) -> dict[str, object]:
    fields = {name: getattr(entry, name) for name in entry.__struct_fields__}
    return {**fields, "fields": sorted(entry.fields)}


def _json(value: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))
