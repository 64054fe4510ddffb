from __future__ import annotations

from typing import get_args

from gatepost.cli.explaining import words
from gatepost.maillog.event import Result
from gatepost.reply import knowledge
from gatepost.reply.explanation import Class, Confidence, Direction, Retry, Side


def test_there_are_words_for_every_value() -> None:
    assert set(words.CLASSES) == set(get_args(Class))
    assert set(words.SIDES) == set(words.MOVES) == set(get_args(Side))
    assert set(words.RETRY) == set(get_args(Retry))
    assert set(words.SURE) == set(get_args(Confidence))
    assert set(words.SAID_BY) == set(get_args(Direction))
    assert set(words.RESULTS) == set(words.RESULTS_AT_LENGTH) == set(get_args(Result)) - {""}


def test_systems_are_written_as_their_makers_do() -> None:
    assert [words.system(name) for name in ("opensmtpd", "postfix")] == ["OpenSMTPD", "Postfix"]


def test_a_cause_has_its_title_and_one_that_is_new_its_name() -> None:
    assert words.title("greylist") == knowledge.causes()["greylist"].title
    assert words.title("of_tomorrow") == "of_tomorrow"


def test_numbers_are_counted_in_words() -> None:
    assert [words.counted(1, "line"), words.counted(1200, "line"), words.counted(2, "reply", "replies")] == [
        "1 line",
        "1,200 lines",
        "2 replies",
    ]


def test_a_moment_is_written_as_people_do() -> None:
    assert words.moment("2026-11-23T15:05:55.123+01:00") == "2026-11-23 15:05:55"


def test_the_first_sentence_ends_at_its_full_stop() -> None:
    assert words.first_sentence("Free disk. Then wait.") == "Free disk."
    assert words.first_sentence("Look at bl.example; all at once.") == "Look at bl.example; all at once."
