"""Cards are known by issuer, length and Luhn's digit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.numbers.card import CARD, is_card, luhn
from gatepost.checks.content.numbers.kind import numbers


@pytest.mark.parametrize(
    "number",
    [
        *("4111111111111111", "4222222222222", "5555555555554444", "2223003122003222", "378282246310005"),
        *("6011111111111117", "3530111333300000", "30569309025904", "6200000000000005"),
    ],
)
def test_the_numbers_that_issuers_give_for_tests_are_cards(number: str) -> None:
    assert is_card(number)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("4111 1111 1111 1111", ["4111111111111111"]),
        ("(5500-0000-0000-0004)", ["5500000000000004"]),
        ("3782 822463 10005", ["378282246310005"]),
        ("4111 1111 1111 1111 123", ["4111111111111111"]),  # and the code on its back
        ("4111111111111111 5500000000000004", ["4111111111111111", "5500000000000004"]),
        ("12 4111 1111 1111 1111", ["4111111111111111"]),
        ("x4111111111111111", []),
        ("41111111111111111111", []),
        ("4111 1111 1111 1112", []),
        ("9111111111111111", []),
    ],
)
def test_cards_are_found_as_people_write_them(text: str, found: list[str]) -> None:
    assert list(numbers(CARD, text)) == found


@given(st.text("0123456789", min_size=12, max_size=18), st.data())
def test_a_number_with_one_digit_changed_has_the_wrong_check_digit(start: str, data: st.DataObject) -> None:
    [right] = [start + digit for digit in "0123456789" if luhn(start + digit)]
    place = data.draw(st.integers(0, len(right) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != right[place]]))
    assert not luhn(right[:place] + other + right[place + 1 :])
