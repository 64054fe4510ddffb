from __future__ import annotations

import json

import pytest

from gatepost.cli.explaining.asked import Asked
from gatepost.cli.explaining.rows import Row
from gatepost.cli.explaining.single import show, told
from gatepost.reply.explanation import Context

LINE = (
    "Nov 23 15:05:55 gw postfix/smtp[6228]: BB44D28E117: to=<b@example.net>, relay=mx.example.net[192.0.2.1]:25, "
    "delay=0.09, delays=0.02/0.07/0/0, dsn=5.1.1, status=bounced (host mx.example.net[192.0.2.1] said: "
    "550 5.1.1 No such user (in reply to RCPT TO command))"
)


def test_a_pasted_line_is_explained_with_what_it_tells() -> None:
    found = told(LINE, Context())
    assert isinstance(found, Row)
    assert (found.text, found.stage, found.key) == ("550 5.1.1 No such user", "rcpt", "BB44D28E117")


@pytest.mark.parametrize("text", ["550", "5.1.1", "550 5.1.1 No such user", "some words without a code"])
def test_what_is_no_line_of_a_log_is_a_reply(text: str) -> None:
    found = told(text, Context(direction="sent"))
    assert not isinstance(found, Row)
    assert (found.text, found.direction) == (text, "sent")


def test_it_is_shown_in_words_or_as_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    show(told(LINE, Context()), Asked(as_json=True))
    assert json.loads(capsys.readouterr().out)["recipient"] == "b@example.net"
    show(told("550", Context()), Asked())
    assert "permanent: refused" in capsys.readouterr().out
    show(told(LINE, Context()), Asked(to="sender"))
    assert "b@example.net" in capsys.readouterr().out
