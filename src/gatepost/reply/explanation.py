"""What a reply means for this message: the value that `explain` gives and every reader shows.

The JSON form (`explain --json`, `trace --json`) is a contract: one object per reply, these names.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Class = Literal["success", "intermediate", "temporary", "permanent", "unknown"]
Confidence = Literal["certain", "likely", "unknown"]
Persistence = Literal["permanent", "temporary", "success", "unknown"]
Direction = Literal["sent", "received", "local", "unknown"]
Side = Literal["sender", "recipient", "gateway", "network", "nobody", "unknown"]
Retry = Literal["no", "soon", "later", "after_change"]


class Context(Struct, frozen=True, kw_only=True):
    """What is known beside the words of a reply.

    `direction` is seen from us: we sent it, we received it from a peer, or it was made locally without a
    peer. `stage` is where in the dialogue: connect, helo, starttls, auth, mail, rcpt, data, content, quit or
    unknown.
    `peer` is the name of the other host, when known.
    """

    direction: Direction = "unknown"
    stage: str = "unknown"
    peer: str = ""


class Explanation(Struct, frozen=True, kw_only=True, rename={"class_": "class"}):
    """One reply, explained. `causes` are all in question, the likeliest first; `cause` is that one."""

    text: str
    code: int | None
    enhanced: str
    class_: Class
    cause: str
    causes: tuple[str, ...]
    confidence: Confidence
    persistence: Persistence
    direction: Direction
    stage: str
    side: Side
    retry: Retry
    meaning: str
    evidence: str
    action: str
    references: tuple[str, ...]
