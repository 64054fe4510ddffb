"""How much a model says for spam."""

from __future__ import annotations

import math
from array import array

from gatepost.checks.content.classifier.features import PLACES, Features
from gatepost.checks.content.classifier.model import BODY, HEADER, OCTETS, Model, added, even, probability


def table(**weights: float) -> array[float]:
    made = array("f", bytes(4 * PLACES))
    for name, weight in weights.items():
        made[int(name[1:])] = weight
    return made


def test_each_part_adds_its_share() -> None:
    model = Model(table(_1=1.0), table(_2=2.0), table(_3=4.0))
    features = Features((1, 5, 6), (2, 7, 8), (3, 9))
    assert math.isclose(model.log_odds(features), HEADER * 1 / 2 + BODY * 2 / 2 + OCTETS * 4)


def test_a_message_without_features_is_even() -> None:
    model = Model(table(), table(), table())
    assert model.log_odds(Features((), (), ())) == 0.0
    assert probability(0.0) == 0.5


def test_one_place_and_many_are_added() -> None:
    weights = table(_1=1.0, _2=2.0)
    assert [added(weights, places) for places in ((), (1,), (1, 2))] == [0.0, 1.0, 3.0]
    assert even((1, 2, 3)) == 0.5


def test_probabilities_stay_within_bounds_whatever_the_odds() -> None:
    assert 0.0 < probability(-1e9) < 1e-9
    assert 1 - 1e-9 < probability(1e9) <= 1.0
