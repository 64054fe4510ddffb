"""A header is read to its blank line, and where others would end it is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.mime import Trick
from gatepost.mail.mime.header import Header, looks_like_header, read


def header(octets: bytes) -> Header:
    return read(octets, 0, len(octets))


def names(found: Header) -> list[str]:
    return [field.name for field in found.fields]


def tricks(found: Header) -> list[Trick]:
    return [name for name, _ in found.doubts]


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_fields_and_the_place_of_the_body(end: bytes) -> None:
    octets = end.join([b"From: a", b" b", b"TO:c", b"", b"body"])
    found = header(octets)
    assert [(field.name, field.value.split()) for field in found.fields] == [
        ("from", [b"a", b"b"]),
        ("to", [b"c"]),
    ]
    assert octets[found.body :] == b"body"
    assert found.doubts == ()


def test_a_header_without_a_body() -> None:
    assert header(b"A: b\r\n") == read(b"A: b\r\nC: d", 0, 6)
    assert header(b"").fields == ()


def test_a_line_that_is_no_field_may_end_it() -> None:
    octets = b"A: b\r\njunk\r\nC: d\r\n\r\nbody"
    found = header(octets)
    assert names(found) == ["a", "c"]
    assert found.early == ((1, 6),)
    assert tricks(found) == [Trick.HEADER_JUNK]


def test_readers_differ_in_what_they_bear() -> None:
    octets = b"A : b\r\nFrom c\r\nD: e\r\njunk\r\n\r\nbody"
    assert [octets[place:].split()[0] for _, place in header(octets).early] == [b"A", b"From", b"junk"]


def test_a_line_of_space_may_end_it() -> None:
    octets = b"A: b\r\n \r\nC: d\r\n\r\nbody"
    found = header(octets)
    assert names(found) == ["a", "c"]
    assert found.early == ((1, 9),)
    assert tricks(found) == [Trick.HEADER_BLANK_FOLD]


def test_blank_lines_may_come_first() -> None:
    found = header(b"\r\n\r\nA: b\r\n\r\nbody")
    assert names(found) == []
    assert (found.body, found.late) == (2, 4)
    assert tricks(found) == [Trick.HEADER_LATE]
    assert header(b"\r\nThis is text.").doubts == ()


def test_a_bare_cr_may_end_a_line() -> None:
    octets = b"A: b\rC: d\r\n\r\nbody"
    found = header(octets)
    assert names(found) == ["a", "c"]
    assert found.bare
    assert names(read(octets, 0, len(octets), bare=False)) == ["a"]


@pytest.mark.parametrize(
    ("line", "name", "trick"),
    [
        (b"Content-Type : a", "content-type", Trick.SPACE_BEFORE_COLON),
        (b"Subject : a", "subject", None),
        (b"Content-Type\xa0: a", "content-type", Trick.FIELD_NAME_ODD),
        (b"X\xff: a", "", Trick.FIELD_NAME_ODD),
        (b"--x: a", "", Trick.HEADER_JUNK),
    ],
)
def test_odd_names_of_fields(line: bytes, name: str, trick: Trick | None) -> None:
    found = header(line + b"\r\n\r\n")
    assert names(found) == ([name] if name else [])
    assert trick is None or trick in tricks(found)


def test_the_first_line_of_an_mbox_is_no_field() -> None:
    assert names(header(b"From a@b Mon\r\nA: b\r\n\r\n")) == ["a"]


@given(st.lists(st.sampled_from([b"A: b", b" c", b"", b" ", b"junk", b"\r", b"\n", b"\r\n", b"\xff:"])))
def test_the_body_lies_within_whatever_comes(pieces: list[bytes]) -> None:
    octets = b"".join(pieces)
    found = header(octets)
    assert 0 <= found.body <= len(octets)
    assert all(0 <= place <= found.body for _, place in found.early)


def test_a_field_is_known_by_its_colon() -> None:
    assert looks_like_header(b"x\r\nA : b", 3)
    assert not looks_like_header(b"A b", 0)
