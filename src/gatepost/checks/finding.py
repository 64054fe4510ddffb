"""What a check saw: the value between looking and deciding.

A check that could not look is a finding too (`result` "unavailable"); what to do about it is policy.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from gatepost.checks.evidence import Evidence


class Stage(StrEnum):
    """Where in a session a check looks, or a reply is said."""

    CONNECT = "connect"
    HELO = "helo"
    MAIL = "mail"
    RCPT = "rcpt"
    CONTENT = "content"


class Result(StrEnum):
    """What a check can say of what it looked at."""

    CLEAN = "clean"
    FOUND = "found"
    UNAVAILABLE = "unavailable"
    SKIPPED = "skipped"


class Finding(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One check's word on a session or message. `duration` is in seconds; `score` adds to the message's score.

    `name` says what was found, where a check can find several things: the word that policy and people use.
    """

    check: str
    stage: Stage
    result: Result
    name: str = ""
    score: float = 0.0
    evidence: tuple[Evidence, ...] = ()
    duration: float = 0.0

    @property
    def what(self) -> str:
        """The word for what was found, such as "virus-found"."""
        return self.name or f"{self.check}-{self.result}"
