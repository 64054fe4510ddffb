"""Rules about text are checked when the settings are read."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from gatepost.checks.content.text_settings import TextSettings


def settings(**rule: object) -> TextSettings:
    return TextSettings.model_validate({"rule": [{"name": "r", **rule}]})


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({}, "must have one of pattern, words"),
        ({"pattern": "a", "words": ["b"]}, "must have one of pattern, words"),
        ({"pattern": "a", "where": "attic"}, "'attic' is no place"),
        ({"pattern": "a", "where": "header a:b"}, "is no place"),
        ({"words": ["a"], "where": "raw"}, "can only have a pattern"),
        ({"pattern": "a", "disregard_marks": True}, "says itself which letters it means"),
        ({"kind": "passport"}, "'passport' is no kind of number"),
        ({"kind": "card", "finding": "text-blocked"}, "leave finding out"),
        ({"pattern": "(a"}, "the pattern of the rule 'r'"),
        ({"words_file": "/nowhere/words"}, "the words of the rule 'r' in /nowhere/words: No such file"),
        ({"pattern": "a", "name": "a\nb"}, "is no name for a rule"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_the_reason(rule: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        settings(**rule)


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="two rules are called 'r'"):
        TextSettings.model_validate({"rule": [{"name": "r", "pattern": "a"}] * 2})


def test_words_come_from_a_file_too(tmp_path: Path) -> None:
    file = tmp_path / "words"
    file.write_text("\ufefflottery # all of it\n\n# a remark\nfree money\n", encoding="utf-8")
    [rule] = settings(words_file=str(file), words=["prize"]).rule
    assert rule.wanted().words == ("prize", "lottery", "free money")
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ValidationError, match="it is not in UTF-8"):
        settings(words_file=str(file))


def test_the_name_of_a_field_is_known_in_either_case() -> None:
    [rule] = settings(where="header X-Mailer", pattern="a").rule
    assert rule.where == "header x-mailer"
