"""IBANs are known by the length of their country and by their check digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.numbers.iban import IBAN, LENGTHS, is_iban
from gatepost.checks.content.numbers.kind import numbers

EXAMPLES = (
    "DE89370400440532013000",
    "GB82WEST12345698765432",
    "FR1420041010050500013M02606",
    "NO9386011117947",
    "CH9300762011623852957",
    "MT84MALT011000012345MTLCAST001S",
    "NL91ABNA0417164300",
)


@pytest.mark.parametrize("iban", EXAMPLES)
def test_examples_of_their_countries_are_found_in_any_form(iban: str) -> None:
    grouped = " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))
    for text in (iban, iban.lower(), grouped, f"IBAN: {grouped}.", f"{grouped} and more words follow"):
        assert list(numbers(IBAN, text)) == [iban]


def test_one_that_ends_within_a_word_is_none() -> None:
    assert not list(numbers(IBAN, "DE893704004405320130001"))
    assert not list(numbers(IBAN, "XX89370400440532013000"))


@given(st.sampled_from(sorted(LENGTHS)), st.data())
def test_an_iban_with_one_digit_changed_is_none(country: str, data: st.DataObject) -> None:
    length = LENGTHS[country] - 4
    account = data.draw(st.text("0123456789", min_size=length, max_size=length))
    moved = int("".join(str(int(c, 36)) for c in f"{account}{country}00"))
    iban = f"{country}{98 - moved % 97:02}{account}"
    assert is_iban(iban)
    place = data.draw(st.integers(4, len(iban) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != iban[place]]))
    assert not is_iban(iban[:place] + other + iban[place + 1 :])
