"""Files within a TNEF ("winmail.dat", [MS-OXTNEF]), which Outlook shows as attachments and other clients do not open.

Under the tree. Titles and data of attachments only; the properties of the message are not read. Linear, no copies but
of the attachments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from struct import Struct as Layout
from typing import Final

from msgspec import Struct

_SIGNATURE: Final = b"\x78\x9f\x3e\x22"
_SIGNATURE_IN_BASE64: Final = b"eJ8+I"
_TYPES: Final = frozenset(("application/ms-tnef", "application/vnd.ms-tnef", "application/x-tnef"))
_RECORD: Final = Layout("<BII")  # level, attribute, length
_CHECKSUM: Final = 2
_HEAD: Final = 6  # signature and key
_ATTACHMENT: Final = 2  # the level of attributes of attachments
_NEW: Final = 0x00069002  # attAttachRendData
_TITLE: Final = 0x00018010  # attAttachTitle
_DATA: Final = 0x0006800F  # attAttachData
_MAX_RECORDS: Final = 10_000


class TnefFile(Struct, frozen=True, gc=False):
    """An attachment within a TNEF: its name, its octets."""

    name: str
    octets: bytes


def is_tnef(media_types: Sequence[str], names: Sequence[str], head: bytes) -> bool:
    """Tell whether a part is one, by type, name, or the beginning of its body, encoded or not."""
    return (
        head.startswith((_SIGNATURE, _SIGNATURE_IN_BASE64))
        or any(media_type in _TYPES for media_type in media_types)
        or any(name.lower() == "winmail.dat" for name in names)
    )


def files(octets: bytes, most: int) -> list[TnefFile]:
    """Give the attachments, at most so many; [] when it is no TNEF. What is cut off is read as far as it goes."""
    found: list[TnefFile] = []
    title, data = "", b""
    for attribute, start, end in _attributes(octets):
        if attribute == _NEW:
            if data and len(found) < most:
                found.append(TnefFile(title, data))
            title, data = "", b""
        elif attribute == _TITLE:
            title = octets[start:end].rstrip(b"\0").decode("cp1252", "replace")
        elif attribute == _DATA:
            data = octets[start:end]
    if data and len(found) < most:
        found.append(TnefFile(title, data))
    return found


def _attributes(octets: bytes) -> Iterator[tuple[int, int, int]]:
    """Give the attributes of attachments: which, and where their values begin and end."""
    if not octets.startswith(_SIGNATURE):
        return
    at = _HEAD
    for _ in range(_MAX_RECORDS):
        if at + _RECORD.size > len(octets):
            return
        level, attribute, length = _RECORD.unpack_from(octets, at)
        start = at + _RECORD.size
        if level == _ATTACHMENT:
            yield attribute, start, min(start + length, len(octets))
        at = start + length + _CHECKSUM
