"""A message that is a file is taken apart as any message is."""

from __future__ import annotations

import base64
from email.message import EmailMessage

from gatepost.checks.content.formats.format import Trait
from tests.checks.content.formats.looking import looked, traits


def saved() -> bytes:
    message = EmailMessage()
    message["From"] = "a@x.test"
    message["Subject"] = "Grüße"
    message.set_content("See the file.\n")
    message.add_attachment(b"\x7fELF" + bytes(60), maintype="image", subtype="png", filename="a.png")
    return message.as_bytes()


def test_its_words_and_its_files_are_seen_with_the_way_to_them() -> None:
    items = looked(saved(), "saved.eml")
    assert items[0].kind == "email"
    assert items[0].text.split() == ["Grüße", "See", "the", "file."]
    [program] = [item for item in items if item.kind == "elf"]
    assert program.where == "saved.eml › a.png"
    assert Trait.DISGUISED in traits(items)


def test_a_message_in_a_message_in_a_file_is_seen_too() -> None:
    outer = (
        b"From: a@x.test\r\nSubject: x\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(saved())
    )
    assert Trait.PROGRAM in traits(looked(outer, "outer.eml"))


def test_a_page_that_was_saved_with_its_parts_is_taken_apart() -> None:
    page = (
        b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n"
        b"<html><form action=//x.test><input type=password></form></html>\r\n--b--\r\n"
    )
    items = looked(page, "a.mht")
    assert items[0].kind == "mhtml"
    assert Trait.FORM in traits(items)
