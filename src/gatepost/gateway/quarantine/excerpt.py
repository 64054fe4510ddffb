"""What a person sees of a held message before deciding: its header, and the first lines of its text.

Pure, bounded by the octets it is given (the first 64 KiB), and harmless: every line is printable, nothing is opened
or run.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from gatepost.mail.fields import split
from gatepost.mail.header import decode_words
from gatepost.mail.html import read_html
from gatepost.mail.mime import view

MOST: Final = 1 << 16
MAX_FIELDS: Final = 100
MAX_LINES: Final = 20
_MAX_VALUE: Final = 500
_MAX_LINE: Final = 200
_TEXTS: Final = ("text/plain", "text/html")


class Excerpt(Struct, frozen=True):
    """Header fields from the top, decoded, and lines of text; `kind` is its media type, "" where there is none.

    `more` says that there are more fields or lines than are here.
    """

    fields: tuple[tuple[str, str], ...]
    lines: tuple[str, ...]
    kind: str
    more: bool = False


def excerpt(octets: bytes) -> Excerpt:
    """Make an excerpt of a message, or of the beginning of one. Never raises."""
    octets = octets[:MOST]
    header = split(octets)
    fields = [(name, _value(field.value)) for field in header.fields if (name := _name(field.raw))]
    kind, text = _text(octets)
    lines = [line for line in map(_line, text.splitlines()) if line]
    return Excerpt(
        tuple(fields[:MAX_FIELDS]),
        tuple(lines[:MAX_LINES]),
        kind,
        len(fields) > MAX_FIELDS or len(lines) > MAX_LINES,
    )


def _text(octets: bytes) -> tuple[str, str]:
    """Give the first text for people that is no file, plain before HTML, and its media type."""
    found = ("", "")
    for part in view(octets).leaves:
        if part.names or part.disposition == "attachment" or part.media_type not in _TEXTS:
            continue
        text = part.text()
        if part.media_type == "text/html":
            text = read_html(text).text
        if text.strip() and (part.media_type == "text/plain" or not found[0]):
            found = (part.media_type, text)
        if found[0] == "text/plain":
            break
    return found


def _name(raw: bytes) -> str:
    return _line(raw.partition(b":")[0].decode("ascii", "replace")) if b":" in raw else ""


def _value(raw: bytes) -> str:
    return _printable(decode_words(raw[:4000].decode("utf-8", "replace")), _MAX_VALUE)


def _line(text: str) -> str:
    return _printable(text, _MAX_LINE)


def _printable(text: str, most: int) -> str:
    """Make one line that a terminal only shows: no controls, no marks that turn the direction of writing."""
    text = " ".join(text[: 4 * most].split())
    text = text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= most else text[: most - 1] + "…"
