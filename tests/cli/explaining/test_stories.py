from __future__ import annotations

import datetime as dt

import click
import pytest

from gatepost.cli.explaining.stories import lines, matching
from gatepost.maillog.event import Event
from gatepost.maillog.reading import Reading

LOG = """\
Nov 23 15:05:54 gw postfix/smtpd[6220]: BB44D28E117: client=mail.example.org[192.0.2.9]
Nov 23 15:05:54 gw postfix/cleanup[6225]: BB44D28E117: message-id=<20261123.1@example.org>
Nov 23 15:05:54 gw postfix/qmgr[6226]: BB44D28E117: from=<a@example.org>, size=1234, nrcpt=1 (queue active)
Nov 23 15:05:54 gw postfix/qmgr[6226]: 4F2C128E118: from=<c@example.org>, size=99, nrcpt=1 (queue active)
Nov 23 15:05:55 gw postfix/smtp[6228]: BB44D28E117: to=<b@example.net>, relay=mx.example.net[192.0.2.1]:25, \
delay=0.09, delays=0.02/0.07/0/0, dsn=5.1.1, status=bounced (host mx.example.net[192.0.2.1] said: \
550 5.1.1 No such user (in reply to RCPT TO command))
Nov 23 15:05:55 gw postfix/qmgr[6226]: BB44D28E117: removed
"""


def events() -> list[tuple[str, Event | None]]:
    reading = Reading(dt.date(2026, 11, 24))
    return [(line, reading.read(line)) for line in LOG.splitlines()]


@pytest.mark.parametrize(
    "what",
    [
        "BB44D28E117",
        "bb44d28e117",
        "<20261123.1@example.org>",
        "B@example.net",
        "<a@example.org>",
        "@example.net",
    ],
)
def test_a_message_is_found_by_what_someone_knows_of_it(what: str) -> None:
    assert [story.keys for story in matching(what, events())] == [("BB44D28E117",)]


@pytest.mark.parametrize("what", ["nobody@example.org", "@ample.net", "", "BB44"])
def test_what_is_about_no_message_finds_none(what: str) -> None:
    assert list(matching(what, events())) == []


def test_a_domain_finds_all_its_messages() -> None:
    assert len(list(matching("@example.org", events()))) == 2


def test_a_story_tells_how_it_went_and_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    told = [click.unstyle(line) for story in matching("BB44D28E117", events()) for line in lines(story)]
    assert "Message from a@example.org" in told[0]
    assert "given up for b@example.net" in " ".join(told)
    assert max(map(len, told)) <= 80
