"""The size check: what MAIL declares by SIZE= (RFC 1870) and what really came, against a limit and nothing.

Asked for every message and answered at once. A size within the limit is no finding: the reception record
has it anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gatepost.checks.evidence import NoteEvidence, SizeEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage

_NOTHING: Final[tuple[Finding, ...]] = ()
_SMALL: Final = 16_384
"""Octets of a content that may be empty: a header alone is hardly longer."""
_EMPTY: Final = (
    Finding(
        check="size",
        stage=Stage.CONTENT,
        result=Result.FOUND,
        name="content-empty",
        evidence=(NoteEvidence("there is no text and no file behind the header"),),
    ),
)


class SizeCheck:
    """Compare sizes with a limit in octets."""

    name = "size"
    stages = frozenset({Stage.MAIL, Stage.CONTENT})

    def __init__(self, limit: int) -> None:
        self._limit = limit

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Sequence[Finding]:
        """Report a size over the limit: the content's when there is one, else the declared one; and no content."""
        octets = facts.declared_size if content is None else content.size
        if octets <= self._limit:
            return _EMPTY if content is not None and _is_empty(content) else _NOTHING
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


def _is_empty(content: Content) -> bool:
    """Tell whether no part of the content holds anything. Raises OSError when it cannot be read."""
    return content.size <= _SMALL and not any(part.raw.strip() for part in content.view().leaves)
