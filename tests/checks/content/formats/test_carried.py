"""What is behind the beginning of a file is found: archives in programs, in pictures, in texts."""

from __future__ import annotations

import pytest

from gatepost.checks.content.formats.carried import carried
from gatepost.checks.content.formats.kinds import kind_of
from tests.checks.content.formats.archive_samples import (
    PE,
    TEXT,
    by_libarchive,
    by_zipfile,
    cabinet,
    found,
    rar4,
    rar5,
    tarred,
    walked,
)

FILES = (("letter.txt", TEXT), ("evil.js", b"var x = new ActiveXObject('x');"))
ARCHIVES = {
    "zip": by_zipfile(*FILES),
    "sevenzip": by_libarchive("7zip", *FILES),
    "rar": rar4(*FILES),
    "rar5": rar5(*FILES),
    "cab": cabinet(*FILES),
}
GIF = b"GIF89a" + bytes(60)


@pytest.mark.parametrize("archive", ARCHIVES)
@pytest.mark.parametrize(
    ("kind", "front"), [("pe", PE), ("gif", GIF), ("pdf", b"%PDF-1.4\n"), ("text", TEXT * 6)]
)
def test_an_archive_behind_something_else_is_opened(archive: str, kind: str, front: bytes) -> None:
    octets = front + ARCHIVES[archive]
    assert walked(octets)[0].kind == kind
    assert found(octets) == {"letter.txt": "text", "evil.js": "javascript"}


def test_a_cd_behind_something_else_is_opened() -> None:
    iso = by_libarchive("iso9660", ("run.exe", PE))
    octets = PE + iso[len(PE) :]
    assert walked(octets)[0].kind == "pe"
    assert found(octets) == {"run.exe": "pe"}


def test_marks_alone_are_no_archive() -> None:
    marks = b"7z\xbc\xaf\x27\x1c Rar!\x1a\x07 MSCF\0\0\0\0 PK\x05\x06 PK\x03\x04" + bytes(40)
    assert list(carried(PE + marks * 100, kind_of(PE))) == []


def test_what_archives_hold_is_left_to_their_readers() -> None:
    octets = tarred(("in.zip", ARCHIVES["zip"]))
    assert list(carried(octets, kind_of(octets))) == []
    assert [item.where for item in walked(octets, "x.tar")][:2] == ["x.tar", "x.tar › in.zip"]
