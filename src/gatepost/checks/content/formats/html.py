"""The reader for HTML and SVG files: what they show, where they lead, and what they make out of themselves.

A page that is attached, not mailed, has a reason to be a file: a form that asks for a password and answers to a
stranger, or a script that puts a program together on the reader's own machine (smuggling).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote_to_bytes

import pybase64

from gatepost.checks.content.formats.format import Budget, Link, Member, Seen, Sight, Text, Trait
from gatepost.checks.content.formats.kinds import Family, kind_of
from gatepost.checks.content.formats.text import decoded
from gatepost.mail.html import read_html

_MAKES_FILE: Final = re.compile(
    r"createObjectURL|msSaveOrOpenBlob|msSaveBlob|new\s{1,9}Blob|\.download\s{0,9}=|data:application/(?:octet|x-|zip)",
    re.IGNORECASE,
)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{400,}={0,2}")
_MAX_BLOBS: Final = 20
_DATA: Final = re.compile(r"data:([^,;]{0,100})((?:;[^,;]{0,100}){0,5}),", re.IGNORECASE)


def read_html_file(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a page that is a file of its own."""
    yield from _read(decoded(octets), budget)


def read_svg_file(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a picture that may hold a page: a script in it runs when it is opened."""
    markup = decoded(octets)
    page = read_html(markup)
    if page.scripts:
        yield Seen(Trait.SCRIPT, f"{len(page.scripts)} scripts in a picture")
    yield from _read(markup, budget)


def _read(markup: str, budget: Budget) -> Iterator[Sight]:
    page = read_html(markup)
    yield Text(page.text)
    if page.hidden:
        yield Text(f"\n{page.hidden}")
    if not page.whole:
        yield Seen(Trait.UNSEEN, "more text or links than are read of one page")
    for number, link in enumerate(page.links):
        if link.target[:5].lower() == "data:":
            yield from _data(link.target, number, budget)
        else:
            yield Link(link.target, link.shown)
    for script in page.scripts:
        yield from _smuggled(script, budget)
    if page.downloads and any(link.target[:5].lower() in ("data:", "blob:") for link in page.links):
        yield Seen(Trait.SMUGGLING, f"a link that saves a part of the page as {page.downloads[0]!r}")
    if "password" in page.fields:
        yield Seen(Trait.FORM, "a form that asks for a password")
    elif any(link.element == "form" for link in page.links):
        yield Seen(Trait.FORM, "a form")


def _data(target: str, number: int, budget: Budget) -> Iterator[Sight]:
    """Give what stands in the address itself (RFC 2397)."""
    found = _DATA.match(target)
    if found is None:
        return
    content = unquote_to_bytes(target[found.end() :])
    if ";base64" in found[2].lower():
        content = _unpacked(content)
    yield Member(f"data-{number}", budget.gathered(iter([content])))


def _smuggled(script: str, budget: Budget) -> Iterator[Sight]:
    makes = _MAKES_FILE.search(script)
    if makes is not None:
        yield Seen(Trait.SMUGGLING, f"a script that makes a file on the reader's machine ({makes[0]})")
    for number, blob in enumerate(_BASE64.finditer(script)):
        if number >= _MAX_BLOBS:
            yield Seen(Trait.UNSEEN, "more encoded blocks in scripts than are looked at")
            break
        content = _unpacked(blob[0].encode())
        kind = kind_of(content)
        if kind.family not in (Family.DATA, Family.TEXT, Family.PICTURE):
            if makes is None:
                yield Seen(Trait.SMUGGLING, f"a script that holds a file ({kind.name})")
            yield Member(f"in-script-{number}", budget.gathered(iter([content])))


def _unpacked(octets: bytes) -> bytes:
    """Undo base64 as far as it goes; what is no part of its alphabet is skipped."""
    kept = octets.translate(None, delete=b" \t\r\n").split(b"=", 1)[0]
    return pybase64.b64decode(
        kept[: len(kept) - (len(kept) % 4 == 1)] + b"=" * (-len(kept) % 4 % 3), validate=False
    )
