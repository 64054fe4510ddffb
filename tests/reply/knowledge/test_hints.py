from __future__ import annotations

import math

from gatepost.reply.knowledge import Rule
from gatepost.reply.knowledge.hints import COMMON, hints, telling


def rule(cause: str, phrases: str, *examples: str) -> Rule:
    return Rule(cause=cause, phrases=phrases, source="here", examples=examples)


def test_a_word_hints_at_the_cause_whose_rules_have_it() -> None:
    found = hints([rule("virus", "trojan found"), rule("moved", "has moved"), rule("moved", "new address")])
    assert [cause for cause, _ in found["trojan"]] == ["virus"]
    assert all(weight > 0 for causes in found.values() for _, weight in causes)


def test_a_word_of_many_causes_tells_less_than_a_word_of_one() -> None:
    found = hints([rule("virus", "found trojan"), rule("moved", "found elsewhere"), rule("moved", "gone")])
    assert dict(found["found"])["moved"] < dict(found["found"])["virus"]  # "moved" has more words to share
    assert dict(found["trojan"])["virus"] == dict(found["found"])["virus"]
    assert math.isclose(dict(found["gone"])["moved"], dict(found["elsewhere"])["moved"])


def test_examples_teach_as_well_but_no_addresses_and_numbers() -> None:
    found = hints([rule("virus", "infected", "550 5.7.1 <worm@example.org>: a Trojan horse")])
    assert found.keys() == {"infected", "trojan", "horse"}


def test_both_words_of_an_alternative_hint() -> None:
    assert hints([rule("virus", "infected|sick * file")]).keys() == {"infected", "sick", "file"}


def test_what_is_not_known_teaches_nothing() -> None:
    assert hints([rule("unknown", "some error")]) == {}


def test_a_word_that_many_causes_have_tells_nothing() -> None:
    rules = [rule(f"cause{number}", f"please say{number}") for number in range(COMMON)]
    assert "please" in hints(rules[:-1])
    assert "please" not in hints(rules)


def test_greylisting_is_never_guessed() -> None:
    assert hints([rule("greylist", "come back later")]) == {}


def test_numbers_gaps_and_letters_do_not_tell() -> None:
    assert [word for word in ("550", "*", "a", "s3150", "spam") if telling(word)] == ["spam"]
