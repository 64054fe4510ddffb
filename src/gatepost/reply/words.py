"""Find many phrases in one pass over the words of a text.

A phrase is words: "a|b" is either word, "*" (not the first) none to four words; an IPv4 address is one word. All
phrases go into one tree by word, so the cost follows the length of the text and not the number of phrases. Knows
nothing of what a phrase stands for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable
from typing import Final, Generic, TypeAlias, TypeVar

from msgspec import Struct

GAP: Final = 4
_WORD: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[^\W_]+(?:['’][^\W_]+)?")
# The look-behind lets a try begin only where a run begins, so that the cost stays linear.
_ADDRESS: Final = re.compile(r"(?<![^\s<>@])[^\s<>@]*@[^\s<>]*")

T = TypeVar("T")


class Hit(Struct, Generic[T], frozen=True):
    """A phrase found: what it stands for, how many words it names, and the words it spans (end excluded)."""

    value: T
    words: int
    start: int
    end: int


class _Node(Generic[T]):
    __slots__ = ("found", "gap", "next")

    def __init__(self) -> None:
        self.next: dict[str, _Node[T]] = {}
        self.gap: _Node[T] | None = None
        self.found: list[tuple[T, int]] = []


Index: TypeAlias = dict[str, list[tuple[list[str], T]]]


def index(phrases: Iterable[tuple[str, T]]) -> Index[T]:
    """Sort phrases by their first word: to each the other words, and what the phrase stands for."""
    found: Index[T] = {}
    for phrase, value in phrases:
        first, *rest = phrase.split()
        for word in first.split("|"):
            found.setdefault(word, []).append((rest, value))
    return found


class Phrases(Generic[T]):
    """A set of phrases, each with the value it stands for."""

    def __init__(
        self, firsts: Container[str], others: Callable[[str], Iterable[tuple[list[str], T]]]
    ) -> None:
        """Take the first words of all phrases, and what gives the rest of those that begin with a word."""
        self._firsts = firsts
        self._others = others
        self._first: dict[str, _Node[T]] = {}

    def _branch(self, word: str) -> _Node[T]:
        """Grow the branch of a first word when it is first met: most words never are."""
        branch = self._first[word] = _Node()
        for rest, value in self._others(word):
            _grow(branch, rest, value)
        return branch

    def find(self, words: list[str]) -> list[Hit[T]]:
        """Give every phrase that occurs in the words (lower-case), overlapping ones too."""
        hits: list[Hit[T]] = []
        for start, word in enumerate(words):
            branch = self._first.get(word)
            if branch is None:
                if word not in self._firsts:
                    continue
                branch = self._branch(word)
            _walk(branch, words, start, start + 1, hits)
        return hits


def _grow(branch: _Node[T], rest: list[str], value: T) -> None:
    nodes = [branch]
    for part in rest:
        following: list[_Node[T]] = []
        for node in nodes:
            if part == "*":
                if node.gap is None:
                    node.gap = _Node()
                following.append(node.gap)
            else:
                following.extend(node.next.setdefault(word, _Node()) for word in part.split("|"))
        nodes = following
    words = 1 + len(rest) - rest.count("*")
    for node in nodes:
        node.found.append((value, words))


def _walk(node: _Node[T], words: list[str], start: int, at: int, hits: list[Hit[T]]) -> None:
    for value, count in node.found:
        hits.append(Hit(value, count, start, at))
    if at == len(words):
        return
    following = node.next.get(words[at])
    if following is not None:
        _walk(following, words, start, at + 1, hits)
    if node.gap is not None:
        gap = node.gap.next
        for later, word in enumerate(words[at : at + GAP + 1], at):
            following = gap.get(word)
            if following is not None:
                _walk(following, words, start, later + 1, hits)


def without_addresses(text: str) -> str:
    """Blank out mail addresses, keeping every other character where it is."""
    return _ADDRESS.sub(_blank, text) if "@" in text else text


def split(text: str) -> list[str]:
    """Give the words of a text in lower case, a curly apostrophe made straight."""
    if text.isascii():
        return _WORD.findall(text.lower())
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def span(text: str, start: int, end: int) -> slice:
    """Give where in a text the words from number `start` up to number `end` (excluded) stand."""
    begin = stop = 0
    for number, match in enumerate(_WORD.finditer(text)):
        if number == start:
            begin = match.start()
        if number == end - 1:
            stop = match.end()
            break
    return slice(begin, stop)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])
