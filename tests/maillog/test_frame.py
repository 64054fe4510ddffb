"""Every frame that a line may stand in comes off, and what has none stays whole."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.frame import Frame, unframe

TODAY = dt.date(2026, 11, 23)
SAID = "AB12: hello"


def told(line: str) -> tuple[str, str, str, str]:
    frame = unframe(line, TODAY)
    assert frame.raw == line
    assert frame.message == SAID
    return frame.time, frame.host, frame.program, frame.pid


@pytest.mark.parametrize(
    ("opening", "expected"),
    [
        ("Nov 23 15:05:56 gw postfix/smtp[62]: ", ("2026-11-23T15:05:56", "gw", "postfix/smtp", "62")),
        ("Nov  3 15:05:56 gw exim: ", ("2026-11-03T15:05:56", "gw", "exim", "")),
        ("Nov 23 15:05:56 2001:db8::1 exim: ", ("2026-11-23T15:05:56", "2001:db8::1", "exim", "")),
        ("Nov 23 2025 15:05:56 gw exim[1]: ", ("2025-11-23T15:05:56", "gw", "exim", "1")),
        ("Nov 23 15:05:56.123456 gw exim[1]: ", ("2026-11-23T15:05:56.123456", "gw", "exim", "1")),
        ("<22>Nov 23 15:05:56 gw exim[1]: ", ("2026-11-23T15:05:56", "gw", "exim", "1")),
        ("Nov 23 15:05:56 <mail.notice> gw sm-mta[2]: ", ("2026-11-23T15:05:56", "gw", "sm-mta", "2")),
        ("Nov 23 15:05:56 gw mail.info sm-mta[2]: ", ("2026-11-23T15:05:56", "gw", "sm-mta", "2")),
        (
            "Nov 23 15:05:56 gw sendmail[2]: [ID 801593 mail.info] ",
            ("2026-11-23T15:05:56", "gw", "sendmail", "2"),
        ),
        ("Nov 23 15:05:56 imap-login: ", ("2026-11-23T15:05:56", "", "imap-login", "")),
        ("Nov 23 15:05:56 auth-worker(77): ", ("2026-11-23T15:05:56", "", "auth-worker", "")),
        ("2026-11-23T15:05:56.1+01:00 gw exim[1]: ", ("2026-11-23T15:05:56.1+01:00", "gw", "exim", "1")),
        ("2026-11-23T15:05:56+0100 gw exim[1]: ", ("2026-11-23T15:05:56+01:00", "gw", "exim", "1")),
        ("2026-11-23T15:05:56Z gw exim: ", ("2026-11-23T15:05:56+00:00", "gw", "exim", "")),
        ("2026-11-23 15:05:56 gw exim[1]: ", ("2026-11-23T15:05:56", "gw", "exim", "1")),
        ("<22>1 2026-11-23T15:05:56Z gw exim 1 - - ", ("2026-11-23T15:05:56+00:00", "gw", "exim", "1")),
        ("<22>1 - - exim - - - ", ("", "", "exim", "")),
        ("99 <22>1 2026-11-23T15:05:56Z gw exim 1 - - ", ("2026-11-23T15:05:56+00:00", "gw", "exim", "1")),
        (
            '<22>1 2026-11-23T15:05:56Z gw exim 1 ID9 [a@1 x="y]\\" z"][b@2] \ufeff',
            ("2026-11-23T15:05:56+00:00", "gw", "exim", "1"),
        ),
        ("Mon 2026-11-23 15:05:56 CET gw exim[1]: ", ("2026-11-23T15:05:56", "gw", "exim", "1")),
        ("1795440605.123456 gw exim[1]: ", ("2026-11-23T13:30:05.123456+00:00", "gw", "exim", "1")),
        ("[   12.345678] gw exim[1]: ", ("", "gw", "exim", "1")),
        ("postfix/smtp[1]: ", ("", "", "postfix/smtp", "1")),
        ("2026-11-23T15:05:56.1Z stdout F ", ("2026-11-23T15:05:56.1+00:00", "", "", "")),
        ("2026-11-23T15:05:56.1Z stderr F exim[1]: ", ("2026-11-23T15:05:56.1+00:00", "", "exim", "1")),
        (
            "2026-11-23T14:05:56.1Z stdout F Nov 23 15:05:56 gw exim[1]: ",
            ("2026-11-23T15:05:56", "gw", "exim", "1"),
        ),
        ("mail-1  | Nov 23 15:05:56 gw exim[1]: ", ("2026-11-23T15:05:56", "gw", "exim", "1")),
        ("", ("", "", "", "")),
    ],
)
def test_a_frame_comes_off(opening: str, expected: tuple[str, str, str, str]) -> None:
    assert told(opening + SAID) == expected


def test_a_time_that_stands_alone_comes_off() -> None:
    frame = unframe("Nov 23 15:05:56 lmtp(u@example.org)<1><x>: Info: hello", TODAY)
    assert (frame.time, frame.program) == ("2026-11-23T15:05:56", "")
    assert frame.message == "lmtp(u@example.org)<1><x>: Info: hello"


def test_an_entry_of_the_journal_is_read_as_json_and_as_export() -> None:
    expected = ("2026-11-23T13:30:05.123456+00:00", "gw", "postfix/smtp", "62")
    fields = '"__REALTIME_TIMESTAMP":"1795440605123456","_HOSTNAME":"gw","SYSLOG_IDENTIFIER":"postfix/smtp"'
    assert told(f'{{{fields},"_PID":"62","MESSAGE":"{SAID}"}}') == expected
    assert told(f'{{{fields},"_PID":"62","MESSAGE":{list(SAID.encode())}}}') == expected
    assert (
        told(
            "__CURSOR=\n__REALTIME_TIMESTAMP=1795440605123456\n_HOSTNAME=gw\nSYSLOG_IDENTIFIER=postfix/smtp\n"
            f"_PID=62\nMESSAGE={SAID}"
        )
        == expected
    )


def test_what_docker_keeps_as_json_is_unpacked_and_its_inner_frame_too() -> None:
    inner = "Nov 23 15:05:56 gw exim[1]: AB12: hello\\n"
    line = f'{{"log":"{inner}","stream":"stdout","time":"2026-11-23T14:05:56.1Z"}}'
    assert told(line) == ("2026-11-23T15:05:56", "gw", "exim", "1")
    line = '{"log":"AB12: hello\\n","stream":"stdout","time":"2026-11-23T14:05:56.1Z"}'
    assert told(line)[0] == "2026-11-23T14:05:56.1Z"


@pytest.mark.parametrize(
    "line",
    [
        "550 5.1.1 no such user",
        "2026-11-23 15:05:56 1abcDE-0000000XX-00 <= a@example.org H=mx [192.0.2.1]",
        '{"type":"held","time":1.5,"session":"35ahjhz1g0700"}',
        '{"MESSAGE":',
        '{"log":{}',
        "<999999>nothing",
        "-- Boot 0123456789abcdef --",
        "Foo 23 15:05:56 gw exim[1]: no month",
        "Nov 31 15:05:56 gw exim[1]: no day",
    ],
)
def test_what_has_no_known_frame_is_all_message(line: str) -> None:
    assert unframe(line, TODAY) == Frame(line, line)


@pytest.mark.parametrize(
    ("day", "year"),
    [("Nov 23", 2026), ("Nov 24", 2026), ("Nov 25", 2025), ("Jan  1", 2026), ("Feb 29", 2024)],
)
def test_the_year_left_out_puts_a_line_no_more_than_a_day_ahead(day: str, year: int) -> None:
    assert unframe(f"{day} 15:05:56 gw exim[1]: x", TODAY).time.startswith(f"{year}-")


def test_the_first_of_january_is_tomorrow_on_the_last_of_december() -> None:
    frame = unframe("Jan  1 00:00:01 gw exim[1]: x", dt.date(2026, 12, 31))
    assert frame.time == "2027-01-01T00:00:01"


@given(st.text() | st.text(alphabet=' :[]<>{}"=-|0123456789TZNov\\\n_ab', max_size=200))
def test_any_text_has_a_frame(line: str) -> None:
    frame = unframe(line, TODAY)
    assert frame.raw == line
    assert len(frame.message) <= len(line)
