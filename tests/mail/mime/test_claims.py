"""What a header says of a part is read in all ways, the usual first."""

from __future__ import annotations

import pytest

from gatepost.mail.mime import Trick
from gatepost.mail.mime.claims import Claims, claims
from gatepost.mail.mime.part import Field


def said(**fields: str | list[str]) -> Claims:
    made: list[Field] = []
    for name, values in fields.items():
        several = [values] if isinstance(values, str) else values
        made += [Field("content-" + name.replace("_", "-"), b" " + value.encode()) for value in several]
    return claims(tuple(made), "text/plain")


def tricks(found: Claims) -> set[Trick]:
    return {name for name, _ in found.doubts}


def test_without_a_type_it_is_what_is_usual_there() -> None:
    assert claims((), "message/rfc822") == Claims(("message/rfc822",))


def test_a_plain_header_has_no_doubts() -> None:
    found = said(
        type='Text/HTML; charset="UTF-8"; name=a.html',
        transfer_encoding="Quoted-Printable",
        disposition="Attachment; filename=a.html",
    )
    assert found.media_types == ("text/html",)
    assert found.charsets == ("utf-8",)
    assert found.encodings == ("quoted-printable",)
    assert found.disposition == "attachment"
    assert found.names == ("a.html",)
    assert found.parameters == (("charset", "UTF-8"), ("name", "a.html"))
    assert found.doubts == ()


@pytest.mark.parametrize(
    ("value", "types"),
    [
        ("text", ("text/plain",)),
        ('"text/html"', ("text/html", "text/plain")),
        ("text / html", ("text/html", "text/plain")),
        ("text\\html", ("text/html", "text/plain")),
        ("text/\t'html", ("text/html", "text/plain")),
        ("multipart; boundary=b", ("multipart/mixed", "text/plain")),
        (";", ("text/plain",)),
    ],
)
def test_a_broken_type_is_read_as_lenient_readers_do(value: str, types: tuple[str, ...]) -> None:
    found = said(type=value)
    assert found.media_types == types
    assert tricks(found) == {Trick.TYPE_BROKEN}


def test_of_two_types_both_count() -> None:
    found = said(type=["text/plain", "text/html"])
    assert found.media_types == ("text/plain", "text/html")
    assert tricks(found) == {Trick.TYPE_TWICE}
    assert tricks(said(type=["text/plain", "text/plain"])) == set()


@pytest.mark.parametrize(
    ("values", "encodings", "trick"),
    [
        (["7bit", "base64"], ("7bit", "base64"), Trick.ENCODING_TWICE),
        (["7bit", "8bit"], ("7bit", "8bit"), None),
        (["base64;"], ("", "base64"), Trick.ENCODING_BROKEN),
        (["base 64"], ("", "base64"), Trick.ENCODING_BROKEN),
        (["quoted printable"], ("", "quoted-printable"), Trick.ENCODING_BROKEN),
        (["rot13"], ("",), Trick.ENCODING_UNKNOWN),
    ],
)
def test_encodings_are_read_in_all_ways(
    values: list[str], encodings: tuple[str, ...], trick: Trick | None
) -> None:
    found = said(transfer_encoding=values)
    assert found.encodings == encodings
    assert tricks(found) == ({trick} if trick else set())


def test_charsets_that_hide_words_are_named() -> None:
    assert tricks(said(type="text/html; charset=utf-7")) == {Trick.CHARSET_DISGUISE}
    assert tricks(said(type="text/html; charset=x-klingon")) == {Trick.CHARSET_UNKNOWN}
    assert tricks(said(type="text/html; charset=utf-8; charset=koi8-r")) == {Trick.CHARSET_TWICE}


def test_all_boundaries_are_tried() -> None:
    assert said(type="multipart/mixed; boundary=a; boundary=b").boundaries == (b"a", b"b")
    assert b"a b" in said(type="multipart/mixed; boundary=a b").boundaries
    assert said(type="multipart/mixed; boundary*0=a; boundary*1=b").boundaries == (b"ab",)


def test_of_very_many_fields_the_first_and_the_last_count() -> None:
    found = said(type=[f"text/x{number}" for number in range(100)])
    assert found.media_types[0] == "text/x0"
    assert found.media_types[-1] == "text/x99"
    assert len(found.media_types) == 8
