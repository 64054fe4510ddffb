"""A compressed file gives the one file that is in it, joined from all its streams, counted piece by piece."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.formats import compressed
from gatepost.checks.content.formats.format import ExhaustedError, Member
from tests.checks.content.formats.archive_samples import (
    PE,
    TEXT,
    budget,
    by_libarchive,
    found,
    reader,
    tarred,
    traits,
    walked,
)


def gzipped(content: bytes, name: str = "") -> bytes:
    file = io.BytesIO()
    with gzip.GzipFile(name, "wb", fileobj=file, mtime=0) as out:
        out.write(content)
    return file.getvalue()


SAMPLES = {
    "gzip": gzip.compress(PE),
    "bzip2": bz2.compress(PE),
    "xz": lzma.compress(PE),
    "lzma": lzma.compress(PE * 9, lzma.FORMAT_ALONE),
    "zstd": zstandard.compress(PE),
    "lz4": by_libarchive("raw", ("x", PE), packing="lz4"),
    "compress": by_libarchive("raw", ("x", PE), packing="compress"),
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_each_kind_gives_what_is_in_it(kind: str) -> None:
    assert walked(SAMPLES[kind])[0].kind == kind
    assert (found(SAMPLES[kind]), traits(SAMPLES[kind])) == ({"content": "pe"}, [])


def test_gzip_tells_the_name_that_the_file_had() -> None:
    assert found(gzipped(PE, "run.exe")) == {"run.exe": "pe"}
    hidden = b"\x1f\x8b\x08\x1e" + bytes(6) + b"\x03\x00abc" + b"run.exe\0" + b"a comment\0" + b"\0\0"
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    octets = hidden + packed.compress(PE) + packed.flush()
    octets += zlib.crc32(PE).to_bytes(4, "little") + len(PE).to_bytes(4, "little")
    assert (found(octets), traits(octets)) == ({"run.exe": "pe"}, [])


@pytest.mark.parametrize(
    "octets",
    [
        gzip.compress(PE[:50]) + gzip.compress(PE[50:]) + bytes(100),
        bz2.compress(PE[:50]) + bz2.compress(PE[50:]),
        lzma.compress(PE[:50]) + bytes(8) + lzma.compress(PE[50:]),
        zstandard.compress(PE[:50]) + b"\x50\x2a\x4d\x18\x03\0\0\0abc" + zstandard.compress(PE[50:]),
    ],
)
def test_streams_one_behind_the_other_are_joined(octets: bytes) -> None:
    assert (found(octets), traits(octets)) == ({"content": "pe"}, [])


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz", "lzma", "zstd"])
def test_what_is_cut_off_gives_what_there_is_and_is_damaged(kind: str) -> None:
    octets = {
        "gzip": gzip.compress(PE + TEXT, 0),
        "bzip2": bz2.compress(PE) + bz2.compress(TEXT),
        "xz": lzma.compress(PE + bytes(range(256)) * 9),
        "lzma": lzma.compress(PE + bytes(range(256)) * 9, lzma.FORMAT_ALONE),
        "zstd": zstandard.compress(PE) + zstandard.compress(TEXT),
    }[kind]
    assert found(octets[:-12]) == {"content": "pe"}
    assert [trait for trait, _ in traits(octets[:-12])] == ["damaged"]


def test_other_octets_behind_the_end_are_told() -> None:
    for octets in (gzip.compress(PE), bz2.compress(PE), lzma.compress(PE)):
        assert traits(octets + b"junk") == [("damaged", "other octets behind its end")]


def test_a_wrong_checksum_is_damage_and_hides_nothing() -> None:
    octets = gzip.compress(PE)[:-8] + bytes(8)
    assert (found(octets), traits(octets)) == ({"content": "pe"}, [("damaged", "a wrong checksum")])


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz", "zstd", "lz4", "compress"])
def test_zeros_are_a_bomb_and_no_more_than_one_piece_is_unpacked_beyond_the_budget(kind: str) -> None:
    zeros = bytes(20_000_000)
    octets = {
        "gzip": lambda: gzip.compress(zeros),
        "bzip2": lambda: bz2.compress(zeros),
        "xz": lambda: lzma.compress(zeros, preset=1),
        "zstd": lambda: zstandard.compress(zeros),
        "lz4": lambda: by_libarchive("raw", ("x", zeros), packing="lz4"),
        "compress": lambda: by_libarchive("raw", ("x", zeros), packing="compress"),
    }[kind]()
    spent = budget(1_000_000, 10_000_000)
    with pytest.raises(ExhaustedError):
        list(reader(kind)(octets, spent))
    assert -65536 <= spent.octets < 0
    [seen] = walked(octets, spent=budget(10_000_000))[0].seen
    assert seen.trait == ("unseen" if kind == "lz4" else "bomb")  # lz4 packs zeros badly


def test_very_many_streams_end_it() -> None:
    with pytest.raises(ExhaustedError, match="more than 10,000 compressed streams"):
        list(compressed.bzip2(bz2.compress(b"") * 10_001, budget()))
    with pytest.raises(ExhaustedError, match="more than 10,000 compressed streams"):
        list(compressed.gzip(gzip.compress(b"") * 10_001, budget()))


def test_a_packed_tar_is_gone_into() -> None:
    assert list(found(gzipped(tarred(("a/run.exe", PE)), "x.tar"))) == ["x.tar", "x.tar › a/run.exe"]


@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 400), st.binary(max_size=6), st.binary(max_size=200))
def test_any_octets_and_any_damage_end_within_the_budget(
    kind: str, at: int, patch: bytes, other: bytes
) -> None:
    sample = SAMPLES[kind]
    for octets in (other, sample[:4] + other, sample[:at] + patch + sample[at + len(patch) :]):
        try:
            sights = list(reader(kind)(octets, budget(1 << 20, 1 << 18)))
        except Exception:  # noqa: BLE001 - whatever it is, the walk takes it
            continue
        assert sum(len(sight.octets) for sight in sights if isinstance(sight, Member)) <= 1 << 18
