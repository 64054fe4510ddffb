"""Deflate64 is unpacked as the program that writes it packed it."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.formats import inflate64
from gatepost.checks.content.formats.format import ExhaustedError
from gatepost.checks.content.formats.inflate64 import deflate64
from gatepost.checks.content.formats.streams import Unpacking
from tests.checks.content.formats.archive_samples import TEXT, deflated


def unpacked(octets: bytes) -> tuple[bytes, str]:
    stream = Unpacking(deflate64(octets))
    return b"".join(stream), stream.trouble


# "a" once, then as often again as one code can say: 16 bits more behind the code 285. Bits in the order of the
# stream: last block, fixed codes, literal "a" (10010001), length 285 (11000101), 16 bits, distance 1 (00000), end.
def longest(more: int) -> bytes:
    bits = "1" + "10" + "10010001" + "11000101" + f"{more:016b}"[::-1] + "00000" + "0000000"
    bits += "0" * (-len(bits) % 8)
    return bytes([int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8)])


@pytest.mark.parametrize("more", [0, 1, 65535])
def test_a_length_may_have_sixteen_bits(more: int) -> None:
    assert unpacked(longest(more)) == (b"a" * (1 + 3 + more), "")


@given(st.binary(max_size=400), st.integers(0, 9))
def test_what_deflate_packs_without_its_longest_length_is_the_same(content: bytes, level: int) -> None:
    pressing = zlib.compressobj(level, zlib.DEFLATED, -15, strategy=zlib.Z_HUFFMAN_ONLY)
    packed = pressing.compress(content) + pressing.flush()
    assert unpacked(packed) == (content, "")
    stream = Unpacking(deflate64(b"xx" + packed + b"behind", 2))
    assert b"".join(stream) == content
    assert stream.used == len(packed)


def test_long_streams_are_given_in_pieces() -> None:
    content = bytes(range(256)) * 2000
    pressing = zlib.compressobj(0, zlib.DEFLATED, -15)
    packed = pressing.compress(content) + pressing.flush()
    pieces = list(Unpacking(deflate64(packed)))
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= 65536


def test_what_is_cut_off_gives_what_there_is() -> None:
    content, trouble = unpacked(deflated(b"the beginning, and then much more of it " * 9)[:30])
    assert content.startswith(b"the beginning")
    assert trouble


def test_its_costs_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflate64, "_MAX_SYMBOLS", 10)
    with pytest.raises(ExhaustedError):
        unpacked(deflated(TEXT))


@given(st.binary(max_size=300))
def test_any_octets_end(octets: bytes) -> None:
    assert len(unpacked(octets)[0]) <= 300 * 65_538
