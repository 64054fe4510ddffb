"""Delimiter lines are found behind any line end, and what lies between them is cut exactly."""

from __future__ import annotations

import pytest

from gatepost.mail.mime.delimiters import Region, cut, delimiters, find_dashes, guessed


def lines(body: bytes, boundary: bytes = b"b") -> list[tuple[bytes, bool, bool]]:
    found = delimiters(body, 0, len(body), boundary, 100)
    return [(body[line.start : line.behind], line.exact, line.closing) for line in found]


def parts(body: bytes) -> list[bytes]:
    made = cut(body, 0, len(body), delimiters(body, 0, len(body), b"b", 100), stopped=False)
    return [body[region.start : region.end] for region in made.parts]


def test_a_delimiter_is_a_line() -> None:
    assert lines(b"--b\r\nx--b\r\n--b--\r\n") == [(b"--b\r\n", True, False), (b"--b--\r\n", True, True)]


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_lines_may_end_in_any_way(end: bytes) -> None:
    assert parts(end.join([b"--b", b"", b"one", b"--b", b"two", b"--b--", b""])) == [end + b"one", b"two"]


def test_space_behind_a_delimiter_is_padding() -> None:
    assert lines(b"--b \t\r\n") == [(b"--b \t\r\n", True, False)]


def test_what_only_begins_like_a_delimiter_is_marked() -> None:
    assert lines(b"--bc\r\n--b x\r\n--b--x") == [
        (b"--bc\r\n", False, False),
        (b"--b x\r\n", False, False),
        (b"--b--x", False, True),
    ]


def test_what_stands_around_the_parts_is_kept() -> None:
    body = b"before\r\n--b\r\none\r\n--b--\r\nafter\r\n--b--\r\nmore"
    made = cut(body, 0, len(body), delimiters(body, 0, len(body), b"b", 100), stopped=False)
    assert made.preamble == Region(0, 6)
    assert [body[r.start : r.end] for r in made.epilogues] == [b"after", b"more"]
    assert made.closing


def test_cutting_stops_where_it_must() -> None:
    body = b"--b\n1\n--b\n2\n--b\n3"
    made = cut(body, 0, len(body), delimiters(body, 0, len(body), b"b", 2), stopped=True)
    assert len(made.parts) == 1
    assert body[made.rest :] == b"2\n--b\n3"


def test_a_boundary_is_guessed_from_the_first_line_that_looks_so() -> None:
    body = b"text -- no\n--\n----=_x\r\n"
    assert guessed(body, 0, len(body)) == b"--=_x"
    assert guessed(b"none", 0, 4) is None


@pytest.mark.parametrize("place", [0, 1, 4093, 4094, 4095, 4096, 4097, 9000])
def test_octets_are_found_wherever_they_stand(place: int) -> None:
    octets = b"-" + b"x" * place + b"--b"
    assert find_dashes(octets, b"--b", 0, len(octets)) == place + 1
    assert find_dashes(octets, b"--b", 0, len(octets) - 1) == -1
