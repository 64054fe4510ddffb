"""A page that is attached: what it shows, and what it makes out of itself."""

from __future__ import annotations

import base64
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.formats.format import Budget, Link, Trait
from gatepost.checks.content.formats.readers import reader_of
from gatepost.checks.content.formats.walk import Item, walk


def looked(page: str | bytes, name: str = "page.html") -> list[Item]:
    octets = page if isinstance(page, bytes) else page.encode()
    return list(walk(octets, name, Budget(1 << 22, 1 << 22, 100), reader_of))


def traits(items: list[Item]) -> set[str]:
    return {seen.trait for item in items for seen in item.seen}


def zipped() -> str:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.exe", bytes(400))
    return base64.b64encode(file.getvalue()).decode()


def test_a_page_gives_its_text_and_its_links() -> None:
    [item] = looked("<html><body><p>Pay <a href='https://x.test/'>here</a>")
    assert item.text == "Pay here"
    assert item.links == (Link("https://x.test/", "here"),)
    assert not item.seen


@pytest.mark.parametrize(
    "page",
    [
        "<html><script>var f='{}'; var b = new Blob([atob(f)]); a.href = URL.createObjectURL(b)</script>",
        "<html><script>save(decode('{}'))</script>",
        "<html><body onload=\"x('{}')\">",
        "<html><a download=invoice.zip href='data:application/zip;base64,{}'>open</a>",
    ],
)
def test_a_file_that_a_page_makes_is_found_and_opened(page: str) -> None:
    items = looked(page.format(zipped()))
    assert Trait.SMUGGLING in traits(items)
    assert "zip" in [item.kind for item in items]


def test_a_form_is_told_and_one_that_asks_for_a_password_more_so() -> None:
    assert looked("<html><form action=//x.test>")[0].seen[0].words == "a form"
    [seen] = looked("<html><form action=//x.test><input type=password>")[0].seen
    assert (seen.trait, seen.words) == (Trait.FORM, "a form that asks for a password")


def test_a_script_in_a_picture_is_told() -> None:
    assert Trait.SCRIPT in traits(looked("<svg><script>go()</script></svg>", "p.svg"))
    assert Trait.SCRIPT in traits(looked("<svg onload='go()'></svg>", "p.svg"))
    assert not traits(looked("<svg><circle/></svg>", "p.svg"))


def test_a_page_in_another_encoding_is_read_all_the_same() -> None:
    [item] = looked("<html><a href='https://x.test/'>a</a>".encode("utf-16"))
    assert item.links == (Link("https://x.test/", "a"),)


@given(st.text(alphabet=st.sampled_from("<>'=\"dat:;bse64,AQscriptvg /"), max_size=150))
def test_whatever_stands_there_nothing_is_damaged(page: str) -> None:
    assert Trait.DAMAGED not in traits(looked(f"<html>{page}"))
