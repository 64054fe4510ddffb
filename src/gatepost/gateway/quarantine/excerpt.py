"""What a person sees of a held message before deciding: its header, and the first lines of its text.

Pure, bounded by the octets it is given (the first 64 KiB), and harmless: every line is printable, nothing is opened
or run. It is no MIME view: it takes the first text that it finds, and shows nothing where it finds none.
"""

from __future__ import annotations

import html
import re
from binascii import Error as Base64Error
from binascii import a2b_base64, a2b_qp
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from gatepost.checks.content.parts import parts_of
from gatepost.mail.fields import Header, split
from gatepost.mail.header import decode_words

MOST: Final = 1 << 16
MAX_FIELDS: Final = 100
MAX_LINES: Final = 20
_MAX_VALUE: Final = 500
_MAX_LINE: Final = 200
_MAX_DEPTH: Final = 5
_TYPE: Final = re.compile(r"\s*([a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80})")
_CHARSET: Final = re.compile(r"charset\s*=\s*\"?([a-z0-9_.:-]{1,40})")
_TAG: Final = re.compile(r"<[^<>]{0,2000}>")
_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]+")


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
    found = ("", "")
    for kind, text in _texts(octets, 0):
        if kind == "text/plain" and text.strip():
            return kind, text
        if not found[0]:
            found = (kind, text)
    return found


def _texts(octets: bytes, depth: int) -> Iterator[tuple[str, str]]:
    header = split(octets)
    declared = _declared(header, "content-type")
    named = _TYPE.match(declared)
    kind = named[1] if named else "text/plain"
    if kind.startswith("multipart/") and depth < _MAX_DEPTH:
        for part in parts_of(octets):
            yield from _texts(part.octets, depth + 1)
    elif kind in ("text/plain", "text/html"):
        text = _decoded(octets[header.body :], _declared(header, "content-transfer-encoding"), declared)
        yield kind, html.unescape(_TAG.sub(" ", text)) if kind == "text/html" else text


def _declared(header: Header, name: str) -> str:
    field = next(iter(header.named(name)), None)
    return field.value[:2000].decode("ascii", "replace").lower() if field is not None else ""


def _decoded(body: bytes, encoding: str, declared: str) -> str:
    try:
        if "base64" in encoding:
            clean = _NOT_BASE64.sub(b"", body)
            body = a2b_base64(clean[: len(clean) // 4 * 4])
        elif "quoted-printable" in encoding:
            body = a2b_qp(body)
    except (Base64Error, ValueError):
        pass  # what cannot be decoded is shown as it stands
    charset = _CHARSET.search(declared)
    try:
        return body.decode(charset[1] if charset else "utf-8", "replace")
    except (LookupError, ValueError):  # no charset, or one that is none
        return body.decode("utf-8", "replace")


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
