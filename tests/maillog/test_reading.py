"""A log of any system is read line by line, several systems in one file too."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.reading import Reading

TODAY = dt.date(2026, 11, 23)
AT = "Nov 23 15:05:56 gw"
LINES = [
    (f"{AT} postfix/smtpd[1]: connect from mx.example.com[192.0.2.1]", "postfix"),
    ("2026-11-23 15:05:56 1abcDE-0000000XXXX-00AA <= a@example.org H=mx [192.0.2.1] P=esmtp S=500", "exim"),
    (
        f"{AT} sm-mta[1]: 3ANF5uXX001234: to=<b@example.net>, mailer=esmtp, dsn=2.0.0, stat=Sent (ok)",
        "sendmail",
    ),
    (f'{AT} smtpd[1]: 0123456789abcdef smtp failed-command command="DATA" result="503 no"', "opensmtpd"),
    ("@400000006922e5a10a8b9c04 delivery 5: success: did_1+0+0/", "qmail"),
    (f"{AT} dovecot: lda(u@example.org): msgid=<m@example.org>: saved mail to INBOX", "dovecot"),
    (
        '{"type":"held","time":1795440605.5,"session":"35ahjhz1g0700","recipients":[],"reason":"x"}',
        "gatepost",
    ),
    ("550 5.1.1 no such user", "plain"),
]


@pytest.mark.parametrize(("line", "system"), LINES)
def test_the_system_is_found_by_the_line(line: str, system: str) -> None:
    event = Reading(TODAY).read(line)
    assert event is not None
    assert event.system == system


def test_lines_of_several_systems_may_follow_each_other() -> None:
    reading = Reading(TODAY)
    order = LINES + LINES[::-1] + LINES[::3]
    events = [reading.read(line) for line, _ in order]
    assert [event.system if event is not None else None for event in events] == [
        system for _, system in order
    ]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\x00\x01",
        f"{AT} sshd[1]: Accepted publickey for root",
        f"{AT} cron[1]: 550 jobs",
        "May the force",
    ],
)
def test_a_line_of_no_mail_system_is_no_event(line: str) -> None:
    assert Reading(TODAY).read(line) is None


@given(st.lists(st.text() | st.sampled_from([line for line, _ in LINES]), max_size=5), st.integers(0, 200))
def test_cut_and_mixed_lines_are_read_or_passed_over(lines: list[str], length: int) -> None:
    reading = Reading(TODAY)
    for line in lines:
        for text in (line, line[:length], line[length:]):
            event = reading.read(text)
            assert event is None or event.code == 0 or 200 <= event.code <= 599
