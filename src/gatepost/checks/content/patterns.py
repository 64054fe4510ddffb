"""What the rules about text look for, compiled: one automaton (RE2) for all that is wanted in one place.

Made once from the settings; the check asks for each text. RE2 has no pattern that takes more than linear time, but a
pattern like "x.{50}y" can take microseconds per octet on a text made for it: so texts are searched in pieces, and who
asks looks at the time between them. Memory is bounded for each automaton. Knows no message.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import re2  # type: ignore[import-untyped]  # it has no types
from msgspec import Struct

from gatepost.checks.content.numbers import KINDS
from gatepost.mail.readable import readable, without_marks

MAX_WORDS: Final = 10_000
"""Words of one rule."""
MAX_WORD: Final = 200
"""Characters of one word or phrase."""
MAX_PROGRAM: Final = 20_000
"""Instructions of RE2 that one pattern may have; a letter of any script (\\p{L}) has some 500."""
PIECE: Final = 16_384
"""Characters that are searched at once."""
OVERLAP: Final = 1_000
"""Characters that two pieces share: a match that is no longer is in one of them as a whole."""
_PATTERN_MEMORY: Final = 8 << 20
_WORDS_MEMORY: Final = 64 << 20
_SET_MEMORY: Final = 128 << 20
"""Octets that an automaton may have; it takes them as it needs them, and starts again when it has them all."""

_NOT_IN_WORD: Final = r"[^\p{L}\p{M}\p{N}_]"
_WITHOUT_SPACES: Final = (
    (0x0E00, 0x0EFF), (0x1000, 0x11FF), (0x1780, 0x17FF), (0x2E80, 0x31FF), (0x3400, 0x9FFF), (0xAC00, 0xD7AF),
    (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip
"""Thai, Lao, Burmese, Khmer, Han, Kana, and Hangul, whose words have endings without a space."""


class PatternError(Exception):
    """A rule that cannot be searched for: which, why, and what to do, in one sentence."""


class Wanted(Struct, frozen=True):
    """What one rule looks for, and where: a pattern, or words, or a kind of number."""

    name: str
    where: str
    pattern: str = ""
    words: tuple[str, ...] = ()
    kind: str = ""
    disregard_marks: bool = False


class Place(Struct, frozen=True):
    """A place that rules look at, such as "subject"; `bare` when they disregard marks on letters there."""

    name: str
    bare: bool = False


class Patterns:
    """All patterns, numbered as the rules are. Raises PatternError."""

    def __init__(self, wanted: Sequence[Wanted]) -> None:
        self._single: list[re2._Regexp] = []
        self._words: list[bool] = []
        shapes: dict[Place, list[tuple[int, bytes]]] = {}
        for number, each in enumerate(wanted):
            raw = each.where == "raw"
            shape = _shape(each).encode()
            self._single.append(_compiled(each, shape))
            self._words.append(bool(each.words))
            for name in _places(each.where):
                shapes.setdefault(Place(name, each.disregard_marks and not raw), []).append((number, shape))
        self._sets = {place: _set(place, those) for place, those in shapes.items()}

    @property
    def places(self) -> frozenset[Place]:
        """The places that any rule looks at."""
        return frozenset(self._sets)

    def candidates(self, place: Place, text: str | bytes) -> Iterator[tuple[int, ...]]:
        """Search the text of a place piece by piece; for each piece give the numbers of the rules that may match.

        What matches at the border of a piece only need not match the text: `found` tells.
        """
        automaton, numbers = self._sets[place]
        for start in range(0, max(len(text) - OVERLAP, 1), PIECE - OVERLAP):
            piece = text[start : start + PIECE]
            matches = automaton.Match(piece if isinstance(piece, bytes) else _octets(piece))
            yield tuple(sorted([numbers[match] for match in matches])) if matches else ()

    def found(self, number: int, text: str | bytes, most: int) -> Iterator[tuple[int, int]]:
        """Find where a rule matches in the UTF-8 of a text: octets from and to, `most` times at most."""
        octets = text if isinstance(text, bytes) else _octets(text)
        regex = self._single[number]
        at = 0
        for _ in range(most):
            match = regex.search(octets, at)
            if match is None:
                return
            # A word is a group, without what stands around it.
            start, end = match.span(match.lastindex or 0 if self._words[number] else 0)
            yield start, end
            if match.end() >= len(octets):
                return
            at = end if end > at else at + 1  # what ends a word may begin the next


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "replace")  # half a pair of UTF-16 has no octets


def _places(where: str) -> tuple[str, ...]:
    match where:
        case "any":
            return ("subject", "body", "hidden", "files")
        case "body":
            return ("body", "hidden")
        case _:
            return (where,)


def _shape(wanted: Wanted) -> str:
    if wanted.kind:
        return KINDS[wanted.kind].shape
    if wanted.pattern:
        return wanted.pattern
    return _any_of(wanted)


def _any_of(wanted: Wanted) -> str:
    """Make one pattern of words, its group 1 the word that is there."""
    if len(wanted.words) > MAX_WORDS:
        raise PatternError(
            f"the rule {wanted.name!r} has more than {MAX_WORDS:,} words; make two rules of it, or leave out some"
        )
    by_edges: dict[tuple[bool, bool], dict[str, None]] = {}
    for word in wanted.words:
        plain = readable(word)
        tokens = (without_marks(plain) if wanted.disregard_marks else plain).split()
        if not tokens or len(word) > MAX_WORD:
            raise PatternError(
                f"the rule {wanted.name!r} has the word {word[:40]!r}; a word has 1 to {MAX_WORD} characters"
            )
        edges = (_bounded(tokens[0][0]), _bounded(tokens[-1][-1]))
        by_edges.setdefault(edges, {})[r"\s+".join(map(re2.escape, tokens))] = None
    if not by_edges:
        raise PatternError(f"the rule {wanted.name!r} has no words; add some to its file, or take it out")
    each = [
        f"{f'(?:^|{_NOT_IN_WORD})' if left else ''}({'|'.join(words)}){f'(?:$|{_NOT_IN_WORD})' if right else ''}"
        for (left, right), words in by_edges.items()
    ]
    return f"(?i)(?:{'|'.join(each)})"


def _bounded(edge: str) -> bool:
    """Tell whether a word that ends in this character ends where no letter follows."""
    return edge.isalnum() and not any(first <= ord(edge) <= last for first, last in _WITHOUT_SPACES)


def _options(memory: int, *, raw: bool) -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = memory
    if raw:  # an octet is a character; what is not ASCII in the pattern stands for its octets in UTF-8
        options.encoding = re2.Options.Encoding.LATIN1
    return options


def _compiled(wanted: Wanted, shape: bytes) -> re2._Regexp:
    memory = _WORDS_MEMORY if wanted.words else _PATTERN_MEMORY
    try:
        regex = re2.compile(shape, _options(memory, raw=wanted.where == "raw"))
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise PatternError(
            f"the pattern of the rule {wanted.name!r} is not one that RE2 takes ({words}); correct it: look-around "
            "and back references are not in its syntax, and a repetition ends at 1,000"
        ) from None
    if wanted.pattern:
        if regex.programsize > MAX_PROGRAM:
            raise PatternError(
                f"the pattern of the rule {wanted.name!r} makes {regex.programsize:,} instructions, "
                f"{MAX_PROGRAM:,} are allowed; repeat less in it"
            )
        if regex.search(b"") is not None:
            raise PatternError(
                f"the pattern of the rule {wanted.name!r} matches an empty text, so any; ask for something"
            )
    return regex


def _set(place: Place, shapes: Sequence[tuple[int, bytes]]) -> tuple[re2.Set, tuple[int, ...]]:
    automaton = re2.Set.SearchSet(_options(_SET_MEMORY, raw=place.name == "raw"))
    try:
        for _, shape in shapes:
            automaton.Add(shape)
        automaton.Compile()
    except re2.error:
        raise PatternError(
            f"all rules about {place.name!r} together take more memory than they may have; take out some, or words"
        ) from None
    return automaton, tuple([number for number, _ in shapes])
