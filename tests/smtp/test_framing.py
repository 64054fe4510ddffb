"""The end of content is found where RFC 5321 says, by table and by scanner, however the octets come."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.smtp.framing import TABLE, ContentReader, ContentWriter, Row, frame

NO_LIMIT = 1 << 40


class Read(NamedTuple):
    content: bytes
    consumed: int
    bad: bool


def oracle(octets: bytes) -> Read | None:
    """Say it in other words: the content ends at the first CRLF.CRLF, where the CRLF of DATA counts."""
    stream = b"\r\n" + octets
    end = stream.find(b"\r\n.\r\n")
    if end < 0:
        return None
    lines = stream[2 : end + 2].split(b"\r\n")
    content = b"\r\n".join(line[1:] if line[:1] == b"." else line for line in lines)
    return Read(content, end + 3, any(b"\r" in line or b"\n" in line for line in lines))


def by_table(octets: bytes) -> Read | None:
    framed = frame(octets)
    return Read(framed.content, framed.consumed, framed.bad) if framed.row is Row.END else None


def by_reader(pieces: list[bytes], line_limit: int = NO_LIMIT) -> tuple[Read | None, ContentReader]:
    reader = ContentReader(line_limit)
    content = b""
    buffer = b""
    consumed = 0
    for piece in pieces:
        buffer += piece
        chunk, used = reader.read(buffer, 0)
        content += chunk
        consumed += used
        buffer = buffer[used:]
        assert len(buffer) <= 2 or reader.ended
        if reader.ended:
            assert reader.size == len(content)
            return Read(content, consumed, reader.bad), reader
    return None, reader


def single(octets: bytes) -> list[bytes]:
    return [bytes((value,)) for value in octets]


def test_table_and_scanner_agree_with_the_oracle_on_all_short_strings() -> None:
    strings = 0
    for length in range(1, 9):
        for values in product(b"\r\n.a", repeat=length):
            octets = bytes(values)
            expected = oracle(octets)
            assert by_table(octets) == expected, octets
            assert by_reader([octets])[0] == expected, octets
            assert by_reader(single(octets))[0] == expected, octets
            strings += 1
    assert strings == 87_380


hostile = st.lists(
    st.sampled_from(
        [b"\r\n", b"\r", b"\n", b".", b"\r\n.", b"\r\n.\r", b"\r\n..", b"a", b"text", b"\0", b"\xff"]
    ),
    max_size=60,
).map(b"".join)


@given(hostile, st.booleans(), st.lists(st.integers(1, 20), max_size=60))
def test_the_cut_of_long_strings_changes_nothing(octets: bytes, ends: bool, sizes: list[int]) -> None:
    if ends:
        octets += b"\r\n.\r\nQUIT\r\n"
    pieces = []
    position = 0
    for size in [*sizes, len(octets) + 1]:
        pieces.append(octets[position : position + size])
        position += size
    expected = oracle(octets)
    assert by_table(octets) == expected
    assert by_reader(pieces)[0] == expected
    assert by_reader([octets])[0] == expected


def test_the_table_is_total() -> None:
    assert set(TABLE) == set(Row) - {Row.END}
    assert all(set(cells) == {b"\r", b"\n", b".", b"?"} for cells in TABLE.values())


def test_a_small_content_is_one_slice_and_what_follows_stays() -> None:
    reader = ContentReader(NO_LIMIT)
    assert reader.read(b"DATA\r\na\r\nb\r\n.\r\nQUIT\r\n", 6) == (b"a\r\nb\r\n", 15)
    assert reader.ended


@pytest.mark.parametrize(
    "smuggled",
    [
        b"a\n.\n",
        b"a\n.\r\n",
        b"a\r.\r",
        b"a\r\n.\r",
        b"a\r\n.\n",
        b"a\r.\r\n",
        b"a\r\n\0.\r\n",
        b"a\r\r\n.\r\r\n",
    ],
)
def test_nothing_but_the_true_end_ends_content(smuggled: bytes) -> None:
    octets = smuggled + b"MAIL FROM:<x@y>\r\n.\r\n"
    for pieces in ([octets], single(octets)):
        read, reader = by_reader(pieces)
        assert read is not None
        assert read.consumed == len(octets)
        assert reader.bad == (smuggled != b"a\r\n\0.\r\n")


@pytest.mark.parametrize(
    ("octets", "long"),
    [
        (b"12345678\r\n.\r\n", False),
        (b"123456789\r\n.\r\n", True),
        (b"1\r\n12345678\r\n1\r\n.\r\n", False),
        (b"1\r\n123456789\r\n1\r\n.\r\n", True),
        (b"..2345678\r\n.\r\n", False),  # the stuffed dot does not count: RFC 5321 §4.5.3.1.6
        (b"..23456789\r\n.\r\n", True),
        (b"1234567\r\n" * 50 + b".\r\n", False),
        (b"1234567\r\n" * 50 + b"123456789\r\n.\r\n", True),
    ],
)
def test_a_line_over_the_limit_is_seen_however_it_comes(octets: bytes, long: bool) -> None:
    for pieces in ([octets], single(octets), [octets[:5], octets[5:]]):
        read, reader = by_reader(pieces, line_limit=10)
        assert read is not None
        assert reader.long_line is long


@given(st.lists(st.integers(0, 30), max_size=30), st.integers(2, 30), st.data())
def test_line_lengths_are_measured_alike_in_every_cut(
    lengths: list[int], limit: int, data: st.DataObject
) -> None:
    octets = b"".join(b"x" * length + b"\r\n" for length in lengths) + b".\r\n"
    at = data.draw(st.integers(0, len(octets)))
    expected = any(length + 2 > limit for length in lengths)
    for pieces in ([octets], single(octets), [octets[:at], octets[at:]]):
        assert by_reader(pieces, line_limit=limit)[1].long_line is expected


def test_a_line_without_end_is_long_before_it_ends() -> None:
    reader = ContentReader(100)
    for _ in range(3):
        reader.read(b"x" * 40, 0)
    assert reader.long_line


def stuffed(pieces: list[bytes]) -> bytes:
    writer = ContentWriter()
    return b"".join([writer.write(piece) for piece in pieces]) + writer.end()


@given(hostile.filter(lambda octets: oracle(octets + b"\r\n.\r\n") is not None), st.lists(st.integers(1, 9)))
def test_what_is_stuffed_in_pieces_is_read_back_as_it_was(octets: bytes, sizes: list[int]) -> None:
    pieces = []
    position = 0
    for size in [*sizes, len(octets) + 1]:
        pieces.append(octets[position : position + size])
        position += size
    sent = stuffed(pieces)
    assert sent == stuffed([octets])
    read, _ = by_reader([sent])
    assert read is not None
    assert read.consumed == len(sent)
    lacks_end = octets and not octets.endswith(b"\r\n")
    assert read.content == octets + b"\r\n" if lacks_end else read.content == octets


def test_stuffing_is_exact_on_all_short_strings_in_every_cut() -> None:
    for length in range(6):
        for values in product(b"\r\n.a", repeat=length):
            octets = bytes(values)
            expected = (b"\r\n" + octets).replace(b"\r\n.", b"\r\n..")[2:]
            expected += b".\r\n" if not octets or octets.endswith(b"\r\n") else b"\r\n.\r\n"
            assert stuffed(single(octets)) == expected
            for at in range(length + 1):
                assert stuffed([octets[:at], octets[at:]]) == expected


def test_content_without_a_dot_in_front_is_not_copied() -> None:
    content = b"a.\r\nb.\r\n" * 1000
    assert ContentWriter().write(content) is content
