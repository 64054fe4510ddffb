from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from gatepost.web import words

NOW = 1_793_000_000.0


@given(st.text())
def test_nothing_that_cannot_be_seen_is_shown(text: str) -> None:
    shown = words.shown(text)
    assert isinstance(shown, str)
    assert len(shown) == len(text)
    assert all(c.isprintable() or c in "\n\u200d" for c in shown)


def test_text_that_reorders_the_words_around_it_is_made_visible() -> None:
    assert words.shown("pay \u202egpj.exe") == "pay \N{REPLACEMENT CHARACTER}gpj.exe"


def test_printable_text_and_other_values_are_shown_as_they_are() -> None:
    assert words.shown("Grüße, 日本語 <b>") == "Grüße, 日本語 <b>"
    assert words.shown(7) == 7
    assert words.shown(Markup("<b>\t</b>")) == Markup("<b>\t</b>")


@given(st.floats(0, 1e9))
def test_a_span_is_a_number_and_a_unit(seconds: float) -> None:
    number, unit = words.span(seconds).split(" ")
    assert float(number) >= 0
    assert unit.rstrip("s") in {"", "second", "minute", "hour", "day"}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.44, "0.4 s"),
        (42, "42 seconds"),
        (100, "2 minutes"),
        (3599, "1 hour"),
        (7200, "2 hours"),
        (-300, "5 minutes"),
        (86_400 * 5, "5 days"),
    ],
)
def test_a_span_is_told_in_its_largest_fitting_unit(seconds: float, text: str) -> None:
    assert words.span(seconds) == text


@pytest.mark.parametrize(
    ("octets", "text"), [(1, "1 octet"), (999, "999 octets"), (18_420, "18 KB"), (52_428_800, "52.4 MB")]
)
def test_a_size_is_told_in_decimal_units(octets: int, text: str) -> None:
    assert words.size(octets) == text


def test_a_time_of_another_day_carries_its_date() -> None:
    assert words.clock_time(NOW - 60, NOW) == "07:32:20"
    assert words.clock_time(NOW - 86_400, NOW) == "2026-10-25 07:33:20"
    assert words.exact_time(NOW + 0.25) == "2026-10-26T07:33:20.250Z"
    assert words.step_time(NOW + 0.25) == "07:33:20.250"


def test_a_long_text_is_cut_with_a_mark() -> None:
    assert words.cut("abcdef", 6) == "abcdef"
    assert words.cut("abcdefg", 6) == "abcde…"


def test_the_empty_path_is_written_as_such() -> None:
    assert words.path("") == "<>"
    assert words.spoken("virus-found") == words.spoken("virus_found") == "virus found"
