"""Uuencoded files: as a transfer encoding, and within text, where some mail clients still open them.

Under `encodings` and `view`. It knows no MIME. Lines that are broken are read as well as they can be.
"""

from __future__ import annotations

import re
from binascii import Error as UuError
from binascii import a2b_uu
from typing import Final

from msgspec import Struct
from pybase64 import b64decode

_BEGIN: Final = re.compile(
    rb"^begin(-base64)?[ \t]{1,9}[0-7]{3,4}[ \t]{1,9}([^\r\n]{1,250})\r?$", re.MULTILINE
)
# No line of data begins with small letters, so another beginning ends a file as well.
_END: Final = re.compile(rb"^(?:(?:end|====)[ \t]{0,9}\r?$|begin[ -])", re.MULTILINE)
_MOST_LOST: Final = 4
_NOT_BASE64: Final = bytes(
    sorted(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
)


class Uufile(Struct, frozen=True, gc=False):
    """A file within text: its name, its octets."""

    name: str
    octets: bytes


def files(text: bytes, most: int) -> list[Uufile]:
    """Find the files in a text, at most so many. A file without an end goes on to the end of the text."""
    found: list[Uufile] = []
    at = 0 if b"begin" in text else len(text)
    while len(found) < most and (begin := _BEGIN.search(text, at)) is not None:
        end = _END.search(text, begin.end())
        stop = len(text) if end is None else end.start()
        inside = text[begin.end() : stop]
        octets = _base64(inside) if begin[1] else _lines(inside)
        if octets:
            found.append(Uufile(begin[2].decode("utf-8", "replace").strip(), octets))
        at = stop
    return found


def body(raw: bytes) -> bytes:
    """Decode a body whose transfer encoding is uuencode: the file in it, or its lines where it does not begin."""
    inside = files(raw, 1)
    return inside[0].octets if inside else _lines(raw)


def _lines(text: bytes) -> bytes:
    octets: list[bytes] = []
    for ended in text.split(b"\n"):
        line = ended.rstrip(b"\r")
        if not line:
            continue
        # The first character tells how many octets the line holds. Spaces at its end, which are zeros, may be lost
        # on the way; a line that is nearly all lost is none, or a few octets would make many.
        digits = (((line[0] - 32) & 63) * 4 + 2) // 3
        if digits <= _MOST_LOST * len(line):
            try:
                octets.append(a2b_uu(line[: digits + 1]))
            except UuError:
                continue
    return b"".join(octets)


def _base64(text: bytes) -> bytes:
    digits = text.translate(None, _NOT_BASE64)
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return b64decode(digits + b"=" * (-len(digits) % 4)) if digits else b""
