"""What rules look for is compiled once, bounded, and refused with a reason that helps."""

from __future__ import annotations

import pytest

from gatepost.checks.content.patterns import OVERLAP, PIECE, PatternError, Patterns, Place, Wanted


def candidates(patterns: Patterns, place: str, text: str | bytes, *, bare: bool = False) -> set[int]:
    return {number for some in patterns.candidates(Place(place, bare), text) for number in some}


def matches(wanted: Wanted, text: str, most: int = 10) -> list[str]:
    patterns = Patterns([wanted])
    if not candidates(patterns, wanted.where, text):
        return []
    octets = text.encode()
    return [octets[start:end].decode() for start, end in patterns.found(0, text, most)]


@pytest.mark.parametrize(
    ("word", "text", "found"),
    [
        ("lottery", "Lottery, LOTTERY; lottery lottery", ["Lottery", "LOTTERY", "lottery", "lottery"]),
        ("lottery", "lotterys xlottery lottery2 lottery_", []),
        ("free money", "Free \n money", ["Free \n money"]),
        ("c++", "C++ is c++.", ["C++", "c++"]),
        ("$$$", "a$$$b", ["$$$"]),
        ("приз", "Ваш ПРИЗ, призы", ["ПРИЗ"]),
        ("彩票", "中国彩票站", ["彩票"]),
        ("ลอตเตอรี่", "ซื้อลอตเตอรี่วันนี้", ["ลอตเตอรี่"]),
        ("대출", "무료대출은", ["대출"]),
        ("\uff57in", "win", ["win"]),
    ],
)
def test_words_are_whole_in_any_script(word: str, text: str, found: list[str]) -> None:
    assert matches(Wanted("r", "body", words=(word,)), text) == found


def test_words_of_several_scripts_stand_in_one_rule() -> None:
    wanted = Wanted("r", "body", words=("lottery", "彩票", "c++"))
    assert matches(wanted, "a 彩票 c++ lottery") == ["彩票", "c++", "lottery"]


def test_each_place_has_one_automaton_for_all_rules_about_it() -> None:
    patterns = Patterns(
        [
            Wanted("a", "subject", pattern="alpha"),
            Wanted("b", "any", pattern="beta"),
            Wanted("c", "header x-mailer", pattern="gamma"),
            Wanted("d", "raw", pattern="d\u00e9lta"),
        ]
    )
    assert candidates(patterns, "subject", "alpha beta gamma") == {0, 1}
    assert candidates(patterns, "files", "alpha beta gamma") == {1}
    assert candidates(patterns, "header x-mailer", "alpha beta gamma") == {2}
    assert candidates(patterns, "raw", b"\xff d\xc3\xa9lta \xfe") == {3}
    assert candidates(patterns, "raw", b"alpha") == set()


def test_what_lies_across_two_pieces_is_found() -> None:
    patterns = Patterns([Wanted("a", "body", pattern="needle")])
    for at in range(PIECE - OVERLAP - 10, PIECE + 10):
        text = f"{'x' * at}needle{'x' * PIECE}"
        assert candidates(patterns, "body", text) == {0}
        assert list(patterns.found(0, text, 5)) == [(at, at + 6)]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (
            Wanted("r", "body", pattern="(a"),
            r"rule 'r' is not one that RE2 takes \(missing \): \(a\); correct",
        ),
        (Wanted("r", "body", pattern="(?=a)b"), "look-around and back references are not in its syntax"),
        (Wanted("r", "body", pattern=r"(a)\1"), "is not one that RE2 takes"),
        (Wanted("r", "body", pattern="(a{1000}){1000}"), "is not one that RE2 takes"),
        (
            Wanted("r", "body", pattern=r"\p{L}{200}"),
            "instructions, 20,000 are allowed; repeat less|RE2 takes",
        ),
        (Wanted("r", "body", pattern="a*"), "matches an empty text"),
        (Wanted("r", "body", words=("a" * 201,)), "a word has 1 to 200 characters"),
        (Wanted("r", "body", words=("\u200b",)), "a word has 1 to 200 characters"),
        (Wanted("r", "body", words=tuple([f"w{n}" for n in range(10_001)])), "has more than 10,000 words"),
    ],
)
def test_a_rule_that_cannot_be_searched_for_is_refused_with_what_to_do(wanted: Wanted, words: str) -> None:
    with pytest.raises(PatternError, match=words):
        Patterns([wanted])


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+b", "(?s)(.*)*x", "(x+x+)+y"])
def test_patterns_that_ruin_other_engines_are_linear_here(pattern: str) -> None:
    patterns = Patterns([Wanted("r", "body", pattern=f"q{pattern}")])
    assert candidates(patterns, "body", "a" * 1_000_000 + "x" * 1_000_000) == set()
    assert list(patterns.found(0, "q" + "a" * 100_000 + "!", 3)) in ([], [(0, 2)])
