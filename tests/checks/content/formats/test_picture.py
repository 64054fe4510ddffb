"""Pictures: the codes in them."""

from __future__ import annotations

import io

import pytest
import zxingcpp
from PIL import Image

from gatepost.checks.content.formats.format import Trait
from tests.checks.content.formats.looking import links, looked, traits


def code(text: str, kind: str = "PNG", *, around: int = 0, turned: int = 0) -> bytes:
    symbol = zxingcpp.write_barcode_to_image(
        zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode), scale=4
    )
    picture = Image.fromarray(symbol).convert("RGB")
    whole = Image.new("RGB", (picture.width + 2 * around, picture.height + 2 * around), "white")
    whole.paste(picture, (around, around))
    file = io.BytesIO()
    whole.rotate(turned, expand=True, fillcolor="white").save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"])
def test_a_code_in_a_picture_is_a_link(kind: str) -> None:
    [item] = looked(code("https://x.test/pay", kind))
    assert [(link.target, link.shown) for link in item.links] == [
        ("https://x.test/pay", "a code in the picture (QRCode)")
    ]


@pytest.mark.parametrize("turned", [90, 180])
def test_a_code_somewhere_in_a_large_picture_is_found(turned: int) -> None:
    assert links(looked(code("https://x.test/pay", "JPEG", around=900, turned=turned))) == [
        "https://x.test/pay"
    ]


def test_words_in_a_code_are_text() -> None:
    [item] = looked(code("just words"))
    assert (item.links, item.text) == ((), "just words")


def test_a_picture_without_codes_leads_nowhere() -> None:
    file = io.BytesIO()
    Image.new("RGB", (60, 60), "red").save(file, "PNG")
    assert not links(looked(file.getvalue()))


def test_a_picture_that_would_fill_the_memory_is_not_opened() -> None:
    file = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(file, "PNG")
    assert traits(looked(file.getvalue())) == {Trait.UNSEEN}


def test_a_damaged_picture_is_told_as_such() -> None:
    assert traits(looked(code("x")[:60])) == {Trait.DAMAGED}
