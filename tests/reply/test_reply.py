from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gatepost.reply.reply import Reply


def test_a_reply_of_one_line_has_code_status_and_text() -> None:
    assert Reply(550, "5.1.1", "no such mailbox").wire() == b"550 5.1.1 no such mailbox\r\n"


def test_a_reply_without_enhanced_status_keeps_the_plain_form() -> None:
    assert Reply(354, "", "go on").wire() == b"354 go on\r\n"


def test_every_line_of_a_multiline_reply_has_code_and_status() -> None:
    assert Reply(214, "2.0.0", "one\ntwo\nthree").wire() == (
        b"214-2.0.0 one\r\n214-2.0.0 two\r\n214 2.0.0 three\r\n"
    )


def test_a_reply_reads_as_one_line() -> None:
    assert str(Reply(250, "", "mx.example.org\nSIZE 1")) == "250 mx.example.org SIZE 1"


@given(st.integers(200, 599))
def test_the_first_digit_decides(code: int) -> None:
    reply = Reply(code)
    assert reply.positive == (str(code)[0] in "23")
    assert reply.permanent == (str(code)[0] == "5")
