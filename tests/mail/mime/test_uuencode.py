"""Uuencoded files are found in text."""

from __future__ import annotations

from base64 import encodebytes

from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.mime.uuencode import Uufile, body, files
from tests.mail.mime.tricks import uu


@given(st.binary(min_size=1, max_size=300))
def test_a_file_is_found_whole(octets: bytes) -> None:
    text = b"Hello.\n" + uu(octets) + b"Bye.\n"
    for ends in (text, text.replace(b"\n", b"\r\n")):
        assert files(ends, 9) == [Uufile("a.exe", octets)]
    assert body(uu(octets)) == octets


def test_lost_spaces_at_the_end_of_lines_are_zeros() -> None:
    encoded = uu(b"abc" + b"\0" * 6).replace(b"`", b" ")
    stripped = b"\n".join([line.rstrip() for line in encoded.split(b"\n")])
    assert files(stripped, 9)[0].octets == b"abc" + b"\0" * 6


def test_a_file_in_base64() -> None:
    assert files(b"begin-base64 644 a\n" + encodebytes(b"octets") + b"====\n", 9) == [Uufile("a", b"octets")]


def test_another_beginning_ends_a_file() -> None:
    text = b"begin 644 fake\n" + uu(b"octets")
    assert Uufile("a.exe", b"octets") in files(text, 9)


def test_words_that_only_begin_so_are_no_file() -> None:
    assert files(b"begin with the first\nend\n", 9) == []


def test_no_more_are_found_than_wanted() -> None:
    assert len(files(uu(b"x") * 5, 3)) == 3


def test_a_body_without_a_beginning_is_its_lines() -> None:
    assert body(b"#86)C\n") == b"abc"
