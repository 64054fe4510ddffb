"""When to try again, and when to give up: a pure function of the reply, its explanation, and the tries so far.

The same explanation that the administrator reads chooses here: one engine, two readers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from gatepost.reply.explanation import Explanation
from gatepost.reply.reply import Reply

_SPLIT_DELAY: Final = (
    1.0  # seconds: the rest of a transaction that was too long goes at once (RFC 5321 §4.5.3.1.10)
)

Verdict = Literal["delivered", "deferred", "failed"]


def verdict(reply: Reply, explanation: Explanation | None) -> Verdict:
    """Say what a reply means for a recipient. `explanation` is wanted for negative replies only."""
    if reply.positive:
        return "delivered"
    if not reply.permanent:
        return "deferred"
    if explanation is not None and explanation.cause == "too_many_rcpts":
        # RFC 5321 §4.5.3.1.10: a 552 for too many recipients is to be treated as a 452.
        return "deferred"
    return "failed"


def wait(attempts: int, explanation: Explanation | None, steps: Sequence[int]) -> float:
    """Give the seconds until the next try, after `attempts` tries that failed (1: the first has just failed)."""
    if explanation is not None and explanation.cause == "too_many_rcpts":
        return _SPLIT_DELAY
    return float(steps[min(attempts, len(steps)) - 1])
