from __future__ import annotations

import base64
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.gateway.quarantine.excerpt import MAX_FIELDS, MAX_LINES, MOST, excerpt


def crlf(message: EmailMessage) -> bytes:
    return bytes(message).replace(b"\n", b"\r\n")


def test_header_and_text_of_a_plain_message() -> None:
    seen = excerpt(b"From: <a@x.test>\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n\r\nOne.\r\n\r\n  Two.\r\n")
    assert seen.fields == (("From", "<a@x.test>"), ("Subject", "café"))
    assert (seen.lines, seen.kind, seen.more) == (("One.", "Two."), "text/plain", False)


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1"])
def test_text_is_decoded(encoding: str, charset: str) -> None:
    message = EmailMessage()
    message.set_content("Grüße!\n", charset=charset, cte=encoding)
    assert excerpt(crlf(message)).lines == ("Grüße!",)


def test_the_first_plain_text_of_a_multipart_is_shown_and_html_where_there_is_none() -> None:
    message = EmailMessage()
    message.set_content("<p>Hello <b>you</b> &amp; all</p>", subtype="html")
    assert (excerpt(crlf(message)).lines, excerpt(crlf(message)).kind) == (("Hello you & all",), "text/html")
    message = EmailMessage()
    message.set_content("The plain one.\n")
    message.add_alternative("<p>The other</p>", subtype="html")
    message.add_attachment(b"MZ\x90", maintype="application", subtype="octet-stream", filename="a.exe")
    assert (excerpt(crlf(message)).lines, excerpt(crlf(message)).kind) == (("The plain one.",), "text/plain")


def test_what_has_no_text_shows_none() -> None:
    message = EmailMessage()
    message.add_attachment(b"MZ\x90", maintype="application", subtype="octet-stream", filename="a.exe")
    assert (excerpt(crlf(message)).lines, excerpt(crlf(message)).kind) == ((), "")


@pytest.mark.parametrize("label", ["hex", "no-such-charset", "undefined", "x" * 40])
def test_a_charset_that_is_none_is_read_as_utf_8(label: str) -> None:
    raw = f"Content-Type: text/plain; charset={label}\r\n\r\nGrüße\r\n".encode()
    assert excerpt(raw).lines == ("Grüße",)


def test_a_base64_that_is_cut_off_or_broken_is_shown_as_far_as_it_goes() -> None:
    encoded = base64.b64encode(b"Hello, this is text. " * 4)[:-7]
    raw = b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded
    assert excerpt(raw).lines[0].startswith("Hello, this is text. Hello")


def test_much_is_cut_and_said_to_be() -> None:
    raw = b"X: y\r\n" * (MAX_FIELDS + 1) + b"\r\n" + b"Line.\r\n" * (MAX_LINES + 1)
    seen = excerpt(raw)
    assert (len(seen.fields), len(seen.lines), seen.more) == (MAX_FIELDS, MAX_LINES, True)


def test_nothing_reaches_a_terminal_that_it_would_obey() -> None:
    raw = "Subject: \x1b]0;title\x07\u202etxt.exe\r\n\r\n\x1b[2Jcleared\u202e\x9b31m\r\n".encode()
    seen = excerpt(raw)
    assert all(text.isprintable() for _, text in seen.fields)
    assert all(line.isprintable() for line in seen.lines)


@given(st.binary(max_size=2000))
def test_any_octets_give_printable_lines(octets: bytes) -> None:
    seen = excerpt(octets)
    assert all(line.isprintable() and 0 < len(line) <= 200 for line in seen.lines)
    assert all(name.isprintable() and value.isprintable() for name, value in seen.fields)


def test_only_the_beginning_of_a_large_message_is_looked_at() -> None:
    assert excerpt(b"\r\n" + b"x" * MOST + b"\r\nlate\r\n").lines == ("x" * 199 + "…",)
