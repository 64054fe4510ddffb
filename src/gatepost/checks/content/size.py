"""The size check: what MAIL declares by SIZE= (RFC 1870) and what really came, against one limit.

Asked for every message and answered at once. A size within the limit is no finding: the reception record
has it anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gatepost.checks.evidence import SizeEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage

_NOTHING: Final[tuple[Finding, ...]] = ()


class SizeCheck:
    """Compare sizes with a limit in octets."""

    name = "size"
    stages = frozenset({Stage.MAIL, Stage.CONTENT})

    def __init__(self, limit: int) -> None:
        self._limit = limit

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Sequence[Finding]:
        """Report a size over the limit: the content's when there is one, else the declared one."""
        octets = facts.declared_size if content is None else content.size
        if octets <= self._limit:
            return _NOTHING
        declared = content is None
        return (
            Finding(
                check=self.name,
                stage=stage,
                result=Result.FOUND,
                name="size-declared" if declared else "size-exceeded",
                evidence=(SizeEvidence(octets, self._limit, declared=declared),),
            ),
        )
