"""Learning: one message after the other, each with the word of a person that it is spam or ham.

Header and body learn by AROW (Crammer, Kulesza, Dredze: Adaptive Regularization of Weight Vectors, 2009): each
weight has a doubt, and what is doubted most moves most, so one vote teaches much about what was never seen and
little about what is well known. The octets learn by logistic regression with steps that shrink by what each weight
has gone through already (AdaGrad). With each message some earlier ones are learned again, by chance as many spam as
ham: so a flood of one kind does not drown the other.

What comes out depends on the votes and their order alone, to the last bit: a model can be made again from them. The
weights are float32, so nothing is lost between memory and file.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import exp, sqrt
from typing import Final
from zlib import compress, crc32, decompressobj
from zlib import error as ZlibError  # noqa: N812 - a class

from gatepost.checks.content.classifier.features import PLACES, Features
from gatepost.checks.content.classifier.model import Model, added, even

_AGAIN: Final = 2  # earlier messages learned again with each
_NOISE: Final = 0.03  # AROW's r: how far a single word is doubted
_MARGIN: Final = 1.0
_STEP: Final = 0.05
_SETTLED: Final = 1e-3  # of an error: what is less is not worth a step
_MOST: Final = 30.0
_LONGEST: Final = 1 << 16  # octets that packed features unpack to; hostile ones could have no more


class Learner:
    """What is being learned: weights and what is known of each, and the messages learned so far."""

    def __init__(self) -> None:
        zeros, ones = bytes(4 * PLACES), array("f", [1.0]) * PLACES
        self.tables: Final = (array("f", zeros), array("f", zeros), array("f", zeros))
        self.doubts: Final = (array("f", ones), array("f", ones), array("f", ones))
        """For header and body the variance of each weight; for the octets the sum of the squares of its steps."""
        self._learned: Final[tuple[list[bytes], list[bytes]]] = ([], [])

    @property
    def model(self) -> Model:
        """The model as it is now; it changes with the next message."""
        ham, spam = self._learned
        return Model(*self.tables, spam=len(spam), ham=len(ham))

    def recall(self, packed: bytes, spam: bool) -> None:
        """Know of a message that was learned before the tables were written."""
        self._learned[spam].append(packed)

    def learn(self, packed: bytes, spam: bool) -> None:
        """Learn a message by its packed features, and some earlier ones again."""
        self._step(unpacked(packed), spam)
        self._learned[spam].append(packed)
        ham, spam_ = self._learned
        number = len(ham) + len(spam_)
        for turn in range(_AGAIN):
            chance = crc32(b"%d %d" % (number, turn))
            kind = bool(chance & 1)
            if earlier := self._learned[kind]:
                self._step(unpacked(earlier[(chance >> 1) % len(earlier)]), kind)

    def _step(self, features: Features, spam: bool) -> None:
        header, body, octets = self.tables
        header_doubts, body_doubts, octets_doubts = self.doubts
        _by_doubt(header, header_doubts, features.header, spam)
        _by_doubt(body, body_doubts, features.body, spam)
        _by_error(octets, octets_doubts, features.octets, spam)


def packed(features: Features) -> bytes:
    """Write features short, for the votes."""
    sets = (features.header, features.body, features.octets)
    lengths = array("I", map(len, sets))
    steps = array("I")
    for places in sets:
        before = 0
        for place in sorted(places):
            steps.append(place - before)
            before = place
    return compress(lengths.tobytes() + steps.tobytes(), 6)


def unpacked(octets: bytes) -> Features:
    """Read packed features; their places ascend. Raises ValueError where that is not what they are."""
    try:
        numbers = array("I", decompressobj().decompress(octets, _LONGEST))
    except (ZlibError, ValueError) as error:
        raise ValueError(f"no packed features: {error}") from None
    if len(numbers) < 3 or sum(numbers[:3]) != len(numbers) - 3:
        raise ValueError("no packed features: they end too soon")
    sets, start = [], 3
    for length in numbers[:3]:
        place, places = 0, []
        for step in numbers[start : start + length]:
            place += step
            places.append(place)
        if place >= PLACES:
            raise ValueError("no packed features: a place is beyond the table")
        sets.append(tuple(places))
        start += length
    return Features(*sets)


def _by_doubt(weights: array[float], doubts: array[float], places: Sequence[int], spam: bool) -> None:
    """Take a step of AROW: as little as puts the message `_MARGIN` on its side, most where doubt is greatest."""
    side = 1.0 if spam else -1.0
    scale = even(places)
    margin = side * added(weights, places) * scale
    if margin >= _MARGIN:
        return
    gain = 1 / (added(doubts, places) * scale * scale + _NOISE)
    move = (_MARGIN - margin) * gain * side * scale
    sure = gain * scale * scale
    for place in places:
        doubt = doubts[place]
        weights[place] += move * doubt
        doubts[place] = doubt - sure * doubt * doubt


def _by_error(weights: array[float], steps: array[float], places: Sequence[int], spam: bool) -> None:
    """Take a step of logistic regression, by AdaGrad."""
    score = max(-_MOST, min(_MOST, added(weights, places)))
    error = 1 / (1 + exp(-score)) - spam
    if abs(error) < _SETTLED:
        return
    square, move = error * error, error * _STEP
    for place in places:
        steps[place] = gone = steps[place] + square
        weights[place] -= move / sqrt(gone)
