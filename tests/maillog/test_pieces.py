"""What lines of many systems share: codes, steps, times, addresses."""

from __future__ import annotations

import pytest

from gatepost.maillog.pieces import bare, code_and_enhanced, moment, seconds_of, stage_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("550 5.7.1 refused", (550, "5.7.1")),
        ("550-5.7.1 refused", (550, "5.7.1")),
        ("550 #5.7.1 refused", (550, "5.7.1")),
        ("550 (5.7.1) refused", (550, "5.7.1")),
        ("550: 5.7.1: refused", (550, "5.7.1")),
        ("550", (550, "")),
        ("421 mx.example.com 4.7.0 later", (421, "")),
        ("553 sorry (#5.7.1)", (553, "")),
        ("550 5.7.1.2 is no enhanced code", (550, "")),
        ("550 192.0.2.7 is listed", (550, "")),
        ("5500 messages", (0, "")),
        ("550.1", (0, "")),
        ("192.0.2.1 refused", (0, "")),
        ("no such user", (0, "")),
        ("", (0, "")),
    ],
)
def test_the_codes_are_those_a_reply_begins_with(text: str, expected: tuple[int, str]) -> None:
    assert code_and_enhanced(text) == expected


@pytest.mark.parametrize(
    ("words", "stage"),
    [
        ("RCPT", "rcpt"),
        ("RCPT TO:<x@example.org>", "rcpt"),
        ("MAIL FROM:<>", "mail"),
        ("EHLO mail.example.org", "helo"),
        ("DATA", "data"),
        ("END-OF-MESSAGE", "content"),
        ("end of data", "content"),
        (".", "content"),
        ("CONNECT", "connect"),
        ("VRFY", "unknown"),
        ("", "unknown"),
        ("what is this", "unknown"),
    ],
)
def test_a_command_names_its_step(words: str, stage: str) -> None:
    assert stage_of(words) == stage


@pytest.mark.parametrize(
    ("clock", "seconds"),
    [
        ("00:01:30", 90.0),
        ("2+01:00:00", 176_400.0),
        ("1m30s", 90.0),
        ("1d2h", 93_600.0),
        ("0s", 0.0),
        ("1.5s", 1.5),
        ("", None),
        ("soon", None),
    ],
)
def test_a_delay_is_given_in_seconds(clock: str, seconds: float | None) -> None:
    assert seconds_of(clock) == seconds


def test_the_null_reverse_path_keeps_its_brackets() -> None:
    assert bare("<>") == "<>"
    assert bare("<x@example.org>") == "x@example.org"
    assert bare("x@example.org") == "x@example.org"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "1970-01-01T00:00:00"),
        (1_795_440_605, "2026-11-23T13:30:05"),
        (253_402_300_799, "9999-12-31T23:59:59"),
        (253_402_300_800, ""),
        (-1, ""),
        (1 << 70, ""),
    ],
)
def test_seconds_since_1970_are_a_moment_while_the_calendar_has_years_for_them(
    seconds: int, told: str
) -> None:
    assert moment(seconds) == told
