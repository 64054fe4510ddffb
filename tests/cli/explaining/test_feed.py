from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.cli.explaining.feed import BOUND, lines, text


def fed(octets: bytes) -> list[str]:
    found = list(lines([octets]))
    assert list(lines(octets[at : at + 1] for at in range(len(octets)))) == found
    return found


@given(st.binary(max_size=500).filter(lambda octets: octets[:2] not in (b"\xff\xfe", b"\xfe\xff")))
def test_there_are_as_many_lines_as_line_feeds(octets: bytes) -> None:
    assert len(fed(octets)) == octets.count(b"\n") + (bool(octets) and not octets.endswith(b"\n"))


def test_other_signs_that_end_lines_elsewhere_end_none_here() -> None:
    assert fed("a\rb\x0bc\u2028d\x85e\n\n".encode()) == ["a\rb\x0bc\u2028d\x85e", ""]


def test_a_line_that_is_too_long_is_one_line_and_cut() -> None:
    found = list(lines([b"x" * BOUND, b"x" * 7, b"x" * BOUND + b"\nnext\n"]))
    assert [len(line) for line in found] == [BOUND, 4]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_read_by_its_mark(encoding: str) -> None:
    assert fed("\ufeff550 über\r\n451 x\n".encode(encoding)) == ["550 über", "451 x"]


def test_what_is_not_utf8_is_read_as_latin() -> None:
    assert text("über".encode("latin-1")) == "über"
    assert text(b"a\0b") == "ab"
