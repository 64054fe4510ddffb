"""Scores that others give are made fit to reckon with and to be shown."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.engines.weighed import MAX_SYMBOLS, number, strongest


@given(st.floats())
def test_a_score_is_a_number_within_bounds(score: float) -> None:
    assert math.isfinite(number(score))
    assert abs(number(score)) <= 10_000


@given(st.lists(st.tuples(st.text(), st.floats())))
def test_the_rules_that_weigh_most_come_first_and_are_few(symbols: list[tuple[str, float]]) -> None:
    kept = strongest(symbols)
    assert len(kept) == min(len(symbols), MAX_SYMBOLS)
    assert [abs(score) for _, score in kept] == sorted((abs(score) for _, score in kept), reverse=True)
    assert all(name.isprintable() and len(name) <= 80 for name, _ in kept)
