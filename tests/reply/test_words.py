from __future__ import annotations

from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from gatepost.reply.words import GAP, Phrases, index, span, split, without_addresses

T = TypeVar("T")


def phrases_of(phrases: list[tuple[str, T]]) -> Phrases[T]:
    found = index(phrases)
    return Phrases(found, found.__getitem__)


def found(phrase: str, text: str) -> bool:
    return any(phrases_of([(phrase, True)]).find(split(text)))


def test_words_are_letters_and_digits_in_lower_case() -> None:
    assert split("Over-quota: [TSS04] user_DOESN'T 5.7.1") == [
        "over",
        "quota",
        "tss04",
        "user",
        "doesn't",
        "5",
        "7",
        "1",
    ]
    assert split("Boîte n’existe") == ["boîte", "n'existe"]


def test_either_word_of_a_choice_will_do() -> None:
    assert found("over|exceeded quota", "user is over quota")
    assert found("over|exceeded quota", "EXCEEDED-QUOTA")
    assert not found("over|exceeded quota", "quota over")


def test_a_gap_spans_none_to_four_words() -> None:
    for words in range(GAP + 1):
        assert found("mailbox * full", f"mailbox {'x ' * words}full")
    assert not found("mailbox * full", f"mailbox {'x ' * (GAP + 1)}full")


def test_only_whole_words_count() -> None:
    assert not found("spam", "spammer")
    assert not found("rbl", "marble")


def test_phrases_that_overlap_are_all_found() -> None:
    phrases = phrases_of(
        [("user unknown", 1), ("unknown in", 2), ("unknown", 3), ("user unknown in table", 4)]
    )
    assert {hit.value for hit in phrases.find(split("User unknown in table"))} == {1, 2, 3, 4}


def test_the_piece_of_the_text_can_be_shown() -> None:
    text = "550 <x>: User  unknown, sorry"
    (hit,) = phrases_of([("user unknown", None)]).find(split(text))
    assert text[span(text, hit.start, hit.end)] == "User  unknown"
    assert hit.words == 2


def test_addresses_are_blanked_and_all_else_stays_in_place() -> None:
    text = "<spam@virus.example>: User unknown"
    clean = without_addresses(text)
    assert len(clean) == len(text)
    assert split(clean) == ["user", "unknown"]


@given(st.text())
def test_blanking_keeps_the_length(text: str) -> None:
    assert len(without_addresses(text)) == len(text)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=3), st.lists(st.sampled_from("abc"), max_size=8))
def test_a_phrase_without_gaps_is_found_just_where_its_words_stand_together(
    phrase: list[str], words: list[str]
) -> None:
    starts = [n for n in range(len(words)) if words[n : n + len(phrase)] == phrase]
    assert [hit.start for hit in phrases_of([(" ".join(phrase), None)]).find(words)] == starts


def test_an_ip_address_is_one_word_and_leaves_room_in_a_gap() -> None:
    assert split("client [192.0.2.7] blocked, status 5.7.1") == [
        "client",
        "192.0.2.7",
        "blocked",
        "status",
        "5",
        "7",
        "1",
    ]
