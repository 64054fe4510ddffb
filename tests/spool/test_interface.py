from __future__ import annotations

from gatepost.spool.interface import Recipient
from tests.spool.embedded.shard import message


def test_a_message_is_held_for_the_recipients_that_have_a_reason() -> None:
    one = message(1, recipients=(Recipient("a@x.test", held="why"), Recipient("b@x.test", "450 busy")))
    assert one.held_for() == ("a@x.test",)
    assert message(2).held_for() == ()
