"""Cutting a message into its MIME parts, each a small message of its own, to ask about them one by one.

Used only on messages in which something was found. It trusts no part of the structure: it looks for
delimiter lines (RFC 2046 §5.1.1), decodes nothing, and is bounded in parts, depth and header octets. It is
no MIME view: what it cannot cut it leaves whole.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from gatepost.mail.header import decode_words

MAX_PARTS: Final = 32  # of one multipart; what comes after stays uncut
_MAX_HEADER: Final = 8192
_MAX_NAME: Final = 80
_BOUNDARY: Final = re.compile(
    rb"^content-type:\s*multipart/[^;\r\n]{1,80};(?:[^\r\n]|\r?\n[ \t]){0,2000}?"
    rb'\bboundary\s*=\s*(?:"([^"\r\n]{1,70})"|([^\s";]{1,70}))',
    re.IGNORECASE | re.MULTILINE,
)
_AFTER_BOUNDARY: Final = (b"-", b"\r", b"\n", b" ", b"\t", b"")
_TYPE: Final = re.compile(
    rb"^content-type:\s*([a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80})", re.IGNORECASE | re.MULTILINE
)
_NAME: Final = re.compile(
    rb"""[;\s](?:file)?name(\*?)(?:0\*?)?\s*=\s*(?:"([^"\r\n]{1,400})"|([^\s";]{1,400}))""", re.IGNORECASE
)


class Part(Struct, frozen=True):
    """One part: its number as in "2", its name or media type, and its octets, header included."""

    number: str
    name: str
    octets: bytes

    def __str__(self) -> str:
        return f"part {self.number} ({self.name})" if self.name else f"part {self.number}"


def parts_of(octets: bytes, number: str = "") -> list[Part]:
    """Cut a message, or a part with this number, into its parts; [] when it is not a multipart."""
    header = _header(octets)
    boundary = _BOUNDARY.search(header)
    if boundary is None:
        return []
    delimiter = b"\n--" + (boundary[1] or boundary[2])
    cut: list[Part] = []
    at = _next(octets, delimiter, len(header) - 1)
    while at >= 0 and len(cut) < MAX_PARTS:
        start = octets.find(b"\n", at + 1) + 1
        if start == 0 or octets.startswith(b"--", at + len(delimiter)):
            break
        at = _next(octets, delimiter, start - 1)
        part = octets[start:] if at < 0 else octets[start : max(start, at - 1)]
        cut.append(Part(f"{number}.{len(cut) + 1}".lstrip("."), _name(_header(part)), part))
    return cut


def _next(octets: bytes, delimiter: bytes, at: int) -> int:
    """Find a delimiter line; a longer boundary that begins with this one is none of ours."""
    at = octets.find(delimiter, at)
    while at >= 0 and octets[at + len(delimiter) : at + len(delimiter) + 1] not in _AFTER_BOUNDARY:
        at = octets.find(delimiter, at + 1)
    return at


def as_message(part: Part) -> bytes:
    """Make a part a message, so that a scanner decodes it as it did within the whole one."""
    return b"From: part\r\nMIME-Version: 1.0\r\n" + part.octets


def _header(octets: bytes) -> bytes:
    if octets.startswith((b"\r\n", b"\n")):
        return b""
    end = octets.find(b"\r\n\r\n", 0, _MAX_HEADER)
    return octets[: _MAX_HEADER if end < 0 else end + 2]


def _name(header: bytes) -> str:
    named = _NAME.search(header)
    if named is not None:
        raw: bytes = named[2] or named[3]
        if named[1]:  # RFC 2231 §4: charset'language'percent-encoded
            raw = unquote_to_bytes(raw.rpartition(b"'")[2])
        name = decode_words(raw.decode("utf-8", "replace"))
    else:
        media_type = _TYPE.search(header)
        name = media_type[1].decode("ascii").lower() if media_type else ""
    return "".join(c if c.isprintable() else "?" for c in name.strip()[:_MAX_NAME])
