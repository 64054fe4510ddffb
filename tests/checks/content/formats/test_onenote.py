"""OneNote: the files that a page asks to click on."""

from __future__ import annotations

from gatepost.checks.content.formats.format import Trait
from gatepost.checks.content.formats.onenote import MAX_FILES
from tests.checks.content.formats.looking import links, looked, traits

HEADER = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3")
MARK = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")


def page(*files: bytes) -> bytes:
    stored = [MARK + len(file).to_bytes(8, "little") + bytes(12) + file + bytes(16) for file in files]
    return HEADER + bytes(1000) + b"".join(stored)


def test_each_file_is_opened_and_what_is_no_picture_is_told() -> None:
    items = looked(page(b"@echo off\r\nstart x\r\n", b"\x89PNG\r\n\x1a\n" + bytes(8)), "a.one")
    assert [item.kind for item in items] == ["onenote", "batch", "png"]
    assert Trait.SCRIPT in traits(items)
    assert [seen.words for seen in items[0].seen] == ["a file to click on (batch)"]


def test_addresses_are_told() -> None:
    assert links(looked(page() + "https://x.test/n\x00".encode("utf-16-le"))) == ["https://x.test/n"]


def test_sizes_that_lie_and_very_many_files_end() -> None:
    lying = HEADER + MARK + (1 << 62).to_bytes(8, "little") + bytes(12) + b"MZ" + bytes(100)
    assert looked(lying)[1].kind == "dos"
    assert Trait.UNSEEN in traits(looked(page(*[b"x"] * (MAX_FILES + 1))))
