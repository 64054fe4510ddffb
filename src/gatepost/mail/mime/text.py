"""Bodies as text, in every charset that a reader could take them to be in.

Under `Part.texts`. Nothing raises: what cannot be decoded is replaced.
"""

from __future__ import annotations

from typing import Final

from gatepost.mail.header import known_charset
from gatepost.mail.mime.bounds import MAX_READINGS, MAX_TEXT

_MARKS: Final = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
DISGUISES: Final = {
    "utf-7": ("utf-7",),
    "unicode-1-1-utf-7": ("utf-7",),
    # RFC 2781 §4.3: without a mark it is big-endian, but Windows reads it the other way.
    "utf-16": ("utf-16-be", "utf-16-le"),
    "utf-16le": ("utf-16-le",),
    "utf-16be": ("utf-16-be",),
    "utf-32": ("utf-32-be", "utf-32-le"),
    "utf-32le": ("utf-32-le",),
    "utf-32be": ("utf-32-be",),
}
"""Charsets in which plain letters are not the octets that a search for them expects."""
_WIDE_SAMPLE: Final = 512


def is_known(charset: str) -> bool:
    """Tell whether a charset (in lower case) can be decoded."""
    return not charset or charset in DISGUISES or bool(known_charset(charset))


def texts(readings: tuple[bytes, ...], charsets: tuple[str, ...]) -> tuple[str, ...]:
    """Give each reading of a body as text, by each charset that was named for it. The usual first, none twice."""
    found: dict[str, None] = {}
    for octets in readings:
        cut = octets[:MAX_TEXT]
        for codec in _codecs(cut, charsets):
            found[_text(cut, codec)] = None
            if len(found) >= MAX_READINGS:
                return tuple(found)
    return tuple(found)


def _codecs(octets: bytes, charsets: tuple[str, ...]) -> list[str]:
    codecs: list[str] = []
    for charset in charsets:
        if charset in DISGUISES:
            codecs += DISGUISES[charset]
        elif known := known_charset(charset):
            codecs.append(known)
    marked = next((codec for mark, codec in _MARKS if octets.startswith(mark)), "")
    if marked:
        codecs.insert(0, marked)
    elif not codecs:
        codecs.append("")
        sample = octets[:_WIDE_SAMPLE]
        if sample.count(b"\0") * 3 > len(sample):
            codecs += ("utf-16-le", "utf-16-be")
    return codecs


def _text(octets: bytes, codec: str) -> str:
    if codec and codec != "utf-8":
        return octets.decode(codec, "replace")
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("utf-8" if codec else "cp1252", "replace")
