"""When to try again: the reply and its explanation choose."""

from __future__ import annotations

import pytest

from gatepost.delivery.schedule import verdict, wait
from gatepost.reply.explain import explain_reply
from gatepost.reply.explanation import Context
from gatepost.reply.reply import Reply

STEPS = (60, 300, 900)


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(250, "2.0.0", "Ok"), "delivered"),
        (Reply(251, "", "will forward"), "delivered"),
        (Reply(299, "", "a code nobody knows"), "delivered"),
        (Reply(450, "4.2.0", "greylisted, come back in 5 minutes"), "deferred"),
        (Reply(499, "", "a code nobody knows"), "deferred"),
        (Reply(550, "5.1.1", "No such user"), "failed"),
        (Reply(599, "", "a code nobody knows"), "failed"),
        (Reply(452, "4.5.3", "Too many recipients"), "deferred"),
        (Reply(552, "5.5.3", "Too many recipients"), "deferred"),
    ],
)
def test_the_first_digit_decides_but_for_too_many_recipients(reply: Reply, says: str) -> None:
    explanation = (
        None if reply.positive else explain_reply(reply, Context(direction="received", stage="rcpt"))
    )
    assert verdict(reply, explanation) == says


def test_the_steps_are_taken_one_after_the_other_and_the_last_repeats() -> None:
    assert [wait(attempt, None, STEPS) for attempt in (1, 2, 3, 4, 50)] == [60, 300, 900, 900, 900]


def test_recipients_over_the_other_sides_limit_go_at_once() -> None:
    reply = Reply(452, "4.5.3", "Too many recipients")
    explanation = explain_reply(reply, Context(direction="received", stage="rcpt"))
    assert wait(1, explanation, STEPS) < 10
