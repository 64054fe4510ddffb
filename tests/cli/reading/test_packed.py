"""Packed files are read as they come, member by member, and what is wrong with them is said."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from gatepost.cli.reading.packed import PIECE, DamageError, Unpacker, foreign, packing

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.compress,
}
LINES = b"".join(
    b"Nov 23 15:05:55 gw postfix/smtpd[%d]: connect from unknown[192.0.2.1]\n" % n for n in range(5_000)
)
PACKED = {form: pack(LINES) for form, pack in PACK.items()}
FORMS = pytest.mark.parametrize("form", list(PACK))


def unpacked(form: str, data: bytes, size: int) -> bytes:
    unpacker = Unpacker(form)
    out = [piece for at in range(0, len(data), size) for piece in unpacker.receive(data[at : at + size])]
    unpacker.end()
    return b"".join(out)


@FORMS
def test_the_packing_is_told_by_the_first_octets(form: str) -> None:
    assert packing(PACK[form](LINES)) == form
    assert packing(LINES) == ""


@pytest.mark.parametrize(
    ("head", "words"),
    [(b"PK\x03\x04", "a zip archive"), (b"7z\xbc\xaf\x27\x1c", "a 7z archive"), (LINES, ""), (b"", "")],
)
def test_a_packing_that_is_not_known_is_named(head: bytes, words: str) -> None:
    assert foreign(head) == words


@FORMS
@pytest.mark.parametrize("size", [1, 700, 1 << 20])
def test_what_was_packed_comes_out_however_it_goes_in(form: str, size: int) -> None:
    assert unpacked(form, PACK[form](LINES), size) == LINES


@FORMS
@pytest.mark.parametrize("padding", [b"", bytes(64)])
def test_members_one_behind_the_other_are_one_content(form: str, padding: bytes) -> None:
    data = PACK[form](LINES) + padding + PACK[form](b"") + PACK[form](LINES) + padding
    for size in (100, 1 << 20):
        assert unpacked(form, data, size) == LINES * 2


@FORMS
@given(at=st.integers(10, 200), size=st.integers(1, 300))
def test_a_file_that_was_cut_off_gives_what_came_before_and_says_so(form: str, at: int, size: int) -> None:
    data = PACKED[form]
    unpacker, out = Unpacker(form), b""
    with pytest.raises(DamageError, match=r"cut off|damaged"):  # noqa: PT012 - either may say so
        for begin in range(0, at, size):
            out += b"".join(unpacker.receive(data[:at][begin : begin + size]))
        unpacker.end()
    assert LINES.startswith(out)


@FORMS
@given(at=st.integers(0, 500), octet=st.integers(1, 255))
def test_a_damaged_file_is_an_error_or_what_it_was(form: str, at: int, octet: int) -> None:
    data = bytearray(PACKED[form])
    data[at % len(data)] ^= octet
    try:
        out = unpacked(form, bytes(data), 1 << 20)
    except DamageError:
        pass
    else:
        assert len(out) <= 2 * len(LINES)  # an octet that no checksum is about


@FORMS
@pytest.mark.parametrize("rest", [b"junk", b"junk that is longer than any magic"])
def test_what_stands_behind_the_last_member_is_told(form: str, rest: bytes) -> None:
    with pytest.raises(DamageError, match="behind"):
        unpacked(form, PACK[form](LINES) + rest, 1 << 20)


@FORMS
def test_a_small_file_that_holds_very_much_takes_little_memory(form: str) -> None:
    if form == "gzip":
        packer = zlib.compressobj(9, wbits=31)
        bomb = b"".join([packer.compress(bytes(1 << 20)) for _ in range(64)]) + packer.flush()
    else:
        bomb = PACK[form](bytes(64 << 20))
    unpacker, total = Unpacker(form), 0
    tracemalloc.start()
    for piece in unpacker.receive(bomb):
        assert len(piece) <= 48 * PIECE
        total += len(piece)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == 64 << 20
    assert peak < 100 << 20


def test_a_file_that_asks_for_very_much_memory_is_refused() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 512 << 20}]
    try:
        data = lzma.compress(LINES, filters=filters)
    except MemoryError:  # pragma: no cover - a small machine cannot make one either
        return
    with pytest.raises(DamageError):
        unpacked("xz", data, 1 << 20)
