"""Archives that the programs of others write are opened, with the names and the octets that went in."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gatepost.checks.content.formats.format import Member
from tests.checks.content.formats.archive_samples import PE, TEXT, budget, found, reader, traits, walked

SEVENZIP = pytest.mark.peer("7z")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "letter.txt").write_bytes(TEXT * 200)
    (tmp_path / "run.exe").write_bytes(PE * 20)
    return tmp_path


def made(folder: Path, name: str, *command: str) -> bytes:
    subprocess.run([*command], cwd=folder, check=True, capture_output=True, timeout=60)
    return (folder / name).read_bytes()


def sevenzip(folder: Path, name: str, *switches: str) -> bytes:
    return made(folder, name, "7z", "a", "-bd", *switches, name, "letter.txt", "run.exe")


def came_out(octets: bytes, *passwords: str) -> dict[str, bytes]:
    [kind] = {item.kind for item in walked(octets)[:1]}
    sights = reader(kind)(octets, budget(1 << 24, 1 << 22, 300, *passwords))
    return {sight.name: sight.octets for sight in sights if isinstance(sight, Member)}


def went_in(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in ("letter.txt", "run.exe")}


@SEVENZIP
@pytest.mark.parametrize("method", ["Copy", "Deflate", "Deflate64", "BZip2", "LZMA", "PPMd"])
def test_zips_of_every_method(folder: Path, method: str) -> None:
    octets = sevenzip(folder, "a.zip", f"-mm={method}", "-mx=9")
    assert (came_out(octets), traits(octets)) == (went_in(folder), [])


@SEVENZIP
@pytest.mark.parametrize("method", ["Copy", "LZMA", "LZMA2", "PPMd", "BZip2", "Deflate"])
def test_7z_of_every_method(folder: Path, method: str) -> None:
    octets = sevenzip(folder, "a.7z", f"-m0={method}")
    assert (came_out(octets), traits(octets)) == (went_in(folder), [])


@SEVENZIP
@pytest.mark.parametrize("method", ["ZipCrypto", "AES128", "AES192", "AES256"])
def test_encrypted_zips_are_opened_with_the_password(folder: Path, method: str) -> None:
    octets = sevenzip(folder, "a.zip", "-psesame", f"-mem={method}")
    assert came_out(octets) == {}
    assert ("program", "run.exe, encrypted and named as a program") in traits(octets)
    assert came_out(octets, "wrong", "sesame") == went_in(folder)


@SEVENZIP
def test_encrypted_7z_is_told_and_so_are_hidden_names(folder: Path) -> None:
    assert ("encrypted", "the file run.exe") in traits(sevenzip(folder, "a.7z", "-psesame"))
    hidden = sevenzip(folder, "b.7z", "-psesame", "-mhe=on")
    assert traits(hidden) == [("encrypted", "the names of its files are hidden too")]


@pytest.mark.peer("gcab")
def test_cabinets(folder: Path) -> None:
    octets = made(folder, "a.cab", "gcab", "-z", "-c", "a.cab", "letter.txt", "run.exe")
    assert (came_out(octets), traits(octets)) == (went_in(folder), [])


@pytest.mark.peer("genisoimage")
@pytest.mark.parametrize("switches", [("-J",), ("-R",), ("-J", "-R"), ("-J", "-udf")])
def test_images_of_a_cd(folder: Path, switches: tuple[str, ...]) -> None:
    octets = made(folder, "a.iso", "genisoimage", "-quiet", *switches, "-o", "a.iso", "letter.txt", "run.exe")
    assert went_in(folder).items() <= came_out(octets).items()


@pytest.mark.peer("compress")
def test_the_program_compress(folder: Path) -> None:
    packed = subprocess.run(
        ["compress", "-c", "letter.txt"], cwd=folder, check=True, capture_output=True
    ).stdout
    assert came_out(packed) == {"content": went_in(folder)["letter.txt"]}


@pytest.mark.peer("arj")
def test_arj_is_known_and_unseen(folder: Path) -> None:
    octets = made(folder, "a.arj", "arj", "a", "a.arj", "letter.txt")
    assert (walked(octets)[0].kind, found(octets)) == ("arj", {})
    assert [trait for trait, _ in traits(octets)] == ["unseen"]
