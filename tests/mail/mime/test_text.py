"""Bodies become text in every charset that a reader could take."""

from __future__ import annotations

import pytest

from gatepost.mail.mime.text import is_known, texts

WORD = "Пароль pass"


@pytest.mark.parametrize(
    ("octets", "charsets"),
    [
        (WORD.encode(), ()),
        (WORD.encode(), ("us-ascii",)),
        (WORD.encode("koi8-r"), ("koi8-r",)),
        (WORD.encode("koi8-r"), ("utf-8", "koi8-r")),
        (WORD.encode("utf-7"), ("utf-7",)),
        (WORD.encode("utf-16-le"), ("utf-16",)),
        (WORD.encode("utf-16-be"), ("utf-16",)),
        (WORD.encode("utf-16"), ()),
        ("pass".encode("utf-16-le"), ()),
        (WORD.encode("utf-32"), ()),
        (WORD.encode("utf-8-sig"), ("koi8-r",)),
        (WORD.encode(), ("x-nobody-knows",)),
    ],
)
def test_the_words_are_found_by_some_reading(octets: bytes, charsets: tuple[str, ...]) -> None:
    found = texts((octets,), charsets)
    assert any(text in (WORD, "pass") for text in found)


def test_what_is_no_utf_8_is_latin() -> None:
    assert texts((b"f\xfcr",), ()) == ("für",)


def test_readings_that_are_the_same_are_one() -> None:
    assert texts((b"a", b"a", b"b"), ("utf-8", "us-ascii")) == ("a", "b")


def test_an_empty_body_has_an_empty_text() -> None:
    assert texts((b"",), ()) == ("",)


def test_known_charsets() -> None:
    assert is_known("")
    assert is_known("utf-7")
    assert is_known("windows-1252")
    assert not is_known("rot13")
