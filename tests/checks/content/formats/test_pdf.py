"""PDF: what it does by itself, what it holds, where it leads."""

from __future__ import annotations

import io
from collections.abc import Callable

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, Pdf

from gatepost.checks.content.formats.format import Trait
from tests.checks.content.formats.looking import links, looked, traits, words


def made(change: Callable[[Pdf], None] = lambda pdf: None, **save: object) -> bytes:
    pdf = Pdf.new()
    pdf.add_blank_page()
    change(pdf)
    file = io.BytesIO()
    pdf.save(file, **save)  # type: ignore[arg-type]
    return file.getvalue()


def script(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS="app.alert('hello')")


def launch(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.Launch, F=Dictionary(Type=Name.Filespec, F="cmd.exe"))


def uri(pdf: Pdf) -> None:
    link = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Link,
        Rect=[0, 0, 9, 9],
        A=Dictionary(S=Name.URI, URI="https://x.test/a"),
    )
    pdf.pages[0].Annots = Array([pdf.make_indirect(link)])


def attached(pdf: Pdf) -> None:
    pdf.attachments["invoice.exe"] = b"MZ" + bytes(200)


def form(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.SubmitForm, F=Dictionary(FS=Name.URL, F="https://x.test/form"))


def media(pdf: Pdf) -> None:
    pdf.pages[0].Annots = Array([pdf.make_indirect(Dictionary(Type=Name.Annot, Subtype=Name.RichMedia))])


COMPRESSED = {"object_stream_mode": pikepdf.ObjectStreamMode.generate}


def test_a_plain_document_is_nothing_to_speak_of() -> None:
    [item] = looked(made(), "a.pdf")
    assert (item.kind, item.seen, item.links) == ("pdf", (), ())


@pytest.mark.parametrize("save", [{}, COMPRESSED], ids=["plain", "in object streams"])
@pytest.mark.parametrize(
    ("change", "trait", "said"),
    [
        (script, Trait.SCRIPT, "JavaScript: app.alert('hello')"),
        (script, Trait.LAUNCH, "acts by itself when it is opened"),
        (launch, Trait.LAUNCH, "starts cmd.exe"),
        (form, Trait.FORM, "a form that is sent to https://x.test/form"),
        (media, Trait.EMBEDDED_OBJECT, "RichMedia content"),
        (attached, Trait.EMBEDDED_OBJECT, "a file in the file"),
    ],
)
def test_what_it_does_and_holds_is_told(
    change: Callable[[Pdf], None], trait: Trait, said: str, save: dict[str, object]
) -> None:
    assert said in words(looked(made(change, **save)), trait)


def test_a_file_in_the_file_is_opened_under_its_name() -> None:
    inner = looked(made(attached), "a.pdf")[1]
    assert inner.where == "a.pdf › invoice.exe"
    assert inner.kind == "dos"


def test_links_are_told() -> None:
    assert links(looked(made(uri, **COMPRESSED))) == ["https://x.test/a"]


def test_an_encrypted_document_is_told_and_opened_with_a_word_of_the_message() -> None:
    locked = made(script, encryption=pikepdf.Encryption(owner="o", user="s3cret"))
    assert traits(looked(locked)) == {Trait.ENCRYPTED}
    opened = looked(locked, passwords=("wrong", "s3cret"))
    assert Trait.SCRIPT in traits(opened)
    assert words(opened, Trait.ENCRYPTED) == "opened with a word of the message"


def test_one_that_anybody_can_open_is_not_called_encrypted() -> None:
    assert not traits(looked(made(encryption=pikepdf.Encryption(owner="o", user=""))))


def test_a_damaged_document_is_searched_all_the_same() -> None:
    broken = b"%PDF-1.7\n1 0 obj <</S /URI /URI (https://x.test/b)>> /JavaScript"
    items = looked(broken)
    assert links(items) == ["https://x.test/b"]
    assert Trait.SCRIPT in traits(items)


def test_junk_in_front_and_a_missing_end_hide_nothing() -> None:
    whole = made(script)
    assert Trait.SCRIPT in traits(looked(b"junk\n" * 50 + whole))
    assert Trait.SCRIPT in traits(looked(whole[: whole.rindex(b"xref")]))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_mutation_breaks_the_reading(data: st.DataObject) -> None:
    octets = bytearray(made(uri, **COMPRESSED))
    for _ in range(data.draw(st.integers(1, 8))):
        octets[data.draw(st.integers(8, len(octets) - 1))] = data.draw(st.integers(0, 255))
    looked(bytes(octets))
