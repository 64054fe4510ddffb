"""Dialogues written down: which command a reply answers, which envelope it is about, what becomes of the message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.dialogue import SESSIONS, Answer, Dialogue, Dialogues, fate, is_reply, one_line
from gatepost.reply.explanation import Direction


def answers(*lines: str) -> list[Answer]:
    """Give the replies to "C: ..." and "S: ..." lines, from the greeting on."""
    dialogue = Dialogue()
    dialogue.begin()
    given = []
    for line in lines:
        who, words = line[:2], line[3:]
        if who == "C:":
            dialogue.command(words)
        elif (answer := dialogue.reply(words)) is not None:
            given.append(answer)
    return given


def test_each_reply_gets_the_step_it_answers_and_the_envelope() -> None:
    told = answers(
        "S: 220 mx.example.com ESMTP",
        "C: EHLO out.example.org",
        "S: 250-mx.example.com",
        "S: 250 SIZE",
        "C: MAIL FROM:<a@example.org> SIZE=9",
        "S: 250 2.1.0 Ok",
        "C: RCPT TO:<b@example.com>",
        "S: 250 2.1.5 Ok",
        "C: DATA",
        "S: 354 go on",
        "S: 554 5.7.1 spam",
        "C: QUIT",
        "S: 221 bye",
    )
    assert [one.stage for one in told] == ["connect", "helo", "mail", "rcpt", "data", "content", "quit"]
    assert told[1].text == "250 mx.example.com SIZE"
    assert told[5] == Answer("554 5.7.1 spam", 554, "5.7.1", "content", "a@example.org", "b@example.com")


def test_pipelined_commands_are_answered_in_their_order() -> None:
    told = answers(
        "S: 220 x",
        "C: MAIL FROM:<>",
        "C: RCPT TO:<a@example.com>",
        "C: RCPT TO:<b@example.com>",
        "S: 250 ok",
        "S: 550 5.1.1 no",
        "S: 250 ok",
    )
    assert [(one.stage, one.code, one.recipient) for one in told[1:]] == [
        ("mail", 250, ""),
        ("rcpt", 550, "a@example.com"),
        ("rcpt", 250, "b@example.com"),
    ]
    assert told[2].sender == "<>"


def test_a_content_for_several_recipients_is_of_none_of_them() -> None:
    told = answers(
        "S: 220 x", "C: MAIL FROM:<a@example.org>", "S: 250 ok",
        "C: RCPT TO:<b@example.com>", "S: 250 ok", "C: RCPT TO:<c@example.com>", "S: 250 ok",
        "C: DATA", "S: 354 go", "C: RCPT TO:<in@the.text>", "S: 250 taken",
    )  # fmt: skip
    assert (told[-1].stage, told[-1].recipient, told[-1].sender) == ("content", "", "a@example.org")


def test_the_lines_after_a_challenge_are_no_commands() -> None:
    told = answers(
        "S: 220 x",
        "C: AUTH LOGIN",
        "S: 334 VXNlcm5hbWU6",
        "C: bWFpbA==",
        "S: 535 5.7.8 no",
        "C: QUIT",
        "S: 221 x",
    )
    assert [one.stage for one in told] == ["connect", "auth", "auth", "quit"]


def test_a_chunk_is_content() -> None:
    assert answers("S: 220 x", "C: BDAT 5 LAST", "S: 552 5.3.4 too big")[1].stage == "content"


@pytest.mark.parametrize(
    ("line", "stage"), [("535 5.7.3 no", "auth"), ("220 x", "connect"), ("550 5.1.1 no", "unknown")]
)
def test_a_reply_without_a_command_is_told_by_its_code_alone(line: str, stage: str) -> None:
    answer = Dialogue().reply(line)
    assert answer is not None
    assert answer.stage == stage


def test_too_many_sessions_forget_the_oldest() -> None:
    dialogues = Dialogues()
    first = dialogues.of("first")
    for number in range(SESSIONS):
        dialogues.of(str(number))
    assert dialogues.of("first") is not first
    last = dialogues.of("last")
    assert dialogues.of("last") is last
    dialogues.end("last")
    assert dialogues.of("last") is not last


@pytest.mark.parametrize(
    ("direction", "stage", "code", "result"),
    [
        ("sent", "rcpt", 550, "rejected"),
        ("sent", "connect", 421, "rejected"),
        ("sent", "content", 250, "accepted"),
        ("sent", "rcpt", 250, ""),
        ("received", "content", 250, "delivered"),
        ("received", "content", 451, "deferred"),
        ("received", "rcpt", 550, "bounced"),
        ("received", "connect", 554, "bounced"),
        ("received", "auth", 535, "deferred"),
        ("received", "starttls", 454, ""),
        ("received", "helo", 502, ""),
        ("received", "data", 354, ""),
        ("received", "quit", 500, ""),
    ],
)
def test_what_a_reply_makes_of_a_message(direction: Direction, stage: str, code: int, result: str) -> None:
    assert fate(direction, stage, code) == result


def test_lines_are_joined_without_their_codes() -> None:
    assert one_line(["550-5.1.1 a", "550-5.1.1 b ", "550 5.1.1 c"]) == "550 5.1.1 a b c"
    assert one_line(["550-a", "551 b"]) == "550 a 551 b"
    assert one_line(["words", "more"]) == "words more"
    assert one_line(["550"]) == "550"


def test_the_form_of_a_reply() -> None:
    assert [is_reply(words) for words in ("550 no", "250-x", "221", "5500", "RCPT", "650 x")] == [
        True
    ] * 3 + [False] * 3


@given(
    st.lists(
        st.tuples(
            st.sampled_from("CS"),
            st.sampled_from(["", "RCPT TO:<a@b>", "DATA", "354 x", "334 x", "250-x", "250 x", "AUTH"]),
        )
    )
)
def test_any_order_of_lines_is_followed_in_bounds(lines: list[tuple[str, str]]) -> None:
    dialogue = Dialogue()
    for who, words in lines * 20:
        if who == "C":
            dialogue.command(words)
        else:
            answer = dialogue.reply(words)
            assert answer is None or len(answer.text) < 1000
