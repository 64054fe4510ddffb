"""Texts are alike when they mean the same and differ in names and numbers only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.likeness import Likeness
from gatepost.reply.explain import explain

LIKENESS = Likeness()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("550 5.1.1 <jo@a.example>: User unknown", "550 5.1.1 <x.y+z@b.example>: User unknown"),
        ("451 4.7.1 come back in 20 seconds", "451 4.7.1 come back in 45 seconds"),
        ("451 4.7.1 come back in 297 seconds", "451 4.7.1 come back in 299 seconds"),
        ("blocked [192.0.2.7] using list", "blocked [198.51.100.99] using list"),
        ("host mx1.abc.test[192.0.2.7]:25 said:", "host mx1.xyz.test[198.51.100.9]:25 said:"),
        ("queued as 4F2A1B9C", "queued as 77AA01DD"),
    ],
)
def test_names_addresses_and_ids_make_no_difference(one: str, other: str) -> None:
    assert LIKENESS.pattern(one) == LIKENESS.pattern(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("550 5.1.1 User unknown", "550 5.1.2 User unknown"),
        ("550 5.1.1 User unknown", "551 5.1.1 User unknown"),
        ("199 seconds", "499 seconds"),
        ("550 mailbox full", "550 mailbox disabled"),
        ("127.255.255.254 from list.example", "127.0.0.2 from list.example"),
        ("host mx[192.0.2.7] said:", "host mx[2001:db8::7] said:"),
        ("one two three", "one two"),
    ],
)
def test_codes_words_that_mean_something_and_the_number_of_words_do(one: str, other: str) -> None:
    assert LIKENESS.pattern(one) != LIKENESS.pattern(other)


WORDS = (
    "550 5.1.1 4.7.1 451 <jo@a.example> <bo@b.example>: user unknown mailbox full spam blocked using 192.0.2.1 "
    "zen.spamhaus.org 297 seconds greylisted said: host mx.a.example[192.0.2.1] relay access denied - (abc def)"
)


@given(st.lists(st.sampled_from(WORDS.split()), max_size=12))
def test_texts_that_are_alike_are_explained_alike(words: list[str]) -> None:
    other = [
        {
            "<jo@a.example>": "<someone@else.example>",
            "192.0.2.1": "198.51.100.33",
            "mx.a.example[192.0.2.1]": "mx.a.example[198.51.100.33]",
            "(abc": "(xyz",
        }.get(word, word)
        for word in words
    ]
    one, two = " ".join(words), " ".join(other)
    assert LIKENESS.pattern(one) == LIKENESS.pattern(two)
    first, second = explain(one), explain(two)
    assert (
        first.cause,
        first.code,
        first.enhanced,
        first.side,
        first.retry,
        first.confidence,
        first.meaning,
    ) == (
        second.cause,
        second.code,
        second.enhanced,
        second.side,
        second.retry,
        second.confidence,
        second.meaning,
    )


@given(
    st.lists(
        st.lists(
            st.sampled_from(
                [
                    *WORDS.split(),
                    "<a@b>,",
                    "x<a@b>y",
                    "[127.0.0.2]",
                    "ip=198.51.100.7;r=x",
                    "/198.51.100.7",
                    "A1B2",
                ]
            ),
            max_size=8,
        ).map(" ".join),
        max_size=5,
    )
)
def test_many_texts_have_the_patterns_that_each_of_them_has(texts: list[str]) -> None:
    assert LIKENESS.patterns(texts) == [LIKENESS.pattern(text) for text in texts]


def test_whole_texts_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatepost.maillog.likeness._KEPT_WHOLE", 10)
    likeness = Likeness()
    texts = [f"user {number}" for number in range(50)]
    assert likeness.patterns(texts) == [likeness.pattern(text) for text in texts]


def test_what_is_remembered_is_bounded() -> None:
    likeness = Likeness()
    for number in range(60_000):
        likeness.pattern(f"id{number}z")
    assert len(likeness) <= 50_000


@given(st.text())
def test_any_text_has_a_pattern(text: str) -> None:
    assert LIKENESS.pattern(text).count(" ") == text.count(" ")
