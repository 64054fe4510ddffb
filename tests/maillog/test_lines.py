"""Octets become lines the same way however they are cut into pieces, and in bounded memory."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.lines import BOUND, Lines

BINARY = b"MESSAGE\n" + (12).to_bytes(8, "little") + b"hello\nworld!\n"
ENTRY = b"__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=17954\n_HOSTNAME=gw\nPRIORITY=6\n" + BINARY + b"\n"
ENTRY_TEXT = "__CURSOR=\n__REALTIME_TIMESTAMP=17954\n_HOSTNAME=gw\nMESSAGE=hello world!"


def whole(data: bytes) -> list[str]:
    lines = Lines()
    return lines.receive(data) + lines.end()


def in_pieces(data: bytes, size: int) -> tuple[list[str], int]:
    lines = Lines()
    got = [line for at in range(0, len(data), size) for line in lines.receive(data[at : at + size])]
    return got + lines.end(), lines.cut


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"a\nb\n", ["a", "b"]),
        (b"a\r\nb\rc", ["a", "b", "c"]),
        (b"\n\r\n\r", ["", "", ""]),
        (b"a\0\0b\0\n", ["ab"]),
        (b"a\x0bb\x85c\n", ["a\x0bb\u2026c"]),
        ("ä\u2028b\n".encode(), ["ä\u2028b"]),
        (b"\xe4 \x80\nplain\n", ["ä €", "plain"]),
        (b"\xe4\x81\n", ["ä\x81"]),
        (b"\xef\xbb\xbfa\n", ["a"]),
        ("a\nä\n".encode("utf-16"), ["a", "ä"]),
        ("a\nä\n".encode("utf-16-be").join([b"\xfe\xff", b""]), ["a", "ä"]),
        (b"\xff\xfea\0\n\0b", ["a", "\ufffd"]),
        (ENTRY, [ENTRY_TEXT]),
        (b"before\n" + ENTRY + ENTRY + b"after", ["before", ENTRY_TEXT, ENTRY_TEXT, "after"]),
        (ENTRY[:30], ["__CURSOR=\n__REALTIME"[:9]]),
        (b"__CURSOR=x\nno field at all\nmore\n", ["__CURSOR=", "no field at all", "more"]),
        (b"__CURSOR", ["__CURSOR"]),
        (b"x__CURSOR=\n", ["x__CURSOR="]),
    ],
)
def test_octets_become_lines_in_pieces_of_any_size(data: bytes, expected: list[str]) -> None:
    assert whole(data) == expected
    for size in (1, 2, 3, 7):
        assert in_pieces(data, size) == (expected, 0)


@pytest.mark.parametrize("size", [1000, BOUND, BOUND + 1, 10 * BOUND])
def test_a_long_line_is_cut_and_counted_and_the_next_is_whole(size: int) -> None:
    data = b"a" * BOUND + b"\n" + b"b" * (BOUND + 1) + b"\r\n" + b"c" * (3 * BOUND)
    lines, cut = in_pieces(data, size)
    assert [len(line) for line in lines] == [BOUND, BOUND, BOUND]
    assert [line[0] for line in lines] == ["a", "b", "c"]
    assert cut == 2


def test_a_line_is_not_cut_within_a_character() -> None:
    lines, cut = in_pieces("ä".encode() * BOUND, 1000)
    assert (lines, cut) == (["ä" * (BOUND // 2)], 1)
    lines, cut = in_pieces(b"x" + "ä".encode() * BOUND, 1000)
    assert (lines, cut) == (["x" + "ä" * (BOUND // 2 - 1)], 1)


@pytest.mark.parametrize(
    "opening",
    [
        b"",
        b"\xff\xfe",
        b"__CURSOR=",
        b"__CURSOR=\nMESSAGE=",
        b"__CURSOR=\nMESSAGE\n\xff\xff\xff\xff\xff\xff\xff\x7f",
    ],
)
def test_a_line_without_end_takes_no_memory(opening: bytes) -> None:
    lines = Lines()
    piece = b"x" * (1 << 20)
    lines.receive(opening)
    tracemalloc.start()
    for _ in range(64):
        assert lines.receive(piece) == []
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()
    assert all(len(line) <= BOUND + 100 for line in lines.end())


PARTS = [
    b"a",
    b"\r",
    b"\n",
    b"\0",
    b"__CURSOR=",
    b"MESSAGE",
    b"=",
    b"\n",
    (3).to_bytes(8, "little"),
    b"\xff",
    "ä".encode(),
]


@given(st.lists(st.sampled_from(PARTS) | st.binary(max_size=3), max_size=60), st.integers(1, 5))
def test_pieces_never_matter(parts: list[bytes], size: int) -> None:
    data = b"".join(parts)
    assert in_pieces(data, size)[0] == whole(data)
