"""Numbers are found in one pass over any text, and shown by their ends only."""

from __future__ import annotations

import pytest
import re2  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.numbers import KINDS, masked
from gatepost.checks.content.numbers.kind import MAX_CANDIDATES, Kind, compact, numbers


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_shape_is_one_for_re2_too(kind: Kind) -> None:
    assert re2.compile(kind.shape).search("") is None


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("flood", ["1", "1 ", "1234 ", "AB12 ", "DE89"])
def test_floods_of_what_looks_like_numbers_are_read_within_bounds(kind: Kind, flood: str) -> None:
    tried = 0

    def read(candidate: str) -> str:
        nonlocal tried
        tried += 1
        assert len(candidate) < 80
        return kind.read(candidate)

    list(numbers(Kind(kind.name, kind.title, kind.shape, read), flood * (100_000 // len(flood))))
    assert tried <= MAX_CANDIDATES


@given(st.sampled_from(sorted(KINDS)), st.text("0123456789 -.ABXZdefi/+", max_size=60))
def test_any_text_can_be_read(name: str, text: str) -> None:
    for number in numbers(KINDS[name], text):
        assert number.isalnum()
        assert number in compact(text)


def test_only_the_last_four_characters_are_shown() -> None:
    assert masked("4111111111111111") == "•••1111"
