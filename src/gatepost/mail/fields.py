"""A header block as fields with their octets untouched, for what must not lose one: signatures, trace, forgeries.

On the way of a message: content -> `split` -> DKIM and ARC, the author's address for DMARC, Authentication-Results.
It reads no structure inside a field, and over what is broken: whatever stands in the block is in some field.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from msgspec import Struct

MAX_HEADER: Final = 1 << 18  # octets: what is longer is no header that anyone wrote


_NEW_NAMES: Final = (
    (b"authentication-results", b"X-Stranger-AuthResults"),
    (b"x-gatepost-marks", b"X-Stranger-Marks"),
)


class Field(Struct, frozen=True, gc=False):
    """One field: its name in lower case ("" for a line that is none), and its octets with folds and last CRLF."""

    name: str
    raw: bytes

    @property
    def value(self) -> bytes:
        """What stands behind the colon, as it is, without the last CRLF."""
        return self.raw.partition(b":")[2].removesuffix(b"\r\n")


class Header(Struct, frozen=True, gc=False):
    """The fields from the top, and where the body begins: behind the empty line.

    `whole` is false when the block did not end within MAX_HEADER octets; then the last field may be cut.
    """

    fields: tuple[Field, ...]
    body: int
    whole: bool = True

    def named(self, name: str) -> tuple[Field, ...]:
        """Give the fields of a name (in lower case), from the top."""
        return tuple([field for field in self.fields if field.name == name])


def disowned(header: Header, foreign: Collection[Field]) -> tuple[tuple[int, bytes], ...]:
    """Give a new name, of the same length, to fields that only we may write but did not: (offset, octets) each.

    The octets of the content keep their number and places, so a content on disk is changed where it stands. The
    values stay for a person to see, and no program takes them for ours any more (RFC 8601 §5).
    """
    changes: list[tuple[int, bytes]] = []
    start = 0
    for field in header.fields:
        if field in foreign:
            begin = field.raw[:32].lower()
            changes += [(start, new) for old, new in _NEW_NAMES if begin.startswith(old)]
        start += len(field.raw)
    return tuple(changes)


def split(content: bytes) -> Header:
    """Take the header off a content whose lines end in CRLF, or off its first MAX_HEADER octets. Never raises.

    A content without an empty line is all header (RFC 5322 §3.5: the body may be missing).
    """
    fields: list[Field] = []
    start, limit = 0, min(len(content), MAX_HEADER)
    while start < limit:
        if content.startswith(b"\r\n", start):
            return Header(tuple(fields), start + 2)
        end = content.find(b"\r\n", start, limit)
        while end >= 0 and content[end + 2 : end + 3] in (b" ", b"\t"):  # RFC 5322 §2.2.3: it goes on
            end = content.find(b"\r\n", end + 2, limit)
        end = limit if end < 0 else end + 2
        raw = content[start:end]
        fields.append(Field(_name(raw), raw))
        start = end
    return Header(tuple(fields), start, whole=len(content) <= MAX_HEADER)


def _name(raw: bytes) -> str:
    """Read the name of a field; white space before the colon is obsolete and read over (RFC 5322 §4.5)."""
    name, colon, _ = raw.partition(b":")
    name = name.rstrip(b" \t")
    if not colon or not name or not name.isascii() or not all(32 < octet < 127 for octet in name):
        return ""
    return name.decode("ascii").lower()
