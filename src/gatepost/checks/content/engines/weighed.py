"""What the spam filters beside ours answer: a score, the score from which it is spam, and the rules behind it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

MAX_SYMBOLS: Final = 40
"""Rules of an answer that are kept: those that weigh most."""
_MAX_NAME: Final = 80
_MAX_SCORE: Final = 10_000.0


class Weighed(Struct, frozen=True, gc=False):
    """An answer: score, limit, the action in the engine's words, and rules by name with what each added."""

    score: float
    limit: float
    action: str
    symbols: tuple[tuple[str, float], ...] = ()


def number(score: float) -> float:
    """Make a score one to reckon with: finite, within bounds, to the hundredth."""
    return round(max(-_MAX_SCORE, min(_MAX_SCORE, score)), 2) if math.isfinite(score) else 0.0


def strongest(symbols: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    """Give the rules that weigh most, heaviest first, fit to be shown."""
    ordered = sorted(((name, number(score)) for name, score in symbols), key=lambda each: -abs(each[1]))
    return tuple([(_shown(name), score) for name, score in ordered[:MAX_SYMBOLS]])


def _shown(name: str) -> str:
    return "".join([c if c.isprintable() else "?" for c in name[:_MAX_NAME]])
