"""Fuzz the rules about text and the header check, with one rule of each sort."""

from __future__ import annotations

from typing import Final

from gatepost.checks.content.header import HeaderCheck
from gatepost.checks.content.numbers import KINDS
from gatepost.checks.content.text_rules import TextRulesCheck
from gatepost.checks.content.text_settings import TextSettings
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Stage
from gatepost.policy.known import KNOWN

_FACTS: Final = Facts(session="7zq4k0v3m8x2a", client="192.0.2.7", role="inbound", relay=False)
_RULES: Final = TextSettings.model_validate(
    {
        "rule": [
            {"name": "words", "words": ["lottery", "彩票", "c++"], "at_least": 2},
            {"name": "marks", "words": ["resume"], "disregard_marks": True},
            {"name": "pattern", "where": "body", "pattern": r"(?i)win \d+"},
            {"name": "raw", "where": "raw", "pattern": "[^a]b"},
            {"name": "field", "where": "header x-mailer", "pattern": "."},
            *[{"name": kind, "kind": kind} for kind in KINDS],
        ]
    }
)
_TEXT: Final = TextRulesCheck(_RULES, lambda: 0.0)
_HEADER: Final = HeaderCheck(lambda: 1_788_251_400.0)


def target(data: bytes) -> None:
    """Any octets are a message: findings that policy knows and that say themselves, no exception."""
    content = Content(len(data), data, viewed=[], items=[])
    found = _TEXT.look(Stage.CONTENT, _FACTS, content) if len(data) < 30_000 else ()
    assert isinstance(found, (list, tuple))
    for finding in (*found, *_HEADER.look(Stage.CONTENT, _FACTS, content)):
        assert finding.what in KNOWN
        assert all(evidence.words() for evidence in finding.evidence)
