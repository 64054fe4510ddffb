"""Office files since 2007: what they run, hold and fetch."""

from __future__ import annotations

import io
import zipfile

import pytest

from gatepost.checks.content.formats.format import Trait
from tests.checks.content.formats.compound import compound, macro
from tests.checks.content.formats.looking import links, looked, traits, words

RELS = '<?xml version="1.0"?><Relationships xmlns="r">{}</Relationships>'
BASE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def document(**parts: str | bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "word/document.xml", "<w:document><w:t>Hello</w:t> <w:t>you &amp; me</w:t></w:document>"
        )
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return file.getvalue()


def relation(kind: str, target: str) -> str:
    return RELS.format(
        f'<Relationship Id="r1" Type="{BASE}/{kind}" Target="{target}" TargetMode="External"/>'
    )


def test_a_plain_document_gives_its_words() -> None:
    [item] = looked(document(), "a.docx")
    assert (item.kind, item.text.strip(), item.seen) == ("ooxml", "Hello you & me", ())


def test_a_macro_is_told_with_the_way_to_it() -> None:
    vba = compound({"VBA": {"dir": b"\1", "M": macro("Sub AutoOpen()\r\nShell x\r\nEnd Sub", "M")}})
    items = looked(document(word__vbaProject_dot_bin=vba), "b.docm")
    [runs] = [item for item in items if any(seen.trait is Trait.MACRO_RUNS for seen in item.seen)]
    assert runs.where == "b.docm › word/vbaProject.bin"
    assert "AutoOpen in the module M, which uses shell" in words(items, Trait.MACRO_RUNS)


@pytest.mark.parametrize("kind", ["attachedTemplate", "oleObject", "frame"])
def test_what_is_fetched_unasked_is_told(kind: str) -> None:
    items = looked(document(word___rels__settings_dot_xml_dot_rels=relation(kind, "https://x.test/t.dotm")))
    assert "https://x.test/t.dotm" in words(items, Trait.REMOTE_TEMPLATE)


def test_a_link_is_only_a_link() -> None:
    items = looked(
        document(word___rels__document_dot_xml_dot_rels=relation("hyperlink", "https://x.test/?a=1&amp;b"))
    )
    assert links(items) == ["https://x.test/?a=1&b"]
    assert not traits(items)


def test_fields_that_start_programs_are_told_however_they_are_cut() -> None:
    cut = "<w:p><w:instrText>DDE</w:instrText><w:instrText>AUTO c:\\cmd.exe</w:instrText></w:p>"
    assert Trait.DDE in traits(looked(document(word__footer1_dot_xml=cut)))
    assert Trait.DDE in traits(
        looked(document(xl__externalLinks__externalLink1_dot_xml='<ddeLink ddeService="cmd"/>'))
    )


def test_embedded_objects_are_told_and_opened() -> None:
    items = looked(document(word__embeddings__oleObject1_dot_bin=b"MZ" + bytes(100)), "a.docx")
    assert "word/embeddings/oleObject1.bin (dos)" in words(items, Trait.EMBEDDED_OBJECT)
    assert items[1].kind == "dos"


def test_old_macros_and_callbacks_are_told() -> None:
    items = looked(
        document(
            xl__macrosheets__sheet1_dot_xml="<xm:macrosheet/>",
            xl__workbook_dot_xml='<definedName name="_xlnm.Auto_Open" hidden="1">M!$A$1</definedName>',
            customUI__customUI_dot_xml='<customUI onLoad="Go"/>',
        )
    )
    assert "xl/macrosheets/sheet1.xml" in words(items, Trait.MACRO)
    assert "Auto_Open of Excel 4 macros" in words(items, Trait.MACRO_RUNS)
    assert "Go when the document is opened" in words(items, Trait.MACRO_RUNS)


def test_a_macro_of_opendocument_is_told() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr(
            "content.xml",
            '<x><office:event-listeners/><text:p>Hi</text:p><a xlink:href="https://x.test/"/></x>',
        )
        archive.writestr("Basic/Standard/M.xml", "<script:module>Sub Main</script:module>")
    items = looked(file.getvalue(), "a.odt")
    assert {Trait.MACRO, Trait.MACRO_RUNS} <= traits(items)
    assert links(items) == ["https://x.test/"]
