"""What it takes to find one kind of number in a text: how candidates look, and which of them are such numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from typing import Final

from msgspec import Struct

MAX_CANDIDATES: Final = 10_000
"""Candidates of one kind in one text that are tried."""
GAP: Final = "[ .\u2010\u2013/-]?"
"""What people write between the groups of a number."""


class Kind(Struct, frozen=True):
    """A kind of number.

    `shape` is what candidates look like, in syntax that both RE2 and `re` have, of bounded length. `read` gives the
    number in a candidate, without what separates its groups, "" when it is none. `title` is for people, in plural.
    """

    name: str
    title: str
    shape: str
    read: Callable[[str], str]


def numbers(kind: Kind, text: str) -> Iterator[str]:
    """Give all numbers of a kind in a text, as often as they occur; in one pass."""
    for candidate in islice(_candidates(kind.shape).finditer(text), MAX_CANDIDATES):
        number = kind.read(candidate[1])
        if number:
            yield number


def masked(number: str) -> str:
    """Show a number by its last four characters."""
    return f"•••{number[-4:]}"


def compact(candidate: str) -> str:
    """Take out what separates the groups."""
    return "".join([character for character in candidate if character.isalnum()]).upper()


@cache
def _candidates(shape: str) -> re.Pattern[str]:
    # A candidate begins and ends where a word does. It is only looked at, not consumed: the next may begin in it.
    return re.compile(f"(?<![0-9A-Za-z])(?=({shape})(?![0-9A-Za-z]))[0-9A-Za-z]")
