"""The structure check: what in a message two readers could see differently, sorted by who writes such messages.

At the end of data, answered at once, from the view that all content checks share. What honest mailers produce is told
from what hardly any does and from what serves only to get past a scanner; deceptive names of files and what lies
beyond the bounds stand apart. Both readings are scanned in any case: this is about what the doubt itself tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gatepost.checks.evidence import AmbiguityEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.mail.mime import Ambiguity, Trick

_NOTHING: Final[tuple[Finding, ...]] = ()
_MOST: Final = 10
"""Ambiguities that one finding tells of."""

UNTIDY: Final = "mime-untidy"
DOUBTFUL: Final = "mime-doubtful"
EVASIVE: Final = "mime-evasive"
DECEPTIVE: Final = "mime-name-deceptive"
UNSEEN: Final = "mime-unseen"

FINDINGS: Final[dict[Trick, str]] = {
    **dict.fromkeys(
        (
            # Lists that cut messages and put footers behind them, old mailers, scripts, truncated bounces.
            Trick.CLOSING_MISSING,
            Trick.BOUNDARY_MISSING,
            Trick.BOUNDARY_UNUSED,
            Trick.MULTIPART_ENCODED,
            Trick.MESSAGE_ENCODED,
            Trick.UUENCODE,
            Trick.TNEF,
            Trick.EXTERNAL_BODY,
            Trick.TYPE_BROKEN,
            Trick.ENCODING_UNKNOWN,
            Trick.HEADER_BLANK_FOLD,
            Trick.BARE_LINE_END,
            Trick.BASE64_TRAILING,
            Trick.BASE64_UNPADDED,
            Trick.NAME_BROKEN,
            Trick.NAME_ENCODED_WORD,
            Trick.ENCODED_WORD_LONG,
            Trick.ENCODED_WORD_BROKEN,
            Trick.CHARSET_TWICE,
            Trick.CHARSET_UNKNOWN,
        ),
        UNTIDY,
    ),
    **dict.fromkeys(
        (
            Trick.BOUNDARY_BROKEN,
            Trick.BOUNDARY_LONG,
            Trick.BOUNDARY_PREFIX,
            Trick.BOUNDARY_REUSED,
            Trick.PARTS_AFTER_CLOSING,
            Trick.MULTIPART_UNDECLARED,
            Trick.TYPE_TWICE,
            Trick.FIELD_NAME_ODD,
            Trick.HEADER_JUNK,
            Trick.HEADER_LATE,
            Trick.BASE64_JUNK,
            Trick.NAMES_DIFFER,
            Trick.NAME_CONTINUED,
            Trick.NAME_INVISIBLE,
            Trick.ENCODED_WORD_NESTED,
            Trick.ENCODED_WORD_ADDRESS,
            Trick.CHARSET_DISGUISE,
        ),
        DOUBTFUL,
    ),
    **dict.fromkeys(
        (
            Trick.BOUNDARY_TWICE,
            Trick.ENCODING_TWICE,
            Trick.ENCODING_BROKEN,
            Trick.SPACE_BEFORE_COLON,
            Trick.BASE64_PADDING,
            Trick.MESSAGE_PARTIAL,  # nobody sees the whole of it but the reader who puts it together
        ),
        EVASIVE,
    ),
    **dict.fromkeys((Trick.NAME_BIDI, Trick.NAME_HOMOGLYPH), DECEPTIVE),
    **dict.fromkeys(
        (Trick.HEADER_TOO_LONG, Trick.TOO_MANY_PARTS, Trick.TOO_DEEP, Trick.TOO_MUCH),
        UNSEEN,
    ),
}
"""The finding that each ambiguity belongs to."""


class StructureCheck:
    """Report what is ambiguous in the structure of a message."""

    name = "mime"
    stages = frozenset({Stage.CONTENT})

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Sequence[Finding]:  # noqa: ARG002
        """Report a finding for each kind of ambiguity there is. Raises OSError when the content cannot be read."""
        if content is None:
            return _NOTHING
        ambiguities = content.view().ambiguities
        if not ambiguities:
            return _NOTHING
        sorted_out: dict[str, list[Ambiguity]] = {}
        for ambiguity in ambiguities:
            sorted_out.setdefault(FINDINGS[ambiguity.name], []).append(ambiguity)
        return [self._finding(stage, name, found) for name, found in sorted_out.items()]

    def _finding(self, stage: Stage, name: str, found: Sequence[Ambiguity]) -> Finding:
        evidence = [AmbiguityEvidence(each.name, each.part, each.words) for each in found[:_MOST]]
        return Finding(check=self.name, stage=stage, result=Result.FOUND, name=name, evidence=tuple(evidence))
