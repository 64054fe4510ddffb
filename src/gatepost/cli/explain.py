"""`gatepost explain`: what a reply, a reply code or an enhanced status code means, and what to do.

Takes what someone has at hand: `550`, `5.7.1`, a whole reply, or replies line by line from standard input.
The words come from `reply.explain` and its knowledge; this module only lays them out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final, get_args

import click
import msgspec

from gatepost.cli.layout import coloured, cut, item, paragraph, printable, width
from gatepost.reply import knowledge
from gatepost.reply.entry import Entry
from gatepost.reply.explain import explain as explanation_of
from gatepost.reply.explanation import Context, Direction, Explanation

STAGES: Final = ("connect", "helo", "starttls", "auth", "mail", "rcpt", "data", "content", "quit")
_EXAMPLES: Final = (
    "\b\nExamples:\n  gatepost explain 550\n"
    '  gatepost explain "454 4.7.1 <x@example.org>: Relay access denied" --direction received'
)
_CLASSES: Final = {
    "success": "it went well",
    "intermediate": "go on",
    "temporary": "not now; it is tried again",
    "permanent": "refused",
    "unknown": "no reply code",
}
_SIDES: Final = {
    "sender": "the sending side's",
    "recipient": "the receiving side's",
    "gateway": "yours: this gateway's administrator",
    "network": "whoever looks after the network between",
    "nobody": "nobody's",
    "unknown": "cannot be told from this alone",
}
_RETRY: Final = {
    "no": "no",
    "soon": "yes, within minutes, by itself",
    "later": "yes, later, by itself",
    "after_change": "only after something was changed",
}
_SURE: Final = {
    "certain": "",
    "likely": " (likely)",
    "unknown": " (a guess)",
}


@click.command(epilog=_EXAMPLES)
@click.argument("reply", nargs=-1, required=True)
@click.option(
    "--direction",
    type=click.Choice([d for d in get_args(Direction) if d != "unknown"]),
    help="Seen from you: you sent the reply, you received it, or your own system made it up.",
)
@click.option("--stage", type=click.Choice(STAGES), help="Where in the dialogue it was said.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--jsonl", is_flag=True, help="Print one JSON object a line.")
def explain(
    reply: tuple[str, ...], direction: Direction | None, stage: str | None, as_json: bool, jsonl: bool
) -> None:
    """Say what an SMTP reply means, whose move it is, and what to do.

    REPLY is a code (550), an enhanced code (5.7.1), a whole reply, a piece of a log that holds one, or - to read
    replies from standard input, one a line.
    """
    context = Context(direction=direction or "unknown", stage=stage or "unknown")
    if reply == ("-",):
        for line in sys.stdin:
            if line.strip():
                _print(explanation_of(line, context), as_json=False, jsonl=jsonl or as_json)
        return
    text = " ".join(reply)
    if not text.strip():
        raise click.UsageError('Name a reply, such as: gatepost explain "550 5.1.1 User unknown"')
    if text.isdecimal() and not (len(text) == 3 and "2" <= text[0] <= "5"):
        raise click.UsageError(f"{printable(text)[:20]} is no SMTP reply code: those are 200 to 599.")
    _print(explanation_of(text, context), as_json=as_json, jsonl=jsonl)


def _print(explanation: Explanation, *, as_json: bool, jsonl: bool) -> None:
    if as_json or jsonl:
        encoded = msgspec.json.encode(explanation)
        click.echo(encoded if jsonl else msgspec.json.format(encoded, indent=2))
        return
    if explanation.text == str(explanation.code):
        lines = _code(explanation)
    elif explanation.text == explanation.enhanced:
        lines = _enhanced(explanation)
    else:
        lines = _reply(explanation)
    click.echo("\n".join(lines))


def _reply(told: Explanation) -> Iterator[str]:
    yield coloured(cut(printable(told.text), 3 * width()), told.code or told.enhanced)
    yield ""
    yield paragraph("Meaning", told.meaning)
    if told.cause:
        others = f"; or {', '.join(told.causes[1:])}" if len(told.causes) > 1 else ""
        sure = _SURE[told.confidence] if told.cause != "unknown" else ""
        yield paragraph("Cause", f"{told.cause}{sure}{others}")
    yield paragraph("Whose move", _SIDES[told.side])
    if told.cause and (told.class_ != "unknown" or told.cause != "unknown"):
        yield paragraph("Try again?", _RETRY[told.retry])
    entry = _own(told)
    if entry is None:
        yield paragraph("What to do", told.action)
    else:
        yield paragraph("Sender", entry.sender_action)
        yield paragraph("Gateway", entry.operator_action)
    if told.evidence:
        yield paragraph("Decided by", printable(told.evidence))
    yield paragraph("See", ", ".join(told.references))


def _own(told: Explanation) -> Entry | None:
    """Find the entry of a reply of ours, to tell apart what either side does about it."""
    if told.direction == "received" or f"({told.evidence}" not in told.text:
        return None
    from gatepost.reply.catalogue import ENTRIES

    return ENTRIES.get(told.evidence)


def _code(told: Explanation) -> Iterator[str]:
    from gatepost.reply.catalogue import ENTRIES

    yield coloured(f"{told.code}  {told.class_}: {_CLASSES[told.class_]}", told.code)
    yield ""
    known = knowledge.codes().get(told.code or 0)
    if known is None:
        yield paragraph("Meaning", f"Not a standard code. By its first digit: {_CLASSES[told.class_]}.")
        yield paragraph("See", "RFC 5321 §4.2.1")
        return
    yield paragraph("Meaning", known.meaning)
    yield paragraph("Whose move", known.move)
    yield paragraph("What to do", known.action)
    if known.misread:
        yield paragraph("Beware", known.misread)
    yield paragraph("See", ", ".join(known.references))
    if known.causes:
        yield ""
        yield "It commonly stands for"
        for name in told.causes if told.stage in known.by_stage else known.causes:
            yield item(name, knowledge.causes()[name].meaning)
    ours = [entry for entry in ENTRIES.values() if entry.code == told.code]
    if ours:
        yield ""
        yield "This gateway says it when"
        for entry in ours:
            yield item(entry.id, entry.when)
    if known.causes and not known.sure:
        yield ""
        yield f'The words behind the number decide: gatepost explain "{told.code} …"'


def _enhanced(told: Explanation) -> Iterator[str]:
    from gatepost.reply.catalogue import ENTRIES

    detail = told.enhanced.partition(".")[2]
    known = knowledge.enhanced().get(detail)
    yield coloured(f"{told.enhanced}  {told.class_}: {_CLASSES[told.class_]}", told.enhanced)
    yield ""
    meaning = f"{known.meaning[:1].upper()}{known.meaning[1:]}." if known else "Not in the registry."
    if known is not None and known.generic:
        meaning += " Too broad to go by: the words of the reply count."
    yield paragraph("Meaning", meaning)
    if known is not None and known.cause:
        cause = knowledge.causes()[known.cause]
        yield paragraph("Cause", f"{known.cause}: {cause.meaning}")
        yield paragraph("What to do", told.action)
    for own in knowledge.meanings(detail):
        yield paragraph("But", f"{own.meaning}.")
    yield paragraph("See", ", ".join(known.references if known else ("RFC 3463 §2",)))
    ours = [entry for entry in ENTRIES.values() if entry.enhanced == told.enhanced]
    if ours:
        yield ""
        yield "This gateway says it when"
        for entry in ours:
            yield item(entry.id, entry.when)
