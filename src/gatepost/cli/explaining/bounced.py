"""A bounce message, explained: for each recipient what became of it, why, whose move it is, what to do.

Takes the value that `mail.bounce` reads and lays it out, for people and as JSON; what a diagnostic means is
`reply.explain`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import click
import msgspec

from gatepost.cli.explaining import one
from gatepost.cli.layout import cut, paragraph, printable, width
from gatepost.mail.bounce import Bounce, Failure
from gatepost.reply.explain import explain
from gatepost.reply.explanation import Context, Explanation

_KINDS: Final = {
    "bounce": "A bounce: the message was given up for at least one recipient.",
    "delay": "A delay warning: not delivered yet, but it is still being tried. Do not send it again.",
    "delivered": "A report of success, which somebody asked for.",
    "feedback": "A complaint: a recipient marked the message as unwanted, and their provider passes that on.",
    "receipt": "A receipt: somebody opened or deleted the message.",
    "autoreply": "An automatic answer, such as an absence notice; the message itself has arrived.",
}
_ACTIONS: Final = {
    "failed": "not delivered",
    "delayed": "not delivered yet; it is tried again",
    "delivered": "delivered",
    "relayed": "passed on to a system that sends no reports",
    "expanded": "delivered to a list",
    "": "",
}


def explained(failure: Failure) -> Explanation:
    """Explain what a report says about one recipient, seen from the system that wrote the report."""
    return explain(
        failure.reply,
        Context(direction="local" if failure.local else "received", stage=failure.stage, peer=failure.peer),
    )


def lines(bounce: Bounce) -> Iterator[str]:
    """Lay out a bounce: what it is, then each recipient."""
    yield click.style(_KINDS[bounce.kind], bold=True)
    yield ""
    for label, text in (
        ("Written by", bounce.reporting),
        ("About", bounce.subject),
        ("Message-ID", bounce.message_id),
        ("Taken in", bounce.arrived),
    ):
        if text:
            yield paragraph(label, cut(printable(text), 2 * width()))
    for failure in bounce.failures:
        yield ""
        yield from _failure(failure)
    if not bounce.failures and bounce.words:
        yield paragraph("It says", cut(printable(" ".join(bounce.words.split())), 4 * width()))


def _failure(failure: Failure) -> Iterator[str]:
    became = _ACTIONS[failure.action]
    yield click.style(printable(failure.address or "a recipient that is not named"), bold=True) + (
        f": {became}" if became else ""
    )
    if failure.final and failure.original and failure.final != failure.original:
        yield paragraph("Sent on to", printable(failure.final))
    if failure.peer:
        yield paragraph("Refused by" if not failure.local else "On the way to", printable(failure.peer))
    if failure.until:
        yield paragraph("Tried until", printable(failure.until))
    if failure.reply:
        yield ""
        yield from one.lines(explained(failure))


def plain(bounce: Bounce) -> dict[str, Any]:
    """Give a bounce as plain values, each recipient with its explanation."""
    return {
        **msgspec.structs.asdict(bounce),
        "failures": [
            {**msgspec.structs.asdict(each), "explanation": explained(each) if each.reply else None}
            for each in bounce.failures
        ],
    }
