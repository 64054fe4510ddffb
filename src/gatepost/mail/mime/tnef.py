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
NEW: Final = 0x00069002  # attAttachRendData
TITLE: Final = 0x00018010  # attAttachTitle
DATA: Final = 0x0006800F  # attAttachData
MAX_ATTRIBUTES: Final = 20_000


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
    for level, attribute, value, _ in attributes(octets):
        if level != _ATTACHMENT:
            continue
        if attribute == NEW:
            if data and len(found) < most:
                found.append(TnefFile(title, data))
            title, data = "", b""
        elif attribute == TITLE:
            title = value.tobytes().rstrip(b"\0").decode("cp1252", "replace")
        elif attribute == DATA:
            data = value.tobytes()
    if data and len(found) < most:
        found.append(TnefFile(title, data))
    return found


def attributes(octets: bytes) -> Iterator[tuple[int, int, memoryview, bool]]:
    """Give the attributes of a TNEF: level, which, its value, and whether that is whole; at most MAX_ATTRIBUTES."""
    if not octets.startswith(_SIGNATURE):
        return
    view = memoryview(octets)
    at = _HEAD
    for _ in range(MAX_ATTRIBUTES):
        if at + _RECORD.size > len(octets):
            return
        level, attribute, length = _RECORD.unpack_from(octets, at)
        at += _RECORD.size
        yield level, attribute, view[at : at + length], at + length <= len(octets)
        at += length + _CHECKSUM
