"""Streams are unpacked piece by piece, and a damaged one gives what is in front of the damage."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.formats import streams
from gatepost.checks.content.formats.streams import PIECE, Opener, Unpacking
from tests.checks.content.formats.archive_samples import PE, TEXT, deflated

STREAMS: tuple[tuple[Callable[[bytes], Opener], bytes], ...] = (
    (streams.deflate, deflated(TEXT)),
    (streams.zlib_wrapped, zlib.compress(TEXT)),
    (streams.bzip2, bz2.compress(TEXT)),
    (streams.lzma_or_xz, lzma.compress(TEXT)),
    (streams.lzma_or_xz, lzma.compress(TEXT, lzma.FORMAT_ALONE)),
    (streams.zstd, zstandard.compress(TEXT)),
)


@pytest.mark.parametrize(("opened", "packed"), STREAMS)
def test_a_whole_stream_gives_all_and_no_trouble(opened: Callable[[bytes], Opener], packed: bytes) -> None:
    stream = Unpacking(opened(packed))
    assert b"".join(stream) == TEXT
    assert (stream.trouble, stream.used) == ("", len(packed))


@pytest.mark.parametrize(("opened", "packed"), STREAMS)
def test_what_is_cut_off_is_trouble(opened: Callable[[bytes], Opener], packed: bytes) -> None:
    stream = Unpacking(opened(packed[:-3]))
    assert TEXT.startswith(b"".join(stream))
    assert stream.trouble


@pytest.mark.parametrize(
    ("opened", "packed"),
    [
        (streams.deflate, deflated(bytes(1 << 22))),
        (streams.bzip2, bz2.compress(bytes(1 << 22))),
        (streams.lzma_or_xz, lzma.compress(bytes(1 << 22))),
        (streams.zstd, zstandard.compress(bytes(1 << 22))),
    ],
)
def test_no_piece_is_larger_than_it_may_be(opened: Callable[[bytes], Opener], packed: bytes) -> None:
    sizes = [len(piece) for piece in Unpacking(opened(packed))]
    assert sum(sizes) == 1 << 22
    assert max(sizes) <= PIECE


def test_octets_in_front_of_damage_are_given() -> None:
    stream = Unpacking(streams.deflate(deflated(PE)[:-10] + b"\xff" * 10))
    assert b"".join(stream).startswith(PE[:100])
    assert stream.trouble
    xz = Unpacking(streams.lzma_or_xz(lzma.compress(TEXT)[:-20] + bytes(20)))
    assert b"".join(xz).startswith(TEXT[:-1])
    assert xz.trouble


def test_a_dictionary_beyond_reason_is_refused() -> None:
    stream = Unpacking(streams.lzma_of_zip(b"\x10\x02\x05\x00\x5d\xff\xff\xff\xff" + bytes(20)))
    assert list(stream) == []
    assert stream.trouble == "LZMA with a dictionary of 4,294,967,295 octets"


def test_slices_are_pieces_of_what_is_not_packed() -> None:
    octets = bytes(range(256)) * 1000
    pieces = list(streams.slices(octets, 100, 200_000))
    assert b"".join(pieces) == octets[100:200_000]
    assert max(map(len, pieces)) <= PIECE


@given(st.binary(max_size=200), st.sampled_from(STREAMS), st.integers(0, 200))
def test_any_octets_end_without_raising(
    octets: bytes, sample: tuple[Callable[[bytes], Opener], bytes], at: int
) -> None:
    opened, packed = sample
    for damaged in (octets, packed[:at] + octets[:3] + packed[at + 3 :]):
        assert sum(map(len, Unpacking(opened(damaged)))) < 1 << 24
