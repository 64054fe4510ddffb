"""Encoded words that are there to deceive are named."""

from __future__ import annotations

import pytest

from gatepost.mail.mime import Trick, view


def tricks(field: str) -> set[Trick]:
    return {ambiguity.name for ambiguity in view(field.encode() + b"\r\n\r\nHello.").ambiguities}


@pytest.mark.parametrize(
    ("field", "trick"),
    [
        ("From: <=?utf-8?q?a=40b.example?=>", Trick.ENCODED_WORD_ADDRESS),
        ("From: =?utf-8?q?a?=@b.example", Trick.ENCODED_WORD_ADDRESS),
        (f"Subject: =?utf-8?q?{'a' * 100}?=", Trick.ENCODED_WORD_LONG),
        ("Subject: =?utf-8?q?a", Trick.ENCODED_WORD_BROKEN),
        ("Subject: =?utf-8?b?PT91dGYtOD9xP2E/PQ==?=", Trick.ENCODED_WORD_NESTED),
    ],
)
def test_what_deceives_is_named(field: str, trick: Trick) -> None:
    assert tricks(field) == {trick}


@pytest.mark.parametrize(
    "field",
    [
        "From: =?utf-8?q?J=C3=B6rg?= <a@b.example>",
        "Subject: =?utf-8?b?SGVsbG8=?= =?utf-8?q?world?=",
        "Subject: is 1 =? 2",
    ],
)
def test_honest_words_are_no_doubt(field: str) -> None:
    assert tricks(field) == set()
