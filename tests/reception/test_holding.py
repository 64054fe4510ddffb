from __future__ import annotations

from gatepost.journal.records import HeldBack
from gatepost.policy.disposition import Action, Disposition
from gatepost.reception.holding import held_back, why
from gatepost.spool.interface import Recipient
from tests.spool.embedded.shard import message


def test_only_what_is_held_has_a_reason_and_it_begins_with_the_rule() -> None:
    held = Disposition(action=Action.QUARANTINE, rule="virus-found", reasons=("a virus: found", "and more"))
    assert why(held) == "virus-found: a virus: found"
    assert why(Disposition(action=Action.RELAY, rule="nothing-found")) == ""


def test_the_journal_is_told_once_for_each_reason() -> None:
    one = message(
        1,
        recipients=(
            Recipient("a@x.test", held="virus-found: a virus: found"),
            Recipient("b@x.test"),
            Recipient("c@x.test", held="score: the score 7 reaches 5"),
            Recipient("d@x.test", held="virus-found: a virus: found"),
        ),
    )
    about = {"time": 5.0, "session": one.id.partition("-")[0], "message": one.id}
    assert held_back(one, 5.0) == [
        HeldBack(**about, recipients=("a@x.test", "d@x.test"), reason="a virus: found", rule="virus-found"),
        HeldBack(**about, recipients=("c@x.test",), reason="the score 7 reaches 5", rule="score"),
    ]
    assert held_back(message(2), 5.0) == []
