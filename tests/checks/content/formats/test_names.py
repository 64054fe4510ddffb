"""A name may lie about what a file is, and to the eye."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.formats.format import Trait
from gatepost.checks.content.formats.kinds import KINDS
from gatepost.checks.content.formats.names import extension_of, locked, outside, shown, tricks, what_it_runs

HONEST = (
    ("invoice.pdf", "pdf"),
    ("report.final.docx", "ooxml"),
    ("photo.jpeg", "jpeg"),
    ("backup.tar.gz", "gzip"),
    ("notes.v2.txt", "text"),
    ("main.py", "python"),
    ("no extension", "data"),
    ("letter 2026.11.28.doc", "ole"),
    ("a b c.zip", "zip"),
)
LIES = (
    ("invoice.pdf", "pe", Trait.DISGUISED),
    ("photo.jpg", "html", None),
    ("notes.txt", "javascript", Trait.DISGUISED),
    ("invoice.pdf.exe", "pe", Trait.TRICK_NAME),
    ("invoice.pdf.js", "text", Trait.TRICK_NAME),
    ("invoice.pdf            .exe", "pe", Trait.TRICK_NAME),
    ("invoice\u202efdp.exe", "pe", Trait.TRICK_NAME),
    ("../../etc/passwd", "text", Trait.TRICK_NAME),
    ("C:\\Windows\\x.txt", "text", Trait.TRICK_NAME),
    ("a\x00.txt", "text", Trait.TRICK_NAME),
    ("invoice.doc.lnk", "lnk", Trait.TRICK_NAME),
)


@pytest.mark.parametrize(("name", "kind"), HONEST)
def test_an_honest_name_is_no_trick(name: str, kind: str) -> None:
    assert not list(tricks(name, KINDS[kind]))


@pytest.mark.parametrize(("name", "kind", "trait"), LIES)
def test_a_lie_is_told(name: str, kind: str, trait: Trait | None) -> None:
    seen = [each.trait for each in tricks(name, KINDS[kind])]
    assert (trait in seen) if trait is not None else not seen


@pytest.mark.parametrize(
    ("name", "kind", "trait"),
    [
        ("setup.exe", "pe", Trait.PROGRAM),
        ("setup", "pe", Trait.PROGRAM),
        ("x.js", "text", Trait.SCRIPT),
        ("x.js. ", "text", Trait.SCRIPT),
        ("x.HTA", "html", Trait.SCRIPT),
        ("x.lnk", "lnk", Trait.SHORTCUT),
        ("x.url", "data", Trait.SHORTCUT),
    ],
)
def test_what_opening_runs_is_told_by_content_or_by_name(name: str, kind: str, trait: Trait) -> None:
    assert [seen.trait for seen in what_it_runs(name, KINDS[kind])] == [trait]


def test_a_source_text_runs_nothing_by_its_name_alone() -> None:
    assert not list(what_it_runs("setup.py", KINDS["text"]))
    assert not list(what_it_runs("mail.com.txt", KINDS["text"]))


def test_the_extension_is_what_windows_takes_for_it() -> None:
    assert extension_of("a/b.txt/c.EXE. ") == "exe"
    assert extension_of(".profile") == ""
    assert extension_of("name") == ""


@given(st.text(max_size=300))
def test_a_name_in_a_report_is_short_and_printable(name: str) -> None:
    assert len(shown(name)) <= 80
    assert shown(name).isprintable()
    assert "\u202e" not in shown(name)


def test_an_encrypted_file_is_judged_by_its_name() -> None:
    assert [seen.trait for seen in locked("invoice.exe")] == [Trait.ENCRYPTED, Trait.PROGRAM]
    assert [seen.trait for seen in locked("invoice.pdf")] == [Trait.ENCRYPTED]


@pytest.mark.parametrize(
    ("path", "leads"), [("a/b", False), ("../b", True), ("/b", True), ("C:\\b", True), ("a..b", False)]
)
def test_a_path_may_lead_out_of_its_folder(path: str, leads: bool) -> None:
    assert outside(path) is leads
