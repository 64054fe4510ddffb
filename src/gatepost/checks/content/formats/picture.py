"""The reader for pictures: codes in them that a telephone makes a link of."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

import zxingcpp
from PIL import Image

from gatepost.checks.content.formats.format import Budget, Link, Seen, Sight, Text, Trait

MAX_PIXELS: Final = 25_000_000
_ENOUGH: Final = 2000
"""Pixels of the longer side beyond which a picture is made smaller: a code that people can scan stays readable."""


Image.MAX_IMAGE_PIXELS = None  # the bound is ours


def read_picture(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Look for codes in a picture."""
    picture = Image.open(io.BytesIO(octets))
    width, height = picture.size
    if width * height > MAX_PIXELS:
        yield Seen(Trait.UNSEEN, f"a picture of {width:,} by {height:,} pixels")
        return
    budget.spend(width * height)
    picture.draft("L", (_ENOUGH, _ENOUGH))
    grey = picture.convert("L")
    grey.thumbnail((_ENOUGH, _ENOUGH))
    for code in zxingcpp.read_barcodes(grey, try_rotate=True, try_downscale=True):
        text = code.text.strip()
        if "://" in text or text.lower().startswith(("www.", "mailto:", "tel:", "sms", "wifi:")):
            yield Link(text, shown=f"a code in the picture ({code.format.name})")
        elif text:
            yield Text(text)
