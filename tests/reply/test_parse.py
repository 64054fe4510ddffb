from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.reply.parse import BOUND, from_reply, parse


@pytest.mark.parametrize(
    ("text", "code", "enhanced", "words"),
    [
        ("550", 550, "", ""),
        (" 550 ", 550, "", ""),
        ("5.7.1", None, "5.7.1", ""),
        ("550 5.7.1", 550, "5.7.1", ""),
        ("550 5.1.1 User unknown", 550, "5.1.1", "User unknown"),
        ("550-5.7.26 one\r\n550-5.7.26 two\r\n550 5.7.26 three", 550, "5.7.26", "one two three"),
        ("550-5.7.26 one 550 5.7.26 two", 550, "5.7.26", "one two"),
        ("421-4.7.0 Try again", 421, "4.7.0", "Try again"),
        ("553 sorry (#5.7.1)", 553, "5.7.1", "sorry (#5.7.1)"),
        ("550 (5.1.1) unknown", 550, "5.1.1", "unknown"),
        ("smtp; 550 5.1.1 unknown", 550, "5.1.1", "unknown"),
        ("550 host 192.0.2.5.4 refused", 550, "", "host 192.0.2.5.4 refused"),
        ("550 5.6.7.8 is listed", 550, "", "5.6.7.8 is listed"),
        ("554 4.2.1 odd", 554, "4.2.1", "odd"),
        ("nothing at all", None, "", "nothing at all"),
        ("203.0.113.7 timed out", None, "", "203.0.113.7 timed out"),
        ("1234 octets", None, "", "1234 octets"),
        ("", None, "", ""),
    ],
)
def test_a_reply_is_taken_apart(text: str, code: int | None, enhanced: str, words: str) -> None:
    parsed = parse(text)
    assert (parsed.code, parsed.enhanced, parsed.words.strip()) == (code, enhanced, words)


@pytest.mark.parametrize(
    ("line", "code", "enhanced"),
    [
        (
            "status=bounced (host mx.example.org[192.0.2.1] said: 552 5.2.2 full (in reply to RCPT TO command))",
            552,
            "5.2.2",
        ),
        ("dsn=4.7.5, status=deferred (Server certificate not verified)", None, "4.7.5"),
        ("SMTP error from remote mail server after RCPT TO:<x@example.org>: 550 unknown user", 550, ""),
        ("NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 450 4.7.25 Client host rejected", 450, "4.7.25"),
        ("remote server returned 554 no", 554, ""),
        ("connect to mx.example.org[192.0.2.1]:25: Connection timed out", None, ""),
    ],
)
def test_a_reply_is_found_in_a_line_of_a_log(line: str, code: int | None, enhanced: str) -> None:
    parsed = parse(line)
    assert (parsed.code, parsed.enhanced) == (code, enhanced)


def test_our_own_suffix_is_found() -> None:
    assert parse("550 5.7.1 no (relay-denied 7zq4k0v3m8x2a-1)").names() == ["relay-denied"]
    assert parse("550 5.7.1 (x) no (relay-denied) (in reply)").names() == ["relay-denied", "x"]


def test_a_reply_taken_apart_already_reads_the_same() -> None:
    assert from_reply(550, "5.1.1", "User\nunknown").words == "User unknown"
    assert from_reply(553, "", "sorry (#5.7.1)").enhanced == "5.7.1"
    assert from_reply(421, "", "").bare


@given(st.text())
def test_anything_can_be_taken_apart(text: str) -> None:
    parsed = parse(text)
    assert len(parsed.text) <= BOUND
    assert parsed.code is None or 200 <= parsed.code <= 599


@given(st.integers(200, 599), st.text(alphabet="abc ", max_size=30))
def test_a_code_in_front_is_always_found(code: int, words: str) -> None:
    assert parse(f"{code} {words}").code == code
