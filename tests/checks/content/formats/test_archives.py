"""Each kind of archive is known by its content and opened; old ones are said to be unseen."""

from __future__ import annotations

import pytest

from tests.checks.content.formats.archive_samples import (
    PE,
    TEXT,
    by_libarchive,
    cabinet,
    found,
    lha,
    rpm,
    traits,
    walked,
)

FILES = (("letter.txt", TEXT), ("run.exe", PE))
OLD = "an old kind of archive that cannot be opened here"


@pytest.mark.parametrize(
    ("kind", "octets"),
    [
        ("sevenzip", by_libarchive("7zip", *FILES)),
        ("cab", cabinet(*FILES)),
        ("cpio", by_libarchive("cpio_newc", *FILES)),
        ("ar", by_libarchive("ar_svr4", *FILES)),
        ("xar", by_libarchive("xar", *FILES)),
        ("rpm", rpm(*FILES)),
    ],
)
def test_each_kind_is_known_and_opened(kind: str, octets: bytes) -> None:
    assert walked(octets)[0].kind == kind
    assert found(octets) == {"letter.txt": "text", "run.exe": "pe"}


def test_lha_is_opened() -> None:
    assert (walked(lha("run.exe", PE))[0].kind, found(lha("run.exe", PE))) == ("lha", {"run.exe": "pe"})


def test_a_package_of_debian_is_opened() -> None:
    octets = by_libarchive("ar_svr4", ("debian-binary", b"2.0\n"), ("data.bin", PE))
    assert walked(octets)[0].kind == "deb"
    assert found(octets) == {"debian-binary": "text", "data.bin": "pe"}


@pytest.mark.parametrize(
    ("kind", "octets"),
    [
        ("arj", b"\x60\xea" + bytes(30)),
        ("ace", bytes(7) + b"**ACE**" + bytes(30)),
        ("zoo", b"ZOO 2.10 Archive.\x1a\0\0\xdc\xa7\xc4\xfd" + bytes(30)),
    ],
)
def test_old_kinds_are_unseen(kind: str, octets: bytes) -> None:
    assert walked(octets)[0].kind == kind
    assert traits(octets) == [("unseen", OLD)]
