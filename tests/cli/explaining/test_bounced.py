from __future__ import annotations

import json

import click
import pytest

from gatepost.cli.explaining.bounced import explained, lines, plain
from gatepost.cli.explaining.streams import json_object
from gatepost.mail.bounce import Bounce, Failure, read_bounce

REPORT = b"""\
Return-Path: <>
From: MAILER-DAEMON@gw.example.org (Mail Delivery System)
To: a@example.org
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=-b"

--=-b
Content-Type: text/plain

Your message could not be delivered.

--=-b
Content-Type: message/delivery-status

Reporting-MTA: dns; gw.example.org
Arrival-Date: Mon, 23 Nov 2026 15:05:54 +0000

Final-Recipient: rfc822; b@example.net
Action: failed
Status: 5.2.2
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 552 5.2.2 <b@example.net>: mailbox full \x1b[2J

--=-b
Content-Type: text/rfc822-headers

Subject: Weekly report
Message-ID: <20261123.1@example.org>

--=-b--
"""


@pytest.fixture
def bounce() -> Bounce:
    found = read_bounce(REPORT)
    assert found is not None
    return found


def test_each_recipient_is_told_with_its_cause(bounce: Bounce, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    told = click.unstyle("\n".join(lines(bounce))).splitlines()
    assert told[:11] == [
        "A bounce: the message was given up for at least one recipient.",
        "",
        "  Written by  gw.example.org",
        "  About       Weekly report",
        "  Message-ID  <20261123.1@example.org>",
        "  Taken in    Mon, 23 Nov 2026 15:05:54 +0000",
        "",
        "b@example.net: not delivered",
        "  Refused by  mx.example.net",
        "",
        "552 5.2.2 <b@example.net>: mailbox full ?[2J",
    ]
    assert "  Cause       mailbox_full" in told


def test_a_diagnostic_is_explained_as_said_to_the_system_that_wrote_the_report(bounce: Bounce) -> None:
    told = explained(bounce.failures[0])
    assert (told.code, told.enhanced, told.cause, told.direction) == (
        552,
        "5.2.2",
        "mailbox_full",
        "received",
    )
    assert explained(Failure(diagnostic="Connection timed out", local=True)).direction == "local"


def test_for_programs_each_recipient_has_its_explanation(bounce: Bounce) -> None:
    found = json.loads(json_object(plain(bounce)))
    assert found["kind"] == "bounce"
    assert found["failures"][0]["final"] == "b@example.net"
    assert found["failures"][0]["explanation"]["cause"] == "mailbox_full"


def test_a_report_that_names_nobody_shows_its_words() -> None:
    told = list(lines(Bounce(kind="autoreply", form="x", words="I am\naway until\x07 Monday")))
    assert click.unstyle(told[0]).startswith("An automatic answer")
    assert "I am away until? Monday" in told[-1]
