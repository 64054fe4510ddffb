from __future__ import annotations

import pytest

from gatepost.mail.bounce import Failure


@pytest.mark.parametrize(
    ("failure", "reply"),
    [
        (Failure(status="5.1.1", diagnostic="550 no"), "550 no"),
        (Failure(status="5.1.1", diagnostic="unknown user"), "5.1.1 unknown user"),
        (Failure(status="5.1.1", diagnostic="unknown user (#5.1.1)"), "unknown user (#5.1.1)"),
        (Failure(status="5.1.1", words="it failed"), "5.1.1 it failed"),
        (Failure(status="5.1.1"), "5.1.1"),
        (Failure(words="it failed"), "it failed"),
        (Failure(), ""),
    ],
)
def test_the_reply_holds_all_that_can_be_explained(failure: Failure, reply: str) -> None:
    assert failure.reply == reply


def test_the_address_is_the_one_that_the_author_knows() -> None:
    assert Failure(final="a@example.org", original="all@example.org").address == "all@example.org"
    assert Failure(final="a@example.org").address == "a@example.org"
