"""Cutting a message into parts: what structure there is, however hostile."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.parts import MAX_PARTS, as_message, parts_of


def message(*names: str) -> bytes:
    made = EmailMessage()
    made["Subject"] = "files"
    made.set_content("Text.\n")
    for number, name in enumerate(names):
        made.add_attachment(b"data %d" % number, maintype="application", subtype="pdf", filename=name)
    return made.as_bytes().replace(b"\n", b"\r\n")


def test_a_message_of_one_part_is_not_cut() -> None:
    assert parts_of(message()) == []


def test_parts_are_numbered_and_named_by_their_files() -> None:
    named = [str(part) for part in parts_of(message("a.pdf", "b c.pdf", "größe.pdf"))]
    assert named == ["part 1 (text/plain)", "part 2 (a.pdf)", "part 3 (b c.pdf)", "part 4 (größe.pdf)"]


def test_a_part_as_a_message_decodes_to_the_same_octets() -> None:
    part = parts_of(message("a.pdf"))[1]
    assert message_from_bytes(as_message(part)).get_payload(decode=True) == b"data 0"


def test_a_longer_boundary_that_begins_alike_is_not_taken_for_this_one() -> None:
    octets = (
        b"Content-Type: multipart/mixed; boundary=ab\r\n\r\n--ab\r\n\r\none\r\n--abc\r\nstill one\r\n"
        b"--ab\r\n\r\ntwo\r\n--ab--\r\n"
    )
    assert [part.octets for part in parts_of(octets)] == [b"\r\none\r\n--abc\r\nstill one", b"\r\ntwo"]


def test_an_unfinished_multipart_ends_with_the_message() -> None:
    octets = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: a/b\r\n\r\nend"
    assert [str(part) for part in parts_of(octets)] == ["part 1 (a/b)"]


def test_the_number_of_parts_is_bounded() -> None:
    octets = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\n" * 10_000
    assert len(parts_of(octets)) == MAX_PARTS


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Type: multipart/mixed" + b"; x=y" * 5000,
        b"Content-Type: multipart/mixed;\r\n" * 400,
        b"Content-Type: multipart/mixed; boundary=" + b" " * 8000,
        b'Content-Type: multipart/mixed; boundary="' + b"x" * 100_000,
    ],
)
def test_a_header_made_to_be_slow_ends_without_parts(header: bytes) -> None:
    assert parts_of(header + b"\r\n\r\n--x\r\n\r\n") == []


def test_a_file_name_cannot_draw_on_a_terminal() -> None:
    name = b"\x1b[2J=?utf-8?q?=0d=0a?="
    octets = (
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: a/b; name=%s\r\n\r\n" % name
    )
    [part] = parts_of(octets)
    assert str(part).isprintable()


@given(st.binary(max_size=300), st.binary(max_size=80))
def test_any_octets_can_be_cut(body: bytes, header: bytes) -> None:
    octets = b"Content-Type: multipart/mixed; boundary=b\r\n" + header + b"\r\n\r\n--b\r\n" + body
    for part in parts_of(octets):
        assert part.octets in octets
        assert str(part).isprintable()
