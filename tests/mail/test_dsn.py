"""Delivery reports, read back by the standard library."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.mail.dsn import MAX_RECIPIENTS, MAX_REPORT, Undelivered, delivery_report

HEADER = b"From: a@b.example\r\nSubject: Lunch\r\nMessage-ID: <1@b.example>\r\n"
GONE = Undelivered(
    address="gone@example.org",
    reply="550-5.1.1 No such user here.\n550 5.1.1 Ask postmaster@example.org (x1)",
    peer="mx.example.org",
    status="5.1.1",
    meaning="The mailbox does not exist.",
    action="Check the address for typing errors.",
)


def report(*recipients: Undelivered, **changes: Any) -> bytes:
    arguments: dict[str, Any] = {
        "action": "failed",
        "host": "gw.example.com",
        "report_id": "7zq4k0v3m8x2b-1",
        "message_id": "7zq4k0v3m8x2a-1",
        "reverse_path": "a@b.example",
        "header": HEADER + b"\r\nThe body is not returned.\r\n",
        "arrived": 1_788_251_400,
        "second": 1_788_251_460,
    }
    return delivery_report(recipients=recipients or (GONE,), **arguments | changes)


def read(octets: bytes) -> tuple[EmailMessage, str, list[Any], str]:
    """Give the report, its words, the groups of its fields, and the returned header."""
    message = cast("EmailMessage", message_from_bytes(octets, policy=policy.default))
    assert message.get_content_type() == "multipart/report"
    assert not message.defects
    words, fields, returned = message.iter_parts()
    assert not [defect for part in message.walk() for defect in part.defects]
    groups = fields.get_payload()
    return (
        message,
        cast("EmailMessage", words).get_content(),
        list(cast("Any", groups)),
        returned_text(returned),
    )


def returned_text(part: Any) -> str:
    octets = part.get_payload(decode=True)
    return cast("bytes", octets).decode("utf-8", "surrogateescape")


def test_a_report_is_what_rfc_3464_says() -> None:
    message, _, groups, returned = read(report())
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["From"].addresses[0].addr_spec == "mailer-daemon@gw.example.com"
    assert message["To"].addresses[0].addr_spec == "a@b.example"
    assert message["Message-ID"] == "<7zq4k0v3m8x2b-1@gw.example.com>"
    assert message["References"] == "<1@b.example>"
    assert message["Content-Type"].params["report-type"] == "delivery-status"
    about_message, about_recipient = groups
    assert about_message["Reporting-MTA"] == "dns; gw.example.com"
    assert about_message["Arrival-Date"] == "Tue, 01 Sep 2026 08:30:00 +0000"
    assert about_recipient["Final-Recipient"] == "rfc822; gone@example.org"
    assert about_recipient["Action"] == "failed"
    assert about_recipient["Status"] == "5.1.1"
    assert about_recipient["Remote-MTA"] == "dns; mx.example.org"
    assert about_recipient["Last-Attempt-Date"] == "Tue, 01 Sep 2026 08:31:00 +0000"
    assert "Original-Recipient" not in about_recipient
    assert returned.replace("\r\n", "\n").strip() == HEADER.decode().replace("\r\n", "\n").strip()
    assert b"The body is not returned" not in report()


def test_the_other_side_s_words_are_given_exactly() -> None:
    _, words, groups, _ = read(report())
    said = "550-5.1.1 No such user here. 550 5.1.1 Ask postmaster@example.org (x1)"
    assert groups[1]["Diagnostic-Code"].replace("\n", "").split() == ["smtp;", *said.split()]
    for line in GONE.reply.split("\n"):
        assert line in words


def test_a_person_reads_first_who_what_and_what_to_do() -> None:
    _, words, _, _ = read(report())
    places = [
        words.index(text)
        for text in (
            '"Lunch" was not delivered',
            GONE.address,
            GONE.meaning,
            GONE.action,
            "550 5.1.1",
            "7zq4k0v3m8x2a-1",
        )
    ]
    assert places == sorted(places)


def test_a_delay_says_until_when_trying_goes_on() -> None:
    later = Undelivered(address="x@example.org", reply="the connection was refused", status="4.4.1")
    _, words, groups, _ = read(report(later, action="delayed", until=1_788_337_800))
    assert groups[1]["Action"] == "delayed"
    assert groups[1]["Will-Retry-Until"] == "Wed, 02 Sep 2026 08:30:00 +0000"
    assert "You need not send it again" in words
    assert "Wed, 02 Sep 2026 08:30:00 +0000" in words


def test_what_no_server_said_is_no_smtp_diagnostic() -> None:
    _, words, groups, _ = read(
        report(Undelivered(address="x@example.org", reply="the connection was refused"))
    )
    assert "Diagnostic-Code" not in groups[1]
    assert "Remote-MTA" not in groups[1]
    assert groups[1]["Status"] == "5.0.0"
    assert "the connection was refused" in words


def test_the_address_that_the_author_gave_is_named() -> None:
    moved = Undelivered(address="new@example.org", original="old@example.org", reply="550 no", peer="mx")
    _, words, groups, _ = read(report(moved))
    assert groups[1]["Original-Recipient"] == "rfc822; old@example.org"
    assert "old@example.org" in words


def test_text_beyond_ascii_travels_in_seven_bits() -> None:
    odd = Undelivered(
        address="jürgen@example.org", reply="550 Benutzer unbekannt: Jürgen", peer="mx", meaning="Größe"
    )
    octets = report(odd, header="Subject: Grüße\r\nX: \xa0\r\n\r\n".encode())
    assert octets.isascii()
    _, words, groups, returned = read(octets)
    assert "550 Benutzer unbekannt: Jürgen" in words
    assert '"Grüße"' in words
    assert groups[1]["Final-Recipient"] == "utf-8; j\\x{FC}rgen@example.org"
    assert groups[1]["Diagnostic-Code"] == "smtp; 550 Benutzer unbekannt: J?rgen"
    assert "Subject: Grüße" in returned


def test_with_smtputf8_the_report_is_of_the_global_kind() -> None:
    odd = Undelivered(address="jürgen@example.org", reply="550 nein: Jürgen", peer="mx")
    octets = report(
        odd, reverse_path="grün@b.example", smtputf8=True, header="Subject: Grüße\r\n\r\n".encode()
    )
    assert "To: <grün@b.example>\r\n".encode() in octets
    assert b"Content-Type: message/global-delivery-status\r\n" in octets
    assert b"Content-Type: message/global-headers\r\n" in octets
    assert "Final-Recipient: utf-8; jürgen@example.org\r\n".encode() in octets
    assert "Diagnostic-Code: smtp; 550 nein: Jürgen\r\n".encode() in octets
    assert "Subject: Grüße\r\n".encode() in octets


def test_a_hostile_reply_adds_no_field_and_no_part() -> None:
    evil = Undelivered(
        address="x@example.org\r\nAction: delivered",
        reply="550 a\r\n\r\nFinal-Recipient: rfc822; b@c\n\n"
        "--=_7zq4k0v3m8x2b-1/0\n--=_7zq4k0v3m8x2b-1/0--\n\x00\u2028\x85",
        peer="mx\r\nX: y",
        status="5.1.1\r\nX: y",
        meaning="a\r\n.\r\n",
    )
    message, _, groups, _ = read(report(evil, header=b"Subject: a\r\n--=_7zq4k0v3m8x2b-1/1\r\n\r\n"))
    assert len(list(message.iter_parts())) == 3
    assert len(groups) == 2
    assert groups[1].get_all("Action") == ["failed"]
    assert groups[1]["Status"] == "5.0.0"
    assert "X" not in groups[1]


@settings(max_examples=60)
@given(st.text(max_size=200), st.text(max_size=200), st.binary(max_size=200), st.booleans())
def test_whatever_was_said_the_report_is_read_back(
    reply: str, address: str, header: bytes, failed: bool
) -> None:
    said = Undelivered(address=address, reply=reply, peer="mx", meaning=reply, action=address, original=reply)
    octets = report(said, header=header, action="failed" if failed else "delayed")
    assert octets.isascii()
    assert octets.count(b"\n") == octets.count(b"\r") == octets.count(b"\r\n")
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    message = message_from_bytes(octets, policy=policy.compat32)
    words, fields, _ = cast("list[Any]", message.get_payload())
    assert len(fields.get_payload()) == 2
    assert words.get_payload(decode=True)


def test_a_report_is_never_larger_than_its_bound() -> None:
    long = Undelivered(
        address="ü" * 5000,
        original="ü" * 5000,
        reply="550 " + "ü" * 100_000,
        peer="m" * 5000,
        meaning="é" * 10_000,
        action="x" * 10_000,
    )
    header = b"X: " + b"\xff" * 100_000
    assert len(report(long, header=header)) < 65_536
    assert len(report(*(long,) * MAX_RECIPIENTS, header=header)) < MAX_REPORT


@pytest.mark.parametrize("count", [0, MAX_RECIPIENTS + 1])
def test_a_report_about_nobody_or_too_many_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="recipients"):
        delivery_report(
            action="failed",
            host="h",
            report_id="r",
            message_id="m",
            reverse_path="a@b",
            recipients=(GONE,) * count,
            header=b"",
            arrived=0,
            second=0,
        )


@pytest.mark.parametrize("reverse_path", ["", "grün@b.example"])
def test_a_report_that_cannot_be_sent_is_refused(reverse_path: str) -> None:
    with pytest.raises(ValueError, match="reverse-path"):
        report(reverse_path=reverse_path)
