"""What is to be done with a session, a recipient or a message, and by which rule."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Action(StrEnum):
    """The things a gateway can do."""

    RELAY = "relay"
    REJECT = "reject"
    DEFER = "defer"
    QUARANTINE = "quarantine"
    DISCARD = "discard"


class Disposition(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A decision: what to do, the rule that said so, why in words, and the entry to say (with its facts).

    `reasons` are private, the one that decided first: they go to the journal beside the findings, never to the wire.
    `facts` fill the entry's text. `score` is the sum over all that was found, `marks` names the findings that the
    message is to carry in a field of ours.
    """

    action: Action
    rule: str
    reasons: tuple[str, ...] = ()
    score: float = 0.0
    marks: tuple[str, ...] = ()
    entry: str = ""
    facts: dict[str, str] = {}

    @property
    def refuses(self) -> bool:
        """Whether the client is refused, for good or for now."""
        return self.action is Action.REJECT or self.action is Action.DEFER
