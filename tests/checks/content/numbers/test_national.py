"""National ids are known by the rules of their states; each example is one that is published as such."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.numbers import KINDS
from gatepost.checks.content.numbers.kind import numbers
from gatepost.checks.content.numbers.national import NATIONAL, verhoeff

EXAMPLES = {
    "us-ssn": ("123-45-6789", "219 09 9998"),
    "uk-nino": ("AB123456C", "ab 12 34 56 c"),
    "de-steuer-id": ("86095742719", "47 036 892 816"),
    "fr-nir": ("255081416802538", "2 55 08 14 168 025 38"),
    "it-codice-fiscale": ("RSSMRA85T10A562S",),
    "es-dni": ("12345678Z", "X1234567L", "12.345.678-Z"),
    "nl-bsn": ("111222333", "111 222 333"),
    "pl-pesel": ("44051401359",),
    "se-personnummer": ("811218-9876", "19811218-9876"),
    "ch-ahv": ("756.9217.0769.85", "7569217076985"),
    "be-national-number": ("85.07.30-033.28", "85073003328"),
    "at-svnr": ("1237 010180", "1237010180"),
    "in-aadhaar": ("2341 2341 2346",),
    "br-cpf": ("111.444.777-35", "11144477735"),
}
# Those whose rule catches every wrong digit; the others have none, or one that lets a few pass.
SURE = (
    *("de-steuer-id", "es-dni", "nl-bsn", "ch-ahv", "pl-pesel", "se-personnummer", "in-aadhaar", "fr-nir"),
    *("br-cpf", "be-national-number"),
)


def test_every_kind_has_an_example() -> None:
    assert set(EXAMPLES) == {kind.name for kind in NATIONAL}


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in EXAMPLES.items() for text in texts]
)
def test_an_example_is_found_alone_and_in_a_sentence(name: str, text: str) -> None:
    plain = "".join(c for c in text if c.isalnum()).upper()
    for sentence in (text, f"Mine is {text}, thanks", f"7 {text} 7"):
        assert plain in list(numbers(KINDS[name], sentence))
    assert not list(numbers(KINDS[name], f"a{text}b"))


@pytest.mark.parametrize("name", SURE)
@pytest.mark.parametrize("other", "0123456789")
def test_an_example_with_one_digit_changed_is_not_found(name: str, other: str) -> None:
    text = EXAMPLES[name][0]
    for place, digit in enumerate(text):
        if digit.isdecimal() and digit != other:
            assert not list(numbers(KINDS[name], text[:place] + other + text[place + 1 :]))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("us-ssn", "000-12-3456"),
        ("us-ssn", "666-12-3456"),
        ("us-ssn", "900-12-3456"),
        ("us-ssn", "123-00-3456"),
        ("us-ssn", "123-45-0000"),
        ("us-ssn", "078-05-1120"),
        ("us-ssn", "123456789"),
        ("uk-nino", "GB123456C"),
        ("br-cpf", "111.111.111-11"),
        ("nl-bsn", "000000000"),
        ("se-personnummer", "811318-9876"),
        ("it-codice-fiscale", "RSSMRA85T10A562T"),
        ("at-svnr", "1238 010180"),
    ],
)
def test_what_is_never_given_out_is_not_found(name: str, text: str) -> None:
    assert not list(numbers(KINDS[name], text))


@given(st.text("0123456789", min_size=1, max_size=20), st.data())
def test_verhoeff_catches_a_changed_digit_and_two_that_are_swapped(start: str, data: st.DataObject) -> None:
    [right] = [start + digit for digit in "0123456789" if verhoeff(start + digit)]
    place = data.draw(st.integers(0, len(right) - 2))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != right[place]]))
    assert not verhoeff(right[:place] + other + right[place + 1 :])
    swapped = right[:place] + right[place + 1] + right[place] + right[place + 2 :]
    assert swapped == right or not verhoeff(swapped)
