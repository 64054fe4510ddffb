"""A signature covers the fields it names, from the bottom, in one of two forms, and its own without its value."""

from __future__ import annotations

import hashlib

import pytest

from gatepost.mail.fields import Field, split
from gatepost.mailauth.dkim.body import Canonical
from gatepost.mailauth.dkim.header import SignedHeader, relax, unsigned, without_signature


def covered(
    content: bytes, names: list[str], canonical: Canonical = Canonical.SIMPLE, place: int = -1
) -> str:
    """Find which fields were covered, by trying."""
    fields = split(content).fields
    return SignedHeader(fields).digest(names, canonical, Field("s", b"S: b=\r\n"), place).hex()


def sha256(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


@pytest.mark.parametrize(
    ("raw", "relaxed"),
    [
        # RFC 6376 §3.4.5
        (b"A: X\r\n", b"a:X\r\n"),
        (b"B : Y\t\r\n\tZ  \r\n", b"b:Y Z\r\n"),
        (b"Subject:\r\n one\r\n \t two\r\n", b"subject:one two\r\n"),
        (b"X:\r\n", b"x:\r\n"),
        (b"X: \t \r\n", b"x:\r\n"),
        (b"X: a\x0bb \xa0\r\n", b"x:a\x0bb \xa0\r\n"),
        (b"X: last", b"x:last\r\n"),
    ],
)
def test_the_relaxed_form_of_a_field(raw: bytes, relaxed: bytes) -> None:
    assert relax(raw) == relaxed


def test_a_name_takes_the_lowest_field_that_none_has_taken() -> None:
    content = b"A: 1\r\nB: x\r\nA: 2\r\n\r\n"
    assert covered(content, ["a", "b", "a", "a", "c"]) == sha256(b"A: 2\r\nB: x\r\nA: 1\r\nS: b=")
    assert covered(content, ["a"], Canonical.RELAXED) == sha256(b"a:2\r\ns:b=")


def test_its_own_field_is_never_among_the_named_ones() -> None:
    content = b"S: b=new\r\nS: b=old\r\n\r\n"
    assert covered(content, ["s", "s"], place=0) == sha256(b"S: b=old\r\nS: b=")
    assert covered(content, ["s", "s"], place=1) == sha256(b"S: b=new\r\nS: b=")


def test_a_name_that_is_repeated_without_end_takes_each_field_once() -> None:
    content = b"A: 1\r\n" * 100 + b"\r\n"
    assert covered(content, ["a"] * 100_000) == sha256(b"A: 1\r\n" * 100 + b"S: b=")


@pytest.mark.parametrize(
    ("raw", "without"),
    [
        (b"S: a=1; b=xyz; bh=q", b"S: a=1; b=; bh=q"),
        (b"S: a=1; b = x\r\n y\r\n\t; bh=q", b"S: a=1; b =; bh=q"),
        (b"S: b=xyz", b"S: b="),
        (b"S: bb=1; b=x", b"S: bb=1; b="),
        (b"S: a=b=1; b=x", b"S: a=b=1; b="),
        (b"S: a=1", b"S: a=1"),
        (b"S", b"S"),
    ],
)
def test_the_signature_is_taken_out_with_the_blanks_around_it(raw: bytes, without: bytes) -> None:
    assert without_signature(raw) == without


def test_the_own_field_has_no_last_line_end() -> None:
    assert unsigned(b"S: a=1;\r\n b=x\r\n", Canonical.SIMPLE) == b"S: a=1;\r\n b="
    assert unsigned(b"S: a=1;\r\n b=x\r\n", Canonical.RELAXED) == b"s:a=1; b="
