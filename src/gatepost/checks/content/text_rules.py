"""The check of the administrator's rules about text: words, patterns, and numbers that should not leave the house.

At the end of data, behind the inspection, which gives the text of files. A short message is searched at once, a long
one in a thread: RE2 lets the interpreter go on meanwhile. Decides nothing: a rule says what it weighs, policy what
follows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from gatepost.checks.check import Looked
from gatepost.checks.content.numbers import KINDS, masked, numbers
from gatepost.checks.content.passages import passages, raw
from gatepost.checks.content.patterns import Place
from gatepost.checks.content.text_settings import TextRule, TextSettings
from gatepost.checks.evidence import NoteEvidence
from gatepost.checks.evidence.text import DataEvidence, TextEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.mail.readable import without_marks

LEAK: Final = "data-leak"
MAX_EVIDENCE: Final = 20
"""Rules that one finding names."""
_SHOWN: Final = 3
_AT_ONCE: Final = 32_768
"""Octets of a message that is searched without a thread."""
_CONTEXT: Final = 60
_MAX_NUMBERS: Final = 1_000
_NAME: Final = "text"
_NOTHING: Final[tuple[Finding, ...]] = ()


class TextRulesCheck:
    """Apply the rules. `monotonic` gives seconds that only grow.

    Raises ValueError when the rules cannot be compiled: a file of words may have changed since they were checked.
    """

    name = _NAME
    stages = frozenset({Stage.CONTENT})

    def __init__(self, settings: TextSettings, monotonic: Callable[[], float]) -> None:
        self._rules = settings.rule
        self._patterns = settings.patterns
        self._places = frozenset([place.name for place in self._patterns.places])
        self._seconds = settings.seconds
        self._monotonic = monotonic

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Looked:  # noqa: ARG002
        """Report what the rules find: at once in a short message."""
        if content is None:
            return _NOTHING
        if content.size <= _AT_ONCE and not content.items:
            return self._search(content, own=facts.relay)
        return asyncio.to_thread(self._search, content, own=facts.relay)

    def _search(self, content: Content, *, own: bool) -> Sequence[Finding]:
        began = self._monotonic()
        left_out = "in" if own else "out"
        sight = _Sight()
        for _ in self._steps(content, left_out, sight):
            if self._monotonic() - began > self._seconds:
                note = NoteEvidence(
                    f"the text was searched for more than {self._seconds:g} s; the rest is unseen"
                )
                late = Finding(check=_NAME, stage=Stage.CONTENT, result=Result.UNAVAILABLE, evidence=(note,))
                return [*self._findings(sight, began), late]
        return self._findings(sight, began)

    def _steps(self, content: Content, left_out: str, sight: _Sight) -> Iterator[None]:
        """Search all texts, a piece at each step."""
        if "raw" in self._places:
            octets = raw(content)
            yield from self._text(Place("raw"), "the octets of the message", octets, left_out, sight)
        for passage in passages(content, self._places):
            yield
            plain, bare = Place(passage.place), Place(passage.place, bare=True)
            if plain in self._patterns.places:
                yield from self._text(plain, passage.where, passage.text, left_out, sight)
            if bare in self._patterns.places:
                yield from self._text(bare, passage.where, without_marks(passage.text), left_out, sight)

    def _text(
        self, place: Place, where: str, text: str | bytes, left_out: str, sight: _Sight
    ) -> Iterator[None]:
        candidates: dict[int, None] = {}
        for some in self._patterns.candidates(place, text):
            candidates.update(dict.fromkeys(some))
            yield
        for number in candidates:
            rule = self._rules[number]
            if rule.direction == left_out:
                continue
            if rule.kind and isinstance(text, str):
                sight.numbers(number, rule, where, text)
            elif number not in sight.matched:
                spans = tuple(self._patterns.found(number, text, max(rule.at_least, _SHOWN)))
                if len(spans) >= rule.at_least:
                    shown = tuple([_excerpt(text, span) for span in spans[:_SHOWN]])
                    sight.matched[number] = TextEvidence(
                        rule.name, where, shown, len(spans), rule.score, rule.note
                    )
            yield

    def _findings(self, sight: _Sight, began: float) -> Sequence[Finding]:
        leaks = sight.leaks(self._rules)
        if not sight.matched and not leaks:
            return _NOTHING
        found: dict[str, list[TextEvidence | DataEvidence]] = {}
        for number, evidence in sorted(sight.matched.items()):
            found.setdefault(self._rules[number].finding, []).append(evidence)
        if leaks:
            found[LEAK] = list(leaks)
        duration = self._monotonic() - began
        return [
            Finding(
                check=_NAME,
                stage=Stage.CONTENT,
                result=Result.FOUND,
                name=name,
                score=round(sum([evidence.score for evidence in all_of_it]), 2),
                evidence=tuple(all_of_it[:MAX_EVIDENCE]),
                duration=0.0 if at else duration,
            )
            for at, (name, all_of_it) in enumerate(found.items())
        ]


class _Sight:
    """What was seen so far: by each rule the text that it matched, or the numbers, each once, and where first."""

    def __init__(self) -> None:
        self.matched: dict[int, TextEvidence] = {}
        self._numbers: dict[int, dict[str, str]] = {}

    def numbers(self, number: int, rule: TextRule, where: str, text: str) -> None:
        seen = self._numbers.setdefault(number, {})
        for one in numbers(KINDS[rule.kind], text):
            seen.setdefault(one, where)
            if len(seen) >= _MAX_NUMBERS:
                return

    def leaks(self, rules: Sequence[TextRule]) -> list[DataEvidence]:
        return [
            DataEvidence(
                rule.name,
                KINDS[rule.kind].title,
                next(iter(seen.values())),
                tuple([masked(one) for one in list(seen)[:_SHOWN]]),
                len(seen),
                rule.score,
                rule.note,
            )
            for number, seen in sorted(self._numbers.items())
            if len(seen) >= (rule := rules[number]).at_least
        ]


def _excerpt(text: str | bytes, span: tuple[int, int]) -> str:
    """Show what matched with some of what stands around it, in one line."""
    octets = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    start, end = span
    pieces = (
        octets[max(start - _CONTEXT, 0) : start],
        octets[start : min(end, start + 2 * _CONTEXT)],
        octets[end : end + _CONTEXT],
    )
    before, match, after = [piece.decode("utf-8", "ignore") for piece in pieces]
    return " ".join("".join([c if c.isprintable() else " " for c in f"{before}[{match}]{after}"]).split())
