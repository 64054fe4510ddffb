from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gatepost.gateway.dmarc.turn import DAY, FIRST, LATE, SPREAD, due, following, newest, offset

NOON = 1_795_780_800.0  # 2026-11-27 12:00 UTC
DOMAINS = st.from_regex(r"[a-z]{1,12}\.example", fullmatch=True)


def test_domains_report_at_times_of_their_own_after_the_end_of_the_day() -> None:
    times = {offset(f"d{number}.example") for number in range(1000)}
    assert len(times) > 950
    assert min(times) >= FIRST
    assert max(times) < FIRST + SPREAD
    assert offset("a.example") == offset("a.example")


@given(DOMAINS, st.floats(0, 4e9))
def test_the_newest_day_is_over_and_its_turn_has_come(domain: str, now: float) -> None:
    day = newest(now, domain)
    assert day % DAY == 0
    assert day + DAY + offset(domain) <= now < day + 2 * DAY + offset(domain)
    assert following(now, domain) == day + 2 * DAY + offset(domain)


def test_at_first_only_the_newest_day_is_due_and_then_each_once() -> None:
    [day] = due(NOON, "a.example", None)
    assert day == NOON - DAY / 2 - DAY
    assert due(NOON, "a.example", day) == ()
    assert due(NOON + DAY, "a.example", day) == (day + DAY,)


@given(DOMAINS, st.integers(-5, 40))
def test_after_a_standstill_the_last_days_are_made_up_for(domain: str, missed: int) -> None:
    until = newest(NOON, domain)
    days = due(NOON, domain, until - missed * DAY)
    assert len(days) == max(min(missed, LATE), 0)
    assert days == tuple(sorted(days))
    assert not days or days[-1] == until
