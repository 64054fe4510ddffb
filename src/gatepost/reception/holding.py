"""Why a message is held, and for whom: as the spool keeps it beside each recipient, and as the journal tells it.

Pure. Between the decision and the commit; after a crash the same records are made from what the spool has.
"""

from __future__ import annotations

from typing import Final

from gatepost.journal.records import HeldBack
from gatepost.mail.ids import session_of
from gatepost.policy.disposition import Action, Disposition
from gatepost.spool.interface import Message

_AFTER_RULE: Final = ": "


def why(disposition: Disposition) -> str:
    """Say why a decision holds a message: the rule, then its reason in words; "" when it does not."""
    if disposition.action is not Action.QUARANTINE:
        return ""
    return f"{disposition.rule}{_AFTER_RULE}{disposition.reasons[0] if disposition.reasons else ''}"


def held_back(message: Message, now: float) -> list[HeldBack]:
    """Give a record for each reason that a message is held for."""
    together: dict[str, list[str]] = {}
    for recipient in message.recipients:
        if recipient.held:
            together.setdefault(recipient.held, []).append(recipient.address)
    made = []
    for held, addresses in together.items():
        rule, _, reason = held.partition(_AFTER_RULE)
        made.append(
            HeldBack(
                time=now,
                session=session_of(message.id),
                message=message.id,
                recipients=tuple(addresses),
                reason=reason,
                rule=rule,
            )
        )
    return made
