"""Replies beside their explanations, as the pages show them.

Stands between the records and the templates: a template never asks for an explanation itself.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from gatepost.reply.catalogue import ENTRIES
from gatepost.reply.entry import Entry
from gatepost.reply.explain import explain_reply
from gatepost.reply.explanation import Context, Explanation
from gatepost.reply.reply import Reply
from gatepost.web.fate import Told

MAX_LINES: Final = 40  # lines of one reply on a page; a peer may send 200

_MOVES: Final = {
    "sender": "The sending side’s",
    "recipient": "The receiving side’s",
    "gateway": "Yours, at this gateway",
    "network": "The network’s: whoever runs it between the two hosts",
    "nobody": "Nobody’s; there is nothing to do",
    "unknown": "Not clear from the reply",
}
_RETRIES: Final = {
    "no": "Trying again will not help.",
    "soon": "Trying again soon helps.",
    "later": "Trying again later helps.",
    "after_change": "Trying again helps only after something was changed.",
}


class Explained(Struct, frozen=True):
    """A reply with its explanation, and its catalogue entry when it is one of ours."""

    reply: Reply
    explanation: Explanation
    entry: Entry | None

    @property
    def status(self) -> str:
        """The code with the enhanced status code, as on the wire."""
        return f"{self.reply.code} {self.reply.enhanced}".rstrip()

    @property
    def lines(self) -> list[str]:
        """The lines of the text, those of a very long reply cut off."""
        lines = self.reply.text.split("\n")
        return lines if len(lines) <= MAX_LINES else [*lines[:MAX_LINES], "…"]

    @property
    def tone(self) -> str:
        """The word that the style sheet colours a reply by: good, wait or bad."""
        if self.reply.positive:
            return "good"
        return "bad" if self.reply.permanent else "wait"


def whose_move(explanation: Explanation) -> str:
    """Say who can change the outcome."""
    return _MOVES[explanation.side]


def retry(explanation: Explanation) -> str:
    """Say whether trying again helps, in a sentence; "" for a reply that refuses nothing."""
    return "" if explanation.class_ in {"success", "intermediate"} else _RETRIES[explanation.retry]


def explained(reply: Reply, context: Context) -> Explained:
    """Explain one reply."""
    return Explained(reply, explain_reply(reply, context), ENTRIES.get(reply.entry))


def explained_told(last: Told | None) -> Explained | None:
    """Explain the reply that decided something, if one did."""
    return None if last is None else explained(last.reply, last.context)
