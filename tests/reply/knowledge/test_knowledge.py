from __future__ import annotations

import re
from collections import Counter

import pytest

from gatepost.reply import knowledge
from gatepost.reply.parse import parse
from gatepost.reply.words import Phrases, index, split, without_addresses

CODES_OF_THE_STANDARDS = {
    *(
        211,
        214,
        220,
        221,
        235,
        250,
        251,
        252,
        253,
        334,
        354,
        421,
        432,
        450,
        451,
        452,
        453,
        454,
        455,
        458,
        459,
    ),
    *(500, 501, 502, 503, 504, 521, 523, 524, 525, 530, 534, 535, 538, 550, 551, 552, 553, 554, 555, 556),
}


def test_there_are_38_causes_and_unknown_is_one() -> None:
    assert len(knowledge.causes()) == 38
    assert "unknown" in knowledge.causes()


def test_every_code_of_the_standards_is_known() -> None:
    assert CODES_OF_THE_STANDARDS - knowledge.codes().keys() == set()


def test_every_registered_enhanced_code_is_known() -> None:
    last = {0: 0, 1: 10, 2: 4, 3: 6, 4: 7, 5: 6, 6: 10, 7: 30}
    registered = {f"{s}.{d}" for s, end in last.items() for d in range(end + 1)}
    assert set(knowledge.enhanced()) == registered


def test_all_that_is_named_as_a_cause_is_one() -> None:
    named = {c for code in knowledge.codes().values() for c in code.causes}
    named |= {c for code in knowledge.codes().values() for cs in code.by_stage.values() for c in cs}
    named |= {e.cause for e in knowledge.enhanced().values() if e.cause}
    named |= {c for rule in knowledge.rules() for c in (rule.cause, *rule.also)}
    assert named - knowledge.causes().keys() == set()


def test_a_code_of_failure_names_causes_and_a_code_of_success_none() -> None:
    for number, code in knowledge.codes().items():
        assert bool(code.causes) == (number >= 400 and number != 453)


def test_every_cause_has_words_that_give_it_away() -> None:
    assert {rule.cause for rule in knowledge.rules()} == knowledge.causes().keys()


def test_the_words_are_whole_sentences_with_references() -> None:
    for cause in knowledge.causes().values():
        assert 0 < len(cause.title) <= 45
        assert not cause.title.endswith(".")
        assert cause.meaning.endswith(".")
        assert cause.action.endswith(".")
        assert cause.references
    for code in knowledge.codes().values():
        assert code.meaning.endswith(".")
        assert code.action.endswith(".")
        assert code.references


def test_phrases_are_lower_case_words_and_do_not_begin_or_end_in_a_gap() -> None:
    word = r"(?:[^\W_A-Z]+(?:'\w+)?|[0-9.]+)"
    part = rf"(?:\*|{word}(?:\|{word})*)"
    written = [each.phrases for each in knowledge.rules()] + [each.phrases for each in knowledge.marks()]
    for phrases in written:
        for phrase in phrases.split(","):
            words = phrase.split()
            assert words, phrases
            assert all(re.fullmatch(part, word) for word in words), phrase
            assert "*" not in (words[0], words[-1]), phrase


def test_a_phrase_stands_in_one_place() -> None:
    stands = Counter(
        (" ".join(phrase.split()), rule.speaker, rule.only, rule.enhanced)
        for rule in knowledge.rules()
        for phrase in rule.phrases.split(",")
    )
    assert [phrase for phrase, times in stands.items() if times > 1] == []


def test_the_examples_of_a_rule_that_is_bound_to_a_speaker_have_its_mark() -> None:
    marks = {mark.speaker: mark.phrases for mark in knowledge.marks() if mark.speaker}
    unmarked = [
        example
        for rule in knowledge.rules()
        if rule.speaker
        for example in rule.examples
        if not _has(marks[rule.speaker], example)
    ]
    assert unmarked == []


def _has(phrases: str, text: str) -> bool:
    found = index((phrase, True) for phrase in phrases.split(","))
    return bool(Phrases(found, found.__getitem__).find(split(without_addresses(parse(text).words))))


@pytest.mark.parametrize(
    ("provider", "code", "cause"),
    [
        ("google", "5.7.27", "auth_fail"),
        ("google", "5.7.29", "tls"),
        ("google", "4.7.30", "auth_fail"),
        ("microsoft", "5.4.1", "user_unknown"),
        ("microsoft", "5.1.10", "user_unknown"),
        ("microsoft", "5.7.606", "ip_blocklist"),
        ("microsoft", "5.7.649", "ip_blocklist"),
        ("yahoo", "5.7.9", "policy"),
        ("att", "5.2.1", "user_unknown"),
    ],
)
def test_a_provider_may_mean_something_else_by_a_code(provider: str, code: str, cause: str) -> None:
    own = knowledge.meant_by(provider, code)
    assert own is not None
    assert own.cause == cause
    assert own in knowledge.meanings(code)


def test_a_provider_without_own_meanings_has_none() -> None:
    assert knowledge.meant_by("nobody", "5.7.27") is None
    assert knowledge.meant_by("google", "5.1.1") is None
