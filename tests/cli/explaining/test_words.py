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


def test_the_beginning_of_a_text_ends_at_a_sentence_or_else_at_a_word() -> None:
    assert words.first("Free disk. Then wait.", 40) == "Free disk. Then wait."
    assert words.first("Free the disk. Then wait.", 20) == "Free the disk."
    assert words.first("No. Look at bl.example, and ask", 26) == "No. Look at bl.example …"


def test_what_to_do_follows_from_who_said_it() -> None:
    relaying = {words.action("relay_denied", direction) for direction in get_args(Direction)}
    assert len(relaying) > 1
    assert words.action("of_tomorrow", "sent") == words.meaning("of_tomorrow") == ""
    assert words.meaning("greylist") == knowledge.causes()["greylist"].meaning
