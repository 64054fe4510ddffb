"""Office files of before 2007 and Outlook messages."""

from __future__ import annotations

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.checks.content.formats.format import Trait
from tests.checks.content.formats.compound import compound, macro
from tests.checks.content.formats.looking import links, looked, traits, words

OPENS = 'Sub Document_Open()\r\nShell "powershell"\r\nEnd Sub'
DOC = b"\xec\xa5\xc1\x00" + bytes(6) + b"\x00\x00" + bytes(500)


def package(name: str, content: bytes) -> bytes:
    path = f"C:\\tmp\\{name}".encode()
    body = (
        b"\x02\x00" + name.encode() + b"\0" + path + b"\0" + bytes(4)
        + struct.pack("<I", len(path) + 1) + path + b"\0" + struct.pack("<I", len(content)) + content
    )  # fmt: skip
    return struct.pack("<I", len(body)) + body


def record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def test_a_macro_that_runs_by_itself_is_told_with_its_module() -> None:
    document = compound(
        {"WordDocument": DOC, "Macros": {"VBA": {"dir": b"\x01", "ThisDocument": macro(OPENS)}}}
    )
    items = looked(document, "a.doc")
    assert items[0].kind == "ole"
    assert "Document_Open in the module ThisDocument, which uses powershell, shell" in words(
        items, Trait.MACRO_RUNS
    )


def test_a_document_without_macros_is_nothing_to_speak_of() -> None:
    assert not traits(looked(compound({"WordDocument": DOC, "1Table": bytes(5000)}), "a.doc"))


def test_a_file_in_the_document_is_opened_under_its_name() -> None:
    document = compound(
        {
            "WordDocument": DOC,
            "ObjectPool": {"_1": {"\x01Ole10Native": package("invoice.exe", b"MZ" + bytes(100))}},
        }
    )
    items = looked(document, "a.doc")
    assert "the file invoice.exe, to click on" in words(items, Trait.EMBEDDED_OBJECT)
    assert (items[1].where, items[1].kind) == ("a.doc › invoice.exe", "dos")


def test_a_package_that_lies_about_its_parts_is_looked_at_as_a_whole() -> None:
    document = compound(
        {"x": {"\x01Ole10Native": b"\xff" * 4 + b"\x02\0n\0p\0" + b"\xff" * 16 + b"MZ" + bytes(80)}}
    )
    assert len(looked(document)) == 2


def test_old_macros_of_excel_are_told_hidden_ones_too() -> None:
    sheet = record(0x85, struct.pack("<IBB", 0, 2, 1) + b"\x05\0Macro")
    auto = record(0x18, struct.pack("<HBBHHHBBBB", 0x20, 0, 1, 0, 0, 0, 0, 0, 0, 0) + b"\0\x01")
    items = looked(compound({"Workbook": record(0x809, bytes(16)) + sheet + auto}), "a.xls")
    assert words(items, Trait.MACRO) == "a sheet of Excel 4 macros, hidden"
    assert words(items, Trait.MACRO_RUNS) == "Auto_Open of Excel 4 macros"


def test_encryption_is_told() -> None:
    assert Trait.ENCRYPTED in traits(
        looked(compound({"EncryptedPackage": bytes(64), "EncryptionInfo": bytes(64)}))
    )
    assert Trait.ENCRYPTED in traits(looked(compound({"Workbook": record(0x2F, bytes(54))})))
    assert Trait.ENCRYPTED in traits(looked(compound({"WordDocument": DOC[:11] + b"\x01" + DOC[12:]})))


def test_fields_that_start_programs_and_links_are_told() -> None:
    document = compound(
        {"WordDocument": DOC + b"\x13 DDEAUTO c:\\cmd.exe /k \x14x\x15 https://x.test/a " + bytes(9)}
    )
    items = looked(document)
    assert "DDEAUTO" in words(items, Trait.DDE)
    assert links(items) == ["https://x.test/a"]


def test_an_outlook_message_gives_its_text_and_its_attachments() -> None:
    message = compound(
        {
            "__properties_version1.0": bytes(32),
            "__substg1.0_0037001F": "Invoice".encode("utf-16-le"),
            "__substg1.0_1000001F": "Pay now".encode("utf-16-le"),
            "__attach_version1.0_#00000000": {
                "__substg1.0_3707001F": "a.exe".encode("utf-16-le"),
                "__substg1.0_37010102": b"MZ" + bytes(100),
            },
        }
    )
    items = looked(message, "a.msg")
    assert items[0].kind == "outlook-message"
    assert items[0].text.split() == ["Invoice", "Pay", "now"]
    assert (items[1].where, items[1].kind) == ("a.msg › a.exe", "dos")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_mutation_breaks_the_reading(data: st.DataObject) -> None:
    octets = bytearray(compound({"WordDocument": DOC, "Macros": {"VBA": {"M": macro(OPENS)}}}))
    for _ in range(data.draw(st.integers(1, 8))):
        octets[data.draw(st.integers(8, len(octets) - 1))] = data.draw(st.integers(0, 255))
    looked(bytes(octets))
