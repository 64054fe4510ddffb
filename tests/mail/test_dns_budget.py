"""What one message may ask of DNS has an end, in number and in time."""

from __future__ import annotations

import asyncio

from gatepost.mail.dns import Answer, Status
from gatepost.mail.dns_budget import Budgeted
from tests.zone import Zone

ZONE = {"a.example": {"A": ["192.0.2.1"]}}


def ask(budgeted: Budgeted, name: str = "a.example") -> Answer:
    return asyncio.run(budgeted.ask(name, "A"))


def test_questions_beyond_the_number_fail_and_are_not_asked() -> None:
    zone = Zone(ZONE)
    budgeted = Budgeted(zone, 2, 10, lambda: 0.0)
    assert ask(budgeted).found
    assert ask(budgeted, "b.example").status is Status.ABSENT
    assert ask(budgeted, "A.Example.") == Answer(
        "a.example", "A", Status.FAILED, reason="the budget of 2 questions is used up"
    )
    assert len(zone.asked) == budgeted.asked == 2


def test_questions_after_the_time_fail_and_are_not_asked() -> None:
    now, zone = [5.0], Zone(ZONE)
    budgeted = Budgeted(zone, 60, 10, lambda: now[0])
    now[0] = 14.9
    assert ask(budgeted).found
    now[0] = 15.0
    assert ask(budgeted).reason == "the budget of 10 s for questions is used up"
    assert len(zone.asked) == 1


def test_a_budget_wraps_another() -> None:
    whole = Budgeted(Zone(ZONE), 3, 10, lambda: 0.0)
    part = Budgeted(whole, 2, 10, lambda: 0.0)
    assert [ask(part).found for _ in range(3)] == [True, True, False]
    assert [ask(whole).found for _ in range(2)] == [True, False]
