"""The explanation of a reply in the journal: in which situation it was given follows from its record.

The knowledge itself is `reply.explain`; here is only who said it to whom at which stage, which the
record knows better than the words of the reply do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, assert_never

from gatepost.journal.records import Attempt, Opened, Reception, Said
from gatepost.reply.explanation import Context, Direction, Explanation
from gatepost.reply.reply import Reply

Explain = Callable[[Reply, Context], Explanation]
"""Explain a reply that was given in a situation."""

_STAGES: Final = frozenset({"connect", "helo", "starttls", "auth", "mail", "rcpt", "data", "content", "quit"})


def context_of(record: Opened | Said | Reception | Attempt, client: str = "") -> Context:
    """Tell in which situation the reply of a record was given: by whom, at which stage, to which peer."""
    direction: Direction = "sent"
    match record:
        case Opened():
            stage, peer = "connect", record.peer
        case Reception():
            stage, peer = "content", record.peer
        case Said():
            stage, peer = record.stage, client
        case Attempt():
            stage, peer = record.stage, record.peer
            direction = "local" if record.local else "received"
        case _:
            assert_never(record)
    return Context(direction=direction, stage=stage if stage in _STAGES else "unknown", peer=peer)


def explain_reply(reply: Reply, context: Context) -> Explanation:
    """Explain a reply with all the knowledge there is, which is read only when the first reply needs it."""
    from gatepost.reply.explain import explain_reply as explain

    return explain(reply, context)
