from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mailauth.dmarc.failure import DELIVERIES, FAILURES, FailureReport, read_failure
from gatepost.mailauth.dmarc.report_xml import Unreadable

# The example of RFC 6591 appendix B, with other names.
REPORT = b"""Feedback-Type: auth-failure\r
User-Agent: Someone!s Mail Server 1.0\r
Version: 1\r
Original-Mail-From: <anexample.reply@a.sender.example>\r
Authentication-Results: mta1011.mail.tp2.receiver.example;\r
\tdkim=fail (bodyhash) header.d=sender.example\r
Auth-Failure: bodyhash\r
DKIM-Domain: sender.example\r
DKIM-Identity: @sender.example\r
DKIM-Selector: testkey\r
Reporting-MTA: dns; mx.receiver.example\r
Arrival-Date: 8 Oct 2011 20:15:58 +0000 (GMT)\r
Source-IP: 192.0.2.1\r
Reported-Domain: A.sender.example\r
Delivery-Result: reject\r
Reported-URI: http://www.sender.example/\r
"""
HEADER = b"From: Ann <ann@a.sender.example>\r\nSubject: =?utf-8?q?Caf=C3=A9?=\r\nMessage-ID: <1@x>\r\n\r\nSecret.\r\n"


def test_a_report_says_whose_name_was_used_from_where_and_what_was_wrong() -> None:
    report = read_failure(REPORT, HEADER)
    assert report == FailureReport(
        domain="a.sender.example",
        failure="bodyhash",
        source_ip="192.0.2.1",
        reporter="mx.receiver.example",
        delivery="reject",
        arrived=1_318_104_958,
        mail_from="anexample.reply@a.sender.example",
        dkim_domain="sender.example",
        dkim_selector="testkey",
        results=("mta1011.mail.tp2.receiver.example; dkim=fail (bodyhash) header.d=sender.example",),
        header_from="Ann <ann@a.sender.example>",
        subject="Café",
        message_id="<1@x>",
    )
    assert (report.meaning, report.fate) == (FAILURES["bodyhash"], DELIVERIES["reject"])


def test_what_is_missing_is_taken_from_the_message_or_left_empty() -> None:
    report = read_failure(
        b"Feedback-Type: auth-failure\nAuth-Failure: new\nSource-IP: here\nIncidents: x\n", HEADER
    )
    assert isinstance(report, FailureReport)
    assert (report.domain, report.source_ip, report.arrived, report.incidents) == (
        "a.sender.example",
        "",
        0,
        1,
    )
    assert report.meaning == "the receiver calls it 'new'"
    assert report.fate == ""


@pytest.mark.parametrize("kind", [b"Feedback-Type: abuse\n", b"", b"Subject: x\n"])
def test_reports_of_other_kinds_are_none(kind: bytes) -> None:
    assert isinstance(read_failure(kind), Unreadable)


@given(st.binary(max_size=300), st.binary(max_size=100))
def test_nothing_raises(report: bytes, header: bytes) -> None:
    read_failure(b"Feedback-Type: auth-failure\nArrival-Date: " + report, header)
    read_failure(report, header)
