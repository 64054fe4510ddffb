"""What reads the same is the same, whatever it is dressed in, and in linear time."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.readable import MAX_MARKS, readable, without_marks


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("lot\u00adte\u200bry", "lottery"),
        ("\uff2c\uff4f\uff54\uff54\uff45\uff52\uff59", "Lottery"),  # full width
        ("\U0001d40b\U0001d428ttery", "Lottery"),  # mathematical bold
        ("l\U000e0041ottery", "lottery"),  # a tag character, which is not seen
        ("l\u202eottery", "lottery"),
        ("lot\x00tery", "lottery"),
        ("e\u0301", "é"),
        ("ﬁne", "fine"),
        ("a\xa0b", "a b"),
        ("привет", "привет"),
        ("彩票", "彩票"),
        ("plain\ttext\r\n", "plain\ttext\r\n"),
    ],
)
def test_what_looks_the_same_becomes_the_same(written: str, read: str) -> None:
    assert readable(written) == read


def test_marks_that_pile_up_are_cut_before_they_are_sorted() -> None:
    flood = readable("a" + "\u0323\u0301" * 500_000)
    assert len(flood) <= MAX_MARKS + 1
    wide = readable("\U0001f600" + "\u0323\u0301" * 100_000)
    assert len(wide) <= MAX_MARKS + 1


def test_no_character_becomes_more_than_six() -> None:
    assert max(len(readable(chr(code))) for code in range(0x110000) if not 0xD800 <= code < 0xE000) == 6


def test_ten_million_of_one_letter_stay_as_they_are() -> None:
    assert len(readable("a" * 10_000_000)) == 10_000_000


def test_marks_can_be_left_away() -> None:
    assert (
        without_marks("Überweisung, résumé, Việt, привет, 한국") == "Uberweisung, resume, Viet, привет, 한국"
    )


@given(st.text())
def test_any_text_is_in_the_one_form(text: str) -> None:
    read = readable(text)
    assert unicodedata.is_normalized("NFKC", read)
    assert len(read) <= 6 * len(text)
    assert without_marks(text.encode("ascii", "ignore").decode()) == text.encode("ascii", "ignore").decode()
