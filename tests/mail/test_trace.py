"""The Received field: its clauses, and that a client cannot write into it."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.path import Mailbox
from gatepost.mail.trace import marks_field, protocol, received_field

ONE = (Mailbox("b@example.org", "example.org"),)


def received(**changes: Any) -> bytes:
    arguments: dict[str, Any] = {
        "helo": "mx.example.com",
        "client": "192.0.2.7",
        "host": "gw.example.org",
        "message_id": "7zq4k0v3m8x2a-1",
        "recipients": ONE,
        "second": 1_788_251_400,
    }
    return received_field(**arguments | changes)


def test_the_field_has_the_clauses_of_rfc_5321_folded_in_order() -> None:
    assert received(tls="TLSv1.3 TLS_AES_256_GCM_SHA384") == (
        b"Received: from mx.example.com ([192.0.2.7])\r\n"
        b"\tby gw.example.org with ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384) id 7zq4k0v3m8x2a-1\r\n"
        b"\tfor <b@example.org>;\r\n"
        b"\tTue, 01 Sep 2026 08:30:00 +0000\r\n"
    )


def test_an_ipv6_client_is_written_as_its_literal() -> None:
    assert b"([IPv6:2001:db8::1])\r\n" in received(client="2001:db8::1")


def test_an_address_literal_in_helo_stays() -> None:
    assert received(helo="[192.0.2.7]").startswith(b"Received: from [192.0.2.7] ([192.0.2.7])")
    assert received(helo="[IPv6:2001:db8::1]").startswith(b"Received: from [IPv6:2001:db8::1] (")


@pytest.mark.parametrize("recipients", [(), ONE * 2])
def test_a_recipient_is_named_only_when_alone(recipients: tuple[Mailbox, ...]) -> None:
    assert b" for " not in received(recipients=recipients).replace(b"\t", b" ")


@pytest.mark.parametrize(
    ("extended", "tls", "smtputf8", "name"),
    [
        (False, False, False, "SMTP"),
        (True, False, False, "ESMTP"),
        (True, True, False, "ESMTPS"),
        (True, False, True, "UTF8SMTP"),
        (True, True, True, "UTF8SMTPS"),
    ],
)
def test_the_protocol_is_named_as_registered(extended: bool, tls: bool, smtputf8: bool, name: str) -> None:
    assert protocol(extended, tls, smtputf8) == name


@pytest.mark.parametrize(
    ("helo", "written"),
    [
        ("evil)\r\nX-Spam: no", b"evil???X-Spam??no"),
        ("a (b) ([1.2.3.4])", b"a??b????1.2.3.4??"),
        ("a by b with ESMTP id x; date", b"a?by?b?with?ESMTP?id?x??date"),
        ("mäx.example", b"m?x.example"),
        ("[evil] x", b"?evil??x"),
        ("", b"unknown"),
    ],
)
def test_a_hostile_helo_is_one_word(helo: str, written: bytes) -> None:
    assert received(helo=helo).startswith(b"Received: from " + written + b" ([192.0.2.7])\r\n\tby gw")


@given(st.text(max_size=400), st.text(max_size=400), st.text(max_size=80))
def test_whatever_the_client_says_it_is_one_field_with_our_clauses(helo: str, address: str, tls: str) -> None:
    octets = received(helo=helo, recipients=(Mailbox(address, ""),), tls=tls)
    read = message_from_bytes(octets + b"\r\n", policy=policy.compat32)
    assert read.keys() == ["Received"]
    assert all(line.startswith((b"Received: ", b"\t")) for line in octets.split(b"\r\n")[:-1])
    assert octets.count(b"\n") == octets.count(b"\r") == octets.count(b"\r\n")
    assert octets.endswith(b";\r\n\tTue, 01 Sep 2026 08:30:00 +0000\r\n")
    assert max(map(len, octets.split(b"\r\n"))) <= 998 + len(address) * 3


def test_a_mailbox_beyond_ascii_is_written_as_utf_8() -> None:
    octets = received(recipients=(Mailbox("jürgen@example.org", "example.org"),), smtputf8=True)
    assert "for <jürgen@example.org>".encode() in octets


def test_marks_name_what_was_found_and_the_score() -> None:
    assert marks_field(("spf-softfail", "helo-dynamic"), 2.5) == (
        b"X-Gatepost-Marks: spf-softfail,\r\n\thelo-dynamic;\r\n\tscore=2.5\r\n"
    )
