"""Images of disks are opened, or searched for what begins at a sector."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.formats import disks
from gatepost.checks.content.formats.format import Budget, Member, Reader
from tests.checks.content.formats.archive_samples import (
    PE,
    TEXT,
    budget,
    by_libarchive,
    by_zipfile,
    dmg,
    found,
    traits,
    vhd,
    walked,
)

SEARCHED = ("unseen", "an image of a disk, of which only the beginnings of sectors were looked at")


def test_an_image_of_a_cd_gives_its_files_by_their_names() -> None:
    octets = by_libarchive("iso9660", ("a/letter.txt", TEXT), ("a/run.exe", PE))
    assert walked(octets)[0].kind == "iso"
    assert (found(octets), traits(octets)) == ({"a/letter.txt": "text", "a/run.exe": "pe"}, [])


def test_an_image_of_a_hard_disk_is_searched() -> None:
    octets = vhd(PE, by_zipfile(("run.exe", PE)), b'<html><script src="x"></script>')
    assert walked(octets)[0].kind == "vhd"
    assert [kind for where, kind in found(octets).items() if "behind" not in where] == [
        "pe",
        "zip",
        "pe",
        "html",
    ]
    assert traits(octets) == [SEARCHED]


@pytest.mark.parametrize(("kind", "mark"), [("vhdx", b"vhdxfile"), ("vmdk", b"KDMV")])
def test_other_images_are_searched_too(kind: str, mark: bytes) -> None:
    octets = mark + bytes(1024 - len(mark)) + PE
    assert walked(octets)[0].kind == kind
    assert found(octets) == {"sector 2": "pe"}


def test_an_image_of_macos_is_unpacked_and_searched() -> None:
    octets = dmg(PE, b"%PDF-1.4 and more")
    assert walked(octets)[0].kind == "dmg"
    assert (found(octets), traits(octets)) == ({"sector 2": "pe", "sector 3": "pdf"}, [SEARCHED])
    damaged = octets[:12] + b"\xff" * 8 + octets[20:]
    assert "damaged" in [trait for trait, _ in traits(damaged)]


def test_zeros_in_an_image_of_macos_are_a_bomb() -> None:
    octets = dmg(bytes(3_000_000))
    assert [str(s.trait) for s in walked(octets, spent=budget(1_000_000, 2_000_000))[0].seen] == ["bomb"]


def test_very_many_beginnings_are_said() -> None:
    octets = bytes(512) + (b"MZ" + bytes(510)) * 400 + b"conectix" + bytes(504)
    sights = list(disks.disk(octets, Budget(1 << 24, 1 << 22, 1000)))
    assert sum(isinstance(sight, Member) for sight in sights) == 200


@given(
    st.sampled_from([(disks.dmg, dmg(PE)), (disks.disk, vhd(PE)), (disks.iso, vhd(PE))]),
    st.integers(0, 2048),
    st.binary(max_size=6),
)
def test_any_damage_ends_within_the_budget(sample: tuple[Reader, bytes], at: int, patch: bytes) -> None:
    read, octets = sample
    damaged = octets[:at] + patch + octets[at + len(patch) :]
    try:
        sights = list(read(damaged, budget(1 << 20, 1 << 18)))
    except Exception:  # noqa: BLE001 - whatever it is, the walk takes it
        return
    assert sum(len(sight.octets) for sight in sights if isinstance(sight, Member)) <= 1 << 20
