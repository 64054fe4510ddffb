"""A zip gives every file that any program could find in it, and says where programs would differ."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.formats.format import Member, Seen, Trait
from gatepost.checks.content.formats.zip import read
from tests.checks.content.formats.archive_samples import (
    PE,
    TEXT,
    Stored,
    budget,
    by_zipfile,
    deflated,
    found,
    locked_zip,
    overlapping_zip,
    traits,
    walked,
    zipcrypted,
    zipped,
)

HONEST = by_zipfile(("letter.txt", TEXT), ("a/b/run.exe", PE))


def member_names(octets: bytes) -> list[str]:
    return [sight.name for sight in read(octets, budget()) if isinstance(sight, Member)]


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_every_method_of_the_standard_library_is_unpacked(method: int) -> None:
    octets = by_zipfile(("letter.txt", TEXT), ("a/b/run.exe", PE), method=method)
    assert found(octets) == {"letter.txt": "text", "a/b/run.exe": "pe"}
    assert traits(octets) == []


@pytest.mark.parametrize(
    ("method", "packed"),
    [(93, zstandard.compress(PE)), (20, zstandard.compress(PE)), (95, lzma.compress(PE))],
)
def test_newer_methods_are_unpacked(method: int, packed: bytes) -> None:
    octets = zipped(Stored("run.exe", PE, method, packed))
    assert (found(octets), traits(octets)) == ({"run.exe": "pe"}, [])


def test_a_method_that_nobody_unpacks_is_said() -> None:
    octets = zipped(Stored("run.exe", PE, 6))
    assert traits(octets) == [("unseen", "run.exe is packed by a method (6) that cannot be opened here")]


def test_the_way_to_a_file_in_a_file_is_told() -> None:
    inner = by_zipfile(("word/a.txt", TEXT))
    [outer, middle, file] = walked(by_zipfile(("a/b.zip", inner)), "invoice.zip")
    assert [item.where for item in (outer, middle, file)] == [
        "invoice.zip",
        "invoice.zip › a/b.zip",
        "invoice.zip › a/b.zip › word/a.txt",
    ]


def test_a_file_that_the_directory_does_not_name_is_found_and_told() -> None:
    octets = zipped(Stored("a.txt"), Stored("run.exe", PE, 8, listed=False), Stored("b.txt"))
    assert found(octets) == {"a.txt": "text", "run.exe": "pe", "b.txt": "text"}
    assert traits(octets) == [("trick-name", "run.exe is in it, and not in its directory")]


def test_files_without_any_directory_are_found() -> None:
    octets = HONEST[: HONEST.index(b"PK\x01\x02")]
    assert found(octets) == {"letter.txt": "text", "a/b/run.exe": "pe"}
    assert traits(octets) == [("damaged", "it has no directory at its end")]


def test_an_archive_behind_another_one_is_found() -> None:
    octets = by_zipfile(("a.txt", TEXT)) + by_zipfile(("run.exe", PE))
    assert found(octets) == {"a.txt": "text", "run.exe": "pe"}
    assert ("trick-name", "has more than one directory, and programs may take either") in traits(octets)


def test_an_archive_within_a_stored_file_is_found_once_and_is_no_trick() -> None:
    octets = zipped(Stored("in.zip", HONEST), Stored("x.txt"))
    assert list(found(octets)) == ["in.zip", "in.zip › letter.txt", "in.zip › a/b/run.exe", "x.txt"]
    assert traits(octets) == []
    last = zipped(Stored("x.txt"), Stored("in.zip", HONEST))
    assert traits(last) == []


def test_two_names_for_one_file_are_both_looked_at() -> None:
    octets = zipped(Stored("run.exe", TEXT, listed_name="letter.txt"))
    assert member_names(octets) == ["letter.txt", "run.exe"]
    assert traits(octets) == [("trick-name", "letter.txt is named run.exe too")]


def test_a_third_name_and_a_name_that_is_cut_off_are_looked_at() -> None:
    extra = struct.pack("<HHBL", 0x7075, 5 + 7, 1, zlib.crc32(b"a.txt")) + b"run.exe"
    assert member_names(zipped(Stored("a.txt", extra=extra))) == ["a.txt", "run.exe"]
    assert member_names(zipped(Stored("run.exe\0.txt"))) == ["run.exe\0.txt", "run.exe"]


def test_code_pages_alone_make_no_second_name() -> None:
    utf8 = "Grüße.txt".encode()
    extra = struct.pack("<HHBL", 0x7075, 5 + len(utf8), 1, 0) + utf8
    octets = zipped(Stored("Grüße.txt".encode("cp437"), extra=extra))
    assert member_names(octets) == ["Grüße.txt"]
    assert traits(octets) == []


def test_a_name_that_stands_twice_is_told_and_both_files_are_looked_at() -> None:
    octets = zipped(Stored("a.txt"), Stored("a.txt", PE))
    assert [item.kind for item in walked(octets)[1:]] == ["text", "pe"]
    assert traits(octets) == [("trick-name", "two files in it are named a.txt")]


@pytest.mark.parametrize("shift", [0, -1])
def test_junk_in_front_changes_nothing(shift: int) -> None:
    junk = b"\x00\x01junk that is nothing" * 50
    octets = zipped(Stored("run.exe", PE, 8), prefix=junk, shift=shift * len(junk))
    assert (walked(octets)[0].kind, found(octets)) == ("zip", {"run.exe": "pe"})


def test_what_is_behind_the_end_is_looked_at() -> None:
    octets = zipped(Stored("a.txt"), behind=PE)
    assert found(octets) == {"a.txt": "text", "(behind the archive)": "pe"}
    assert found(zipped(Stored("a.txt"), comment=b"hello")) == {"a.txt": "text"}


def test_a_wrong_checksum_is_damage_and_the_file_is_looked_at() -> None:
    octets = zipped(Stored("run.exe", PE, 8, checksum=1))
    assert (found(octets), traits(octets)) == ({"run.exe": "pe"}, [("damaged", "run.exe: a wrong checksum")])


def test_wrong_sizes_are_damage_and_hide_nothing() -> None:
    small = zipped(Stored("run.exe", PE, 8, listed_packed=1, size=1))
    assert (found(small), traits(small)) == (
        {"run.exe": "pe"},
        [("damaged", "run.exe: another size than it says")],
    )
    large = zipped(Stored("a.txt", method=8, listed_packed=0xFFFFFF), Stored("run.exe", PE, listed=False))
    assert set(found(large)) == {"a.txt", "run.exe"}


def test_two_methods_for_one_file_are_both_tried() -> None:
    octets = zipped(Stored("run.exe", PE, 8, listed_method=0))
    assert "pe" in [item.kind for item in walked(octets)]
    assert ("trick-name", "run.exe claims two methods of packing") in traits(octets)


def test_a_damaged_stream_gives_what_is_in_front_of_the_damage() -> None:
    packed = deflated(PE)
    octets = zipped(Stored("run.exe", PE, 8, packed[:-20] + b"\xff" * 20))
    assert found(octets) == {"run.exe": "pe"}
    assert [trait for trait, _ in traits(octets)] == ["damaged"]


def test_sizes_behind_the_data_are_read_there() -> None:
    packed = deflated(PE)
    behind = struct.pack("<4s3L", b"PK\x07\x08", zlib.crc32(PE), len(packed), len(PE))
    octets = zipped(Stored("run.exe", PE, 8, packed, flags=8, behind=behind), Stored("b.txt"))
    assert (found(octets), traits(octets)) == ({"run.exe": "pe", "b.txt": "text"}, [])


def test_a_stored_file_without_sizes_reaches_to_the_next_header() -> None:
    whole = bytearray(
        zipped(Stored("run.exe", PE, flags=8, behind=b"PK\x07\x08" + bytes(12)), Stored("b.txt"))
    )
    whole[14:26] = bytes(12)
    octets = bytes(whole[: whole.index(b"PK\x01\x02")])
    assert found(octets) == {"run.exe": "pe", "b.txt": "text"}


def test_sizes_of_more_than_32_bits_are_read() -> None:
    octets = bytearray(zipped(Stored("a.txt", TEXT, extra=struct.pack("<2H2Q", 1, 16, len(TEXT), len(TEXT)))))
    for mark, place in ((b"PK\x03\x04", 18), (b"PK\x01\x02", 20)):
        at = octets.index(mark) + place
        octets[at : at + 8] = b"\xff" * 8
    end = octets.index(b"PK\x05\x06")
    size, place = struct.unpack_from("<2L", octets, end + 12)
    wide = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, size, place)
    wide += struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    octets[end + 12 : end + 20] = b"\xff" * 8
    octets[end:end] = wide
    assert zipfile.ZipFile(io.BytesIO(octets)).namelist() == ["a.txt"]
    assert (found(bytes(octets)), traits(bytes(octets))) == ({"a.txt": "text"}, [])


def test_encrypted_files_are_named_and_judged_by_their_names() -> None:
    assert traits(locked_zip()) == [
        ("encrypted", "the file invoice.exe"),
        ("program", "invoice.exe, encrypted and named as a program"),
    ]


def test_encrypted_files_are_opened_with_words_of_the_message() -> None:
    assert traits(locked_zip(), "wrong", "geheim7") == [
        ("encrypted", "the file invoice.exe, opened with a word of the message")
    ]
    assert found(locked_zip(), spent=budget(1 << 24, 1 << 22, 300, "geheim7")) == {"invoice.exe": "pe"}


def test_words_are_tried_on_a_bound_of_files_only() -> None:
    files = [
        Stored(f"{n}.txt", packed=zipcrypted(TEXT, b"right", zlib.crc32(TEXT) >> 24), flags=1)
        for n in range(20)
    ]
    opened = [
        s
        for s in read(zipped(*files), budget(1 << 24, 1 << 22, 300, *("wrong",) * 9))
        if isinstance(s, Member)
    ]
    assert opened == []
    opened = [
        s for s in read(zipped(*files), budget(1 << 24, 1 << 22, 300, "x", "right")) if isinstance(s, Member)
    ]
    assert len(opened) == 20


@pytest.mark.parametrize(("flags", "listed_flags"), [(1, 0), (0, 1), (1, 1)])
def test_what_is_only_said_to_be_encrypted_is_read(flags: int, listed_flags: int) -> None:
    octets = zipped(Stored("run.exe", PE, 8, flags=flags, listed_flags=listed_flags))
    assert found(octets) == {"run.exe": "pe"}
    assert traits(octets) == [("trick-name", "run.exe is said to be encrypted, and is not")]


def test_a_link_out_of_the_folder_is_told() -> None:
    octets = zipped(Stored("a", b"../../etc/passwd", attributes=0o120777 << 16))
    assert ("trick-name", "a is a link that leads out of the folder, to ../../etc/passwd") in traits(octets)
    assert traits(zipped(Stored("a", b"b", attributes=0o120777 << 16))) == []


def test_a_file_named_as_a_folder_is_looked_at() -> None:
    assert found(zipped(Stored("run.exe/", PE), Stored("empty/", b""))) == {"run.exe/": "pe"}


def test_files_that_lie_over_each_other_are_a_bomb_and_end_within_the_budget() -> None:
    octets = overlapping_zip(250, 2_000_000)
    assert len(zipfile.ZipFile(io.BytesIO(octets)).namelist()) == 250
    spent = budget(50_000_000, 10_000_000)
    outer, *inner = walked(octets, spent=spent)
    assert len(octets) < 30_000
    assert [str(seen.trait) for seen in outer.seen] == ["bomb", "bomb"]
    assert sum(item.size for item in inner) <= 50_000_000


def test_zeros_in_zips_in_zips_are_a_bomb_and_end_within_the_budget() -> None:
    octets = bytes(4_000_000)
    for _ in range(3):
        octets = by_zipfile(*((f"{n}.bin", octets) for n in range(8)))
    spent = budget(30_000_000, 8_000_000)
    items = walked(octets, spent=spent)
    assert sum(item.size for item in items[1:]) <= 30_000_000
    assert "bomb" in {str(seen.trait) for item in items for seen in item.seen}


def test_one_file_that_is_too_large_hides_no_other() -> None:
    octets = by_zipfile(("film.bin", bytes(9_000_000)), ("run.exe", PE))
    assert found(octets) == {"run.exe": "pe"}
    assert [trait for trait, _ in traits(octets)] == ["bomb"]


def test_a_zip_that_holds_itself_ends() -> None:
    """A stored file whose data are the archive, header and all: what a quine is to a reader."""
    header = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 33, 0, 0xFFFF, 0xFFFF, 5, 0) + b"r.zip"
    octets = header + header + header
    items = walked(octets)
    assert len(items) < 20


def test_too_many_files_are_said() -> None:
    octets = by_zipfile(*((f"{n}.txt", b"") for n in range(400)))
    outer, *inner = walked(octets)
    assert len(inner) <= 300
    assert outer.seen == (Seen(Trait.UNSEEN, "more files within files than one message may have"),)


@given(
    st.lists(
        st.builds(
            Stored,
            name=st.text(max_size=12),
            content=st.binary(max_size=60),
            method=st.sampled_from([0, 8]),
            listed_name=st.none() | st.text(max_size=12),
            flags=st.sampled_from([0, 0, 8, 0x800]),
            listed=st.booleans(),
            listed_packed=st.none() | st.integers(0, 200),
        ),
        max_size=5,
    )
)
def test_no_file_that_the_standard_library_reads_is_missed(files: list[Stored]) -> None:
    octets = zipped(*files)
    ours = [sight.octets for sight in read(octets, budget()) if isinstance(sight, Member)]
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        for info in archive.infolist():
            try:
                content = archive.read(info)
            except Exception:  # noqa: BLE001
                continue
            if content:
                assert any(each.startswith(content) for each in ours)


@given(
    st.sampled_from(
        [HONEST, locked_zip(), overlapping_zip(4, 3000), zipped(Stored("a", PE, 8), behind=HONEST)]
    ),
    st.integers(0, 900),
    st.binary(max_size=8),
    st.binary(max_size=200),
)
def test_any_octets_and_any_damage_end_within_the_budget(
    sample: bytes, at: int, patch: bytes, other: bytes
) -> None:
    for octets in (other, sample[:at] + patch + sample[at + len(patch) :], sample[at:] + sample[:at]):
        spent = budget(1 << 20, 1 << 18, 50, "password")
        try:
            sights = list(read(octets, spent))
        except Exception:  # noqa: BLE001 - whatever it is, the walk takes it
            continue
        contents = {id(sight.octets): sight.octets for sight in sights if isinstance(sight, Member)}
        assert sum(map(len, contents.values())) <= 1 << 20
