"""Replies are read however they come, and a peer that sends none is found out in bounded memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.reply.reply import Reply
from gatepost.smtp.reply_reader import MAX_LINE, MAX_LINES, BadReply, ReplyReader, shown


def read(pieces) -> list[Reply | BadReply]:
    reader = ReplyReader()
    replies: list[Reply | BadReply] = []
    for piece in pieces:
        reader.receive(piece)
        while (reply := reader.next_reply()) is not None:
            replies.append(reply)
            if isinstance(reply, BadReply):
                return replies
    return replies


@pytest.mark.parametrize(
    ("octets", "reply"),
    [
        (b"220 mx.example ESMTP\r\n", Reply(220, "", "mx.example ESMTP")),
        (b"250\r\n", Reply(250)),
        (b"250 \r\n", Reply(250)),
        (b"250 Ok\n", Reply(250, "", "Ok")),
        (b"250 2.1.0 Ok\r\n", Reply(250, "2.1.0", "Ok")),
        (b"250 2.1.0\r\n", Reply(250, "2.1.0")),
        (b"550 5.1.1\tunknown\r\n", Reply(550, "5.1.1", "unknown")),
        (b"550 5.1.1unknown\r\n", Reply(550, "", "5.1.1unknown")),
        (b"550 4.1.1 odd\r\n", Reply(550, "", "4.1.1 odd")),
        (b"354 2.0.0 go\r\n", Reply(354, "", "2.0.0 go")),
        (b"550 5.1.1000 odd\r\n", Reply(550, "", "5.1.1000 odd")),
        (b"550-5.7.1 one\r\n550-5.7.1 two\r\n550 5.7.1\r\n", Reply(550, "5.7.1", "one\ntwo\n")),
        (b"550-5.7.1 one\r\n550 5.7.10 two\r\n", Reply(550, "5.7.1", "one\n5.7.10 two")),
        (b"550-one\r\n550 5.7.1 two\r\n", Reply(550, "", "one\n5.7.1 two")),
        (b"250-mx\r\n250-PIPELINING\r\n250 SIZE 1\r\n", Reply(250, "", "mx\nPIPELINING\nSIZE 1")),
        (b"250-\r\n250\r\n", Reply(250, "", "\n")),
        (b"250-a\r\n251 b\r\n", Reply(251, "", "a\nb")),
        (b"599 caf\xc3\xa9 \xff\x1b[2J\t.\r\n", Reply(599, "", "café \ufffd?[2J .")),
        (b"250 a\rb\r\n", Reply(250, "", "a?b")),
    ],
)
def test_a_reply_is_read(cut, octets: bytes, reply: Reply) -> None:
    assert read(cut(octets)) == [reply]
    assert read(cut(octets * 3)) == [reply] * 3


@pytest.mark.parametrize(
    "octets",
    [
        b"\r\n",
        b"hello\r\n",
        b"25 a\r\n",
        b"2500 a\r\n",
        b"250_a\r\n",
        b"150 a\r\n",
        b"650 a\r\n",
        b"25\xb2 a\r\n",
        b" 250 a\r\n",
        b"\0\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"250-a\r\n350 b\r\n",
        b"250-a\r\nb\r\n",
    ],
)
def test_what_is_no_reply_is_named_and_nothing_is_read_after_it(cut, octets: bytes) -> None:
    replies = read(cut(b"220 ok\r\n" + octets + b"250 ok\r\n"))
    assert replies[0] == Reply(220, "", "ok")
    assert isinstance(replies[1], BadReply)
    assert replies[1].reason.isprintable()


def test_what_was_bad_stays_bad() -> None:
    reader = ReplyReader()
    reader.receive(b"?\r\n")
    bad = reader.next_reply()
    reader.receive(b"250 ok\r\n")
    assert reader.next_reply() is bad


def test_a_line_a_number_of_lines_and_a_size_without_bound_are_refused(cut) -> None:
    for flood, word in (
        (b"250 " + b"x" * MAX_LINE, "line"),
        (b"250-x\r\n" * (MAX_LINES + 1), "lines"),
        ((b"250-" + b"x" * 1000 + b"\r\n") * 100, "longer"),
    ):
        (bad,) = read(cut(flood))
        assert isinstance(bad, BadReply)
        assert word in bad.reason


def test_the_longest_line_and_the_most_lines_are_taken(cut) -> None:
    assert read(cut(b"250 ".ljust(MAX_LINE - 2, b"x") + b"\r\n")) == [Reply(250, "", "x" * (MAX_LINE - 6))]
    (reply,) = read(cut(b"250-x\r\n" * (MAX_LINES - 1) + b"250 x\r\n"))
    assert isinstance(reply, Reply)
    assert reply.text.count("x") == MAX_LINES


def test_clear_forgets_what_was_not_given(cut) -> None:
    reader = ReplyReader()
    for piece in cut(b"250-a\r\n250-b\r\n25"):
        reader.receive(piece)
        assert reader.next_reply() is None
    assert reader.buffered
    reader.clear()
    assert not reader.buffered
    reader.receive(b"220 ok\r\n")
    assert reader.next_reply() == Reply(220, "", "ok")
    assert not reader.buffered


def test_a_flood_of_replies_is_read_in_linear_time() -> None:
    reader = ReplyReader()
    for _ in range(50_000):
        reader.receive(b"250 o")
        reader.receive(b"k\r\n")
    replies = 0
    while reader.next_reply() is not None:
        replies += 1
    assert replies == 50_000


@given(
    st.lists(st.sampled_from([b"250", b"-", b" ", b"\r\n", b"\n", b"5", b"x", b"\xff"]), max_size=30).map(
        b"".join
    )
)
def test_the_cut_changes_nothing_for_any_octets(octets: bytes) -> None:
    assert read([octets]) == read([bytes((value,)) for value in octets])


@given(st.binary())
def test_what_is_shown_is_printable(octets: bytes) -> None:
    assert shown(octets).isprintable()
