"""The date-time of RFC 5322 §3.3, read back by the standard library."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.date import date_time, read_date


def test_a_date_is_written_as_in_the_standard() -> None:
    assert date_time(1_788_251_400) == "Tue, 01 Sep 2026 08:30:00 +0000"
    assert date_time(1_788_251_400, 120) == "Tue, 01 Sep 2026 10:30:00 +0200"
    assert date_time(1_788_251_400, -210) == "Tue, 01 Sep 2026 05:00:00 -0330"


@given(st.integers(0, 1 << 33), st.integers(-14 * 60, 14 * 60))
def test_any_date_is_read_back_as_the_same_second(second: int, offset: int) -> None:
    read = parsedate_to_datetime(date_time(second, offset))
    assert read.timestamp() == second
    there = read.utcoffset()
    assert there is not None
    assert there.total_seconds() == offset * 60


@given(st.integers(0, 1 << 33), st.integers(-14 * 60, 14 * 60))
def test_any_date_that_we_write_we_read(second: int, offset: int) -> None:
    assert read_date(date_time(second, offset)) == second


@pytest.mark.parametrize(
    "text",
    [
        "Tue, 1 Sep 2026 08:30 +0000",
        "1 Sep 26 08:30:00 GMT",
        "Tue, 01 Sep 2026 08:30:00 +0000 (UTC) (really)",
        "Tue, 1 Sep 2026 04:30:00 EDT",
        " Tuesday, 01-Sep-2026 10:30:00.25 +02:00",
        "Tue, 1 Sep 2026 08:30:00",
    ],
)
def test_obsolete_and_sloppy_dates_are_read(text: str) -> None:
    assert read_date(text) == 1_788_251_400


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "32 Sep 2026 08:30:00 +0000", "1 Foo 2026 08:30:00 +0000", "1 Sep 2026 25:00:00 +0000"),
        *("1 Sep 2026 08:30:00 +9999", "1 Sep 2026 08:30:61 +0000", "(" * 10_000, " " * 299),
        "1 Jan 0000 00:00 +0000",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_date(text) is None


@given(st.text("0123456789 :+-,()JanSepMonGMT", max_size=300))
def test_any_text_may_be_asked_for_a_date(text: str) -> None:
    assert isinstance(read_date(text), float | None)
