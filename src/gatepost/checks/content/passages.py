"""The texts of a message that rules look at, as a person reads them, each with the place where it stands.

Between the view of a message and the rules about text. A text that can be read in several ways comes in all of them,
each once. Nothing is read that no rule asks for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from msgspec import Struct

from gatepost.checks.facts import Content
from gatepost.mail.header import decode_words
from gatepost.mail.html import read_html
from gatepost.mail.mime import Part
from gatepost.mail.mime.bounds import MAX_VALUE
from gatepost.mail.readable import readable

MAX_TEXT: Final = 250_000
"""Characters of one text that are searched; what lies behind is not."""
MAX_ALL: Final = 1_000_000
"""Characters of one message that are searched, raw octets not counted."""
MAX_RAW: Final = 1 << 20
"""Octets of a message that are searched as they are."""
_STEP: Final = 32_768
_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})


class Passage(Struct, frozen=True, gc=False):
    """A text: the place that rules call it by, and where it stands, in words for people."""

    place: str
    where: str
    text: str


def passages(content: Content, places: Collection[str]) -> Iterator[Passage]:
    """Give the texts of these places, bounded in all. Raises OSError when the content cannot be read."""
    left = MAX_ALL
    seen: set[tuple[str, str]] = set()
    for passage in _all(content, places):
        cut = passage.text[: min(MAX_TEXT, left)]
        left -= len(cut)
        text = _readable(cut)
        if text and (passage.place, text) not in seen:
            seen.add((passage.place, text))
            yield Passage(passage.place, passage.where, text)
        if left <= 0:
            return


def raw(content: Content) -> bytes:
    """Give the octets of a message, to a bound. Raises OSError when the content cannot be read."""
    return content.view().octets[:MAX_RAW]


def _all(content: Content, places: Collection[str]) -> Iterator[Passage]:
    view = content.view()
    for field in view.root.fields:
        place = "subject" if field.name == "subject" else ""
        named = f"header {field.name}"
        if place in places or named in places:
            text = _unfolded(field.value)
            if place in places:
                yield Passage(place, "the subject", text)
            if named in places:
                yield Passage(named, f"the field {field.name}", text)
    if "body" in places or "hidden" in places or "files" in places:
        for part in view.leaves:
            yield from _of_part(part, places)
    if "files" in places:
        for _, item in content.items:
            if item.text:
                yield Passage("files", item.where, item.text)


def _of_part(part: Part, places: Collection[str]) -> Iterator[Passage]:
    attached = bool(part.names) or part.disposition == "attachment"
    if attached and "files" in places:
        yield Passage("files", f"the name of {part}", "\n".join(part.names))
    types = [media_type for media_type in part.media_types if media_type.startswith("text/")]
    markup = not _HTML.isdisjoint(part.media_types)
    place = "files" if attached else "body"
    if not (types or markup) or not (place in places or "hidden" in places):
        return
    plain = any(media_type not in _HTML for media_type in types)
    for text in part.texts():
        if plain and place in places:
            yield Passage(place, str(part), text)
        if markup:
            page = read_html(text)
            if place in places:
                yield Passage(place, str(part), page.text)
            if page.hidden and ("hidden" if not attached else place) in places:
                yield Passage("hidden" if not attached else place, f"what {part} hides", page.hidden)


def _readable(text: str) -> str:
    """Make a text readable piece by piece, to the bound: some characters become six."""
    if len(text) <= _STEP:
        return readable(text)
    made: list[str] = []
    at, left = 0, MAX_TEXT
    while at < len(text) and left > 0:
        end = (
            text.rfind(" ", at, at + _STEP) + 1 or at + _STEP
        )  # between words, where nothing is put together
        made.append(readable(text[at:end])[:left])
        left -= len(made[-1])
        at = end
    return "".join(made)


def _unfolded(value: bytes) -> str:
    """Give the value of a field as a mail program shows it, in one line."""
    cut = value[:MAX_VALUE]
    try:
        text = cut.decode()
    except UnicodeDecodeError:
        text = cut.decode("cp1252", "replace")
    return " ".join((decode_words(text) if "=?" in text else text).split())
