from __future__ import annotations

import pytest

from gatepost.mail.bounce import forms


@pytest.mark.parametrize(
    "line",
    [
        "--- below this line is a copy of the message.",
        "------ this is a copy of the message, including all the headers. ------",
        "----- original message -----",
        "original message headers:",
        "message headers follow:",
        "received: from a.example",
        "return-path: <x@example.org>",
    ],
)
def test_the_copy_of_the_message_is_known_by_the_line_before_it(line: str) -> None:
    assert forms.ends(line)


@pytest.mark.parametrize(
    "line", ["your original message was large", "received a reply", "the message header is bad"]
)
def test_a_sentence_of_the_same_words_ends_nothing(line: str) -> None:
    assert not forms.ends(line)


def test_openings_can_match_as_they_are_compared() -> None:
    for _, openings in forms.OPENINGS:
        for words in openings:
            assert words == " ".join(words.lower().split())
