"""A tar of any dialect gives its files, and what it says of sizes is believed no further than it goes."""

from __future__ import annotations

import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.formats import tar
from gatepost.checks.content.formats.format import ExhaustedError, Member
from gatepost.checks.content.formats.kinds import kind_of
from gatepost.checks.content.formats.tar import read
from tests.checks.content.formats.archive_samples import PE, TEXT, budget, found, linked_tar, tarred, traits

LONG = "a folder with a long name/" * 12 + "run.exe"
HONEST = tarred(("letter.txt", TEXT), ("a/run.exe", PE))


def changed(octets: bytes, place: int, field: bytes, header: int = 0) -> bytes:
    """Change a field of a header, and its checksum with it."""
    octets = octets[: header + place] + field + octets[header + place + len(field) :]
    block = octets[header : header + 148] + b" " * 8 + octets[header + 156 : header + 512]
    return octets[: header + 148] + b"%06o\0 " % sum(block) + octets[header + 156 :]


@pytest.mark.parametrize("dialect", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_each_dialect_gives_its_files(dialect: int) -> None:
    octets = tarred(("letter.txt", TEXT), ("a/run.exe", PE), dialect=dialect)
    assert (found(octets), traits(octets)) == ({"letter.txt": "text", "a/run.exe": "pe"}, [])


@pytest.mark.parametrize("dialect", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_are_read(dialect: int) -> None:
    [member] = read(tarred((LONG, PE), dialect=dialect), budget())
    assert isinstance(member, Member)
    assert member.name == LONG


def test_a_tar_without_a_mark_is_known_by_its_checksum() -> None:
    octets = changed(tarred(("run.exe", PE), dialect=tarfile.USTAR_FORMAT), 257, bytes(8))
    assert kind_of(octets).name == "tar"
    assert found(octets) == {"run.exe": "pe"}


def test_a_header_of_a_terabyte_takes_what_there_is() -> None:
    huge = changed(HONEST, 124, b"\x80" + (1 << 40).to_bytes(11, "big"))
    spent = budget()
    before = spent.octets
    assert [s.octets.rstrip(b"\0") for s in read(huge, spent) if isinstance(s, Member)] != []
    assert before - spent.octets <= len(huge)
    assert ("damaged", "letter.txt is cut off") in traits(huge)


def test_a_negative_size_moves_nothing_backwards() -> None:
    octets = changed(HONEST, 124, b"\xff" * 12)
    assert "a/run.exe" in found(octets)


def test_files_behind_the_end_and_behind_damage_are_found() -> None:
    assert set(found(tarred(("a.txt", TEXT)) + tarred(("run.exe", PE)))) == {"a.txt", "run.exe"}
    broken = HONEST[:148] + b"9" + HONEST[149:]
    assert found(broken) == {"a/run.exe": "pe"}
    assert traits(broken) == [("damaged", "octets in it that belong to no file")]


def test_a_link_out_of_the_folder_is_told() -> None:
    octets = linked_tar("a", "/etc/passwd")
    assert traits(octets) == [("trick-name", "a is a link that leads out of the folder, to /etc/passwd")]
    assert traits(linked_tar("a", "b")) == []


def test_a_size_in_an_extended_header_counts() -> None:
    plain = tarred(("run.exe", PE), dialect=tarfile.USTAR_FORMAT)
    record = b"size=%d\n" % len(PE)
    record = b"%d " % (len(record) + 3) + record
    extended = changed(plain[:512], 156, b"x")
    extended = changed(extended, 124, b"%011o\0" % len(record)) + record + bytes(512 - len(record))
    octets = extended + changed(plain, 124, b"%011o\0" % 0)
    assert found(octets) == {"run.exe": "pe"}


def test_too_many_headers_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar, "_MAX_HEADERS", 1)
    with pytest.raises(ExhaustedError):
        list(read(HONEST, budget()))


@given(st.integers(0, len(HONEST)), st.binary(max_size=20), st.binary(max_size=700))
def test_any_octets_and_any_damage_end_within_their_size(at: int, patch: bytes, other: bytes) -> None:
    for octets in (other, HONEST[:at] + patch + HONEST[at + len(patch) :]):
        members = [sight for sight in read(octets, budget()) if isinstance(sight, Member)]
        assert sum(len(member.octets) for member in members) <= len(octets)
