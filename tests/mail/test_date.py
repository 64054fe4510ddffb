"""The date-time of RFC 5322 §3.3, read back by the standard library."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.date import date_time


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
