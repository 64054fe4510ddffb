"""What a file is, told by its content alone."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gatepost.checks.content.formats.kinds import HEAD, KINDS, Family, is_plain_text, kind_of


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "content")
    return file.getvalue()


def tarred() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"), io.BytesIO(b""))
    return file.getvalue()


def picture(kind: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, kind)
    return file.getvalue()


PE = b"MZ" + bytes(58) + (128).to_bytes(4, "little") + bytes(64) + b"PE\x00\x00" + bytes(32)

CASES: tuple[tuple[str, bytes], ...] = (
    ("empty", b""),
    ("pe", PE),
    ("dos", b"MZ" + bytes(200)),
    ("elf", b"\x7fELF\x02\x01\x01" + bytes(60)),
    ("java-class", b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(20)),
    ("mach-o", b"\xca\xfe\xba\xbe\x00\x00\x00\x02" + bytes(20)),
    ("zip", zipped("a.txt")),
    ("zip", b"junk that is not text \x00" * 300 + zipped("a.txt")),
    ("ooxml", zipped("[Content_Types].xml", "_rels/.rels", "word/document.xml")),
    ("ooxml", zipped("word/document.xml", "[Content_Types].xml")),
    ("odf", zipped("mimetype", "content.xml")),
    ("jar", zipped("META-INF/MANIFEST.MF", "A.class")),
    ("apk", zipped("AndroidManifest.xml", "classes.dex")),
    ("ole", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
    ("msi", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + b"\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0F"),
    ("outlook-message", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "__properties_version1.0".encode("utf-16-le")),
    ("rtf", rb"{\rtf1\ansi hello}"),
    ("rtf", rb"  {\rtnothing"),
    ("pdf", b"%PDF-1.7\n"),
    ("pdf", b"leading junk\n" * 20 + b"%PDF-1.4\n"),
    ("gzip", gzip.compress(b"x")),
    ("bzip2", bz2.compress(b"x")),
    ("xz", lzma.compress(b"x")),
    ("lzma", lzma.compress(b"x" * 99, lzma.FORMAT_ALONE)),
    ("zstd", zstandard.compress(b"x")),
    ("tar", tarred()),
    ("tar", b"a".ljust(148, b"\0") + b"%06o\0 " % (ord("a") + 8 * ord(" ") + ord("0")) + b"0" + bytes(1000)),
    ("zip", b"junk that is not text \x00" * 300 + zipped("a.txt") + b"behind"),
    ("lha", b"\x19\x00-lh5-" + bytes(30)),
    ("arj", b"\x60\xea" + bytes(30)),
    ("ace", b"\x00" * 7 + b"**ACE**" + bytes(30)),
    ("cab", b"MSCF" + bytes(40)),
    ("rar", b"Rar!\x1a\x07\x01\x00" + bytes(40)),
    ("sevenzip", b"7z\xbc\xaf\x27\x1c" + bytes(40)),
    ("iso", bytes(32769) + b"CD001" + bytes(100)),
    ("vhd", bytes(4096) + b"conectix" + bytes(504)),
    ("lnk", b"L\x00\x00\x00\x01\x14\x02\x00" + bytes(80)),
    ("onenote", b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3" + bytes(40)),
    ("png", picture("PNG")),
    ("jpeg", picture("JPEG")),
    ("gif", picture("GIF")),
    ("bmp", picture("BMP")),
    ("webp", picture("WEBP")),
    ("icon", picture("ICO")),
    ("tiff", picture("TIFF")),
    ("html", b"<html><body>Hi"),
    ("html", b"\n <!-- a > b --><!DOCTYPE  html>\n<p>"),
    ("html", b"\xef\xbb\xbf<script>1</script>"),
    ("html", "<html><body>".encode("utf-16")),
    ("html", "<html><body><p>Hi</p></body>".encode("utf-16-le")),
    ("hta", b"<html><HTA:APPLICATION id=x><script>"),
    ("svg", b'<?xml version="1.0"?>\n<!-- c -->\n<svg xmlns="http://www.w3.org/2000/svg">'),
    ("xml", b'<?xml version="1.0"?><a/>'),
    ("windows-script", b'<?xml version="1.0"?><job id="a"><script language="VBScript">'),
    ("shell-script", b"#!/bin/sh\nexit\n"),
    ("python", b"#!/usr/bin/env python3\n"),
    ("batch", b"@echo off\r\nstart x\r\n"),
    ("powershell", b"$a = 1\nInvoke-Expression $a"),
    ("vbscript", b'Set a = CreateObject("WScript.Shell")'),
    ("javascript", b"var a = new ActiveXObject('x');"),
    ("javascript", b"function go(a, b) { return a }"),
    ("encoded-script", b"#@~^AAAA=="),
    ("registry", "Windows Registry Editor Version 5.00\r\n".encode("utf-16")),
    ("internet-shortcut", b"[InternetShortcut]\r\nURL=file://x/\r\n"),
    ("internet-shortcut", b"[{000214A0}]\r\nProp3=19,2\r\n[InternetShortcut]\r\n"),
    ("desktop-entry", b"[Desktop Entry]\nExec=x\n"),
    ("settings-content", b'<?xml version="1.0"?><PCSettings><SearchableContent>'),
    ("library", b'<?xml version="1.0"?><libraryDescription xmlns="x">'),
    ("office-query", b"WEB\r\n1\r\nhttp://x.test/\r\n"),
    ("symbolic-link-sheet", b"ID;PWXL;N;E\r\n"),
    ("php", b"<?php echo 1;"),
    ("calendar", b"BEGIN:VCALENDAR\r\n"),
    ("vcard", b"BEGIN:VCARD\r\n"),
    ("email", b"Received: from x\r\nSubject: Hi\r\n\r\nHi"),
    ("mhtml", b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n"),
    ("tnef", b"\x78\x9f\x3e\x22" + bytes(20)),
    ("text", b"Dear all,\r\nthis is text, <not markup>.\r\n"),
    ("text", "Grüße, 漢字\n".encode()),
    ("data", b"\x01\x02\x03\x04" * 50),
)


@pytest.mark.parametrize(("kind", "octets"), CASES, ids=[f"{n} {case[0]}" for n, case in enumerate(CASES)])
def test_a_file_is_known_by_its_content(kind: str, octets: bytes) -> None:
    assert kind_of(octets).name == kind


def test_text_is_plain_whatever_its_words_are_and_nothing_with_a_mark_is() -> None:
    for octets in (b"", b"Hello", b"eval (x)", b"<html>", "Grüße".encode(), "Hi".encode("utf-16")):
        assert is_plain_text(octets)
    for octets in (b"%PDF-1.4 text", b"{\\rtf1 text}", b"#@~^text", PE, b"\x01\x02", b"Rar!\x1a\x07\x00"):
        assert not is_plain_text(octets)


def test_every_kind_has_one_name_and_programs_are_told_from_what_only_holds_files() -> None:
    assert all(name == kind.name for name, kind in KINDS.items())
    assert {KINDS[name].family for name in ("pe", "msi", "jar")} == {Family.PROGRAM}
    assert {KINDS[name].family for name in ("zip", "rar", "tar")} == {Family.ARCHIVE}


@given(st.binary(max_size=300))
def test_any_octets_are_of_some_kind(octets: bytes) -> None:
    assert kind_of(octets).name in KINDS


@given(st.sampled_from([case for case in CASES if case[0] not in ("empty", "vhd")]), st.binary(max_size=64))
def test_what_stands_behind_does_not_hide_what_stands_in_front(case: tuple[str, bytes], more: bytes) -> None:
    kind, octets = case
    if kind in ("zip", "text", "data") or len(octets) < HEAD:
        return
    assert kind_of(octets + more).name == kind


@pytest.mark.parametrize(
    "made",
    [
        lambda n: b"<!---->" * n,
        lambda n: b"<!--" * n,
        lambda n: b"function a(" * n,
        lambda n: b"<job " * n,
        lambda n: b" " * n,
        lambda n: b"a:b\n" * n,
    ],
)
def test_text_that_promises_much_is_read_within_bounds(made: Callable[[int], bytes]) -> None:
    assert kind_of(made(100_000)).name in KINDS
