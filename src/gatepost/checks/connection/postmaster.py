"""The way to a person: mail to postmaster and abuse at our domains gets through whatever lists and records say.

Who is refused by mistake needs somebody to tell (RFC 5321 §4.5.1, RFC 2142 §4). Found at RCPT; it counts for the
message when all its recipients are such.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from gatepost.checks.evidence import NoteEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage

_NAMES: Final = frozenset({"postmaster", "abuse"})
_NOTHING: Final[tuple[Finding, ...]] = ()


class PostmasterCheck:
    """See whether a recipient is a person who must be reachable. `ours` tells whether a domain is one of ours."""

    name = "postmaster"
    stages = frozenset({Stage.RCPT})

    def __init__(self, ours: Callable[[str], bool]) -> None:
        self._ours = ours

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Sequence[Finding]:  # noqa: ARG002
        """Report "to-postmaster"."""
        recipient = facts.recipient
        if facts.relay or recipient is None or recipient.local_part.lower() not in _NAMES:
            return _NOTHING
        if recipient.domain and not self._ours(recipient.domain):
            return _NOTHING
        evidence = NoteEvidence(f"{recipient.address} is who those write to who are refused elsewhere")
        return (
            Finding(
                check=self.name, stage=stage, result=Result.FOUND, name="to-postmaster", evidence=(evidence,)
            ),
        )
