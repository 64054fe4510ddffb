"""A report travels in a message as RFC 9990 §3.5 says."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

import pytest

from gatepost.mailauth.dmarc.report import PolicyPublished, Report, Row
from gatepost.mailauth.dmarc.report_mail import file_name, report_mail, subject
from gatepost.mailauth.dmarc.report_xml import read_report

ROW = Row(
    source_ip="192.0.2.1", count=7, disposition="none", dkim="pass", spf="pass", header_from="example.com"
)
RECEIVER = "mail.receiver.example"


def report(**changes: Any) -> Report:
    values: dict[str, Any] = {
        "org_name": "Receiver",
        "email": "dmarc@receiver.example",
        "report_id": "sample-ridtxt@example.com",
        "begin": 1_013_662_812,
        "end": 1_013_749_130,
        "policy": PolicyPublished(domain="example.com", p="none"),
        "rows": (ROW,),
    }
    return Report(**values | changes)


def mail(about: Report, **changes: Any) -> bytes:
    values: dict[str, Any] = {
        "submitter": RECEIVER,
        "author": "dmarc@mail.receiver.example",
        "recipients": ("a@example.com", "b@example.com"),
        "message_id": "7zq4k0v3m8x2b-1@mail.receiver.example",
        "second": 1_013_750_000,
    }
    return report_mail(about, **values | changes)


def test_the_names_are_those_of_the_examples() -> None:
    # RFC 9990 §3.5.2
    assert file_name(report(), RECEIVER) == "mail.receiver.example!example.com!1013662812!1013749130.xml.gz"
    assert file_name(report(), RECEIVER, unique=True).endswith("!1013749130!sampleridtxtexamplecom.xml.gz")
    assert subject(report(), RECEIVER) == (
        "Report Domain: example.com Submitter: mail.receiver.example Report-ID: <sample-ridtxt@example.com>"
    )


def test_the_message_carries_the_report_and_says_what_it_is() -> None:
    octets = mail(report())
    assert octets.isascii()
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    assert b"\n" not in octets.replace(b"\r\n", b"")
    message = cast("EmailMessage", message_from_bytes(octets, policy=policy.default))
    assert not [defect for part in message.walk() for defect in part.defects]
    assert message["Subject"] == subject(report(), RECEIVER)
    assert message["To"] == "a@example.com, b@example.com"
    assert message["Date"] == "Fri, 15 Feb 2002 05:13:20 +0000"
    words, attachment = cast("list[EmailMessage]", list(message.iter_parts()))
    assert "about mail that names example.com" in words.get_content()
    assert "Messages: 7" in words.get_content()
    assert attachment.get_content_type() == "application/gzip"
    assert attachment.get_filename() == file_name(report(), RECEIVER)
    assert read_report(attachment.get_content()) == report()


def test_the_same_report_is_written_in_the_same_octets() -> None:
    assert mail(report()) == mail(report())


@pytest.mark.parametrize(
    ("about", "changes"),
    [
        ({"rows": ()}, {}),
        ({"report_id": "a b"}, {}),
        ({"report_id": "a>\r\nBcc: x"}, {}),
        ({"report_id": "x" * 201}, {}),
        ({"policy": PolicyPublished(domain='a"b', p="none")}, {}),
        ({}, {"submitter": "a b"}),
        ({}, {"recipients": ()}),
        ({}, {"recipients": ("a@b.test\r\nBcc: c",)}),
        ({}, {"author": "ü@b.test"}),
        ({}, {"message_id": "<a@b>"}),
    ],
)
def test_what_would_break_the_message_is_refused(about: dict[str, Any], changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        mail(report(**about), **changes)
