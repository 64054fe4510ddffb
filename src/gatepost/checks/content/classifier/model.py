"""What was learned, ready to judge: three tables of weights, and how much they say for spam.

Each set of features has a part of the model of its own. The parts learn in different ways and so err in different
ways; their sum errs less than any of them. Pure; whether the weights lie in memory or in a file that all workers
share is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, sqrt
from operator import itemgetter
from typing import Final, Protocol

from msgspec import Struct

from gatepost.checks.content.classifier.features import Features

HEADER: Final = 2.0
BODY: Final = 1.9
OCTETS: Final = 0.28
"""Log-odds per unit of each part's score. Each part so has about as much to say, and probabilities come true: on real
mail, judged before it was learned, nine in ten messages at 0.9 were spam (`bench/CLASSIFIER.md`)."""
_MOST: Final = 30.0


class Weights(Protocol):
    """A table of weights: an array of floats, or a view of a file."""

    def __getitem__(self, place: int, /) -> float:
        """Give the weight at a place."""
        ...


class Model(Struct, frozen=True):
    """The weights of the three parts, and how many messages of each kind they were learned from."""

    header: Weights
    body: Weights
    octets: Weights
    spam: int = 0
    ham: int = 0

    def log_odds(self, features: Features) -> float:
        """Tell how much speaks for spam; below 0 more speaks against it."""
        return (
            HEADER * added(self.header, features.header) * even(features.header)
            + BODY * added(self.body, features.body) * even(features.body)
            + OCTETS * added(self.octets, features.octets)
        )


def added(weights: Weights, places: Sequence[int]) -> float:
    """Add up the weights at some places."""
    if len(places) < 2:
        return sum([weights[place] for place in places])
    picked: tuple[float, ...] = itemgetter(*places)(weights)
    return sum(picked)


def even(features: Sequence[object]) -> float:
    """Give the factor that makes long and short messages compare."""
    return 1 / sqrt(len(features) + 1)


def probability(log_odds: float) -> float:
    """Turn log-odds into the probability of spam."""
    return 1 / (1 + exp(-max(-_MOST, min(_MOST, log_odds))))
