"""TNEF, the "winmail.dat" of Outlook: its attachments, and nothing else of what it tells ([MS-OXTNEF]).

A file is a row of attributes, which `mail.mime.tnef` gives; each new attachment begins with its rendering data, then
follow name and octets. More is read here than in the view of a message: long names, and objects among the properties.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gatepost.checks.content.formats.format import Budget, Member, Seen, Sight, Trait
from gatepost.mail.mime import tnef

_PROPERTIES: Final = 0x00069005  # attAttachment
_MAX_PROPERTIES: Final = 500
_MAX_NAME: Final = 1024

_FIXED: Final = {
    0x02: 4,
    0x03: 4,
    0x04: 4,
    0x05: 8,
    0x06: 8,
    0x07: 8,
    0x0A: 4,
    0x0B: 4,
    0x14: 8,
    0x40: 8,
    0x48: 16,
}
_SIZED: Final = (0x0D, 0x1E, 0x1F, 0x102)  # objects, texts in a code page and in UTF-16, octets
_NARROW_TEXT, _MANY = 0x1E, 0x1000
_ATTACHED_OBJECT, _LONG_NAME = 0x3701, 0x3707
_MESSAGE_INTERFACE: Final = 16
"""Octets of the name of an interface in front of an embedded object; a message in it is TNEF again."""


def read(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a TNEF file."""
    short = long = ""
    content: bytes | None = None
    for number, (_, attribute, view, whole) in enumerate(tnef.attributes(octets), 1):
        value = view.tobytes()
        if not whole:
            yield Seen(Trait.DAMAGED, "it is cut off")
        match attribute:
            case tnef.NEW:
                yield from _attachment(long or short, content, budget)
                short, long, content = "", "", None
            case tnef.TITLE:
                short = value[:_MAX_NAME].partition(b"\0")[0].decode("cp1252", "replace")
            case tnef.DATA:
                content = value
            case _ if attribute == _PROPERTIES:
                for kind, property_value in _properties(value):
                    if kind == _LONG_NAME:
                        long = property_value.decode("utf-16-le", "replace").partition("\0")[0]
                    elif kind == _ATTACHED_OBJECT and content is None:
                        content = property_value[_MESSAGE_INTERFACE:]
            case _:
                pass
        if number == tnef.MAX_ATTRIBUTES:
            yield Seen(Trait.UNSEEN, f"more than {number:,} attributes")
    yield from _attachment(long or short, content, budget)


def _attachment(name: str, content: bytes | None, budget: Budget) -> Iterator[Sight]:
    if content is not None:
        yield Member(name, budget.gathered(iter([content])))


def _properties(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Give the properties of an attachment that have a size of their own; texts as UTF-16."""
    at = 4
    for _ in range(min(int.from_bytes(octets[:4], "little"), _MAX_PROPERTIES)):
        kind, number = (
            int.from_bytes(octets[at : at + 2], "little"),
            int.from_bytes(octets[at + 2 : at + 4], "little"),
        )
        at += 4
        if number >= 0x8000:  # a named property: a GUID, then a number or a text
            by_text = int.from_bytes(octets[at + 16 : at + 20], "little")
            size = int.from_bytes(octets[at + 20 : at + 24], "little")
            at += 24 + ((size + 3) & ~3 if by_text else 0)
        many, kind = kind & _MANY, kind & ~_MANY
        count = 1
        if many or kind in _SIZED:
            count = int.from_bytes(octets[at : at + 4], "little")
            at += 4
        if kind in _FIXED:
            at += count * _FIXED[kind]
        elif kind in _SIZED:
            for _ in range(min(count, _MAX_PROPERTIES)):
                size = int.from_bytes(octets[at : at + 4], "little")
                value = octets[at + 4 : at + 4 + size]
                at += 4 + ((size + 3) & ~3)
                yield (
                    number,
                    value if kind != _NARROW_TEXT else value.decode("cp1252", "replace").encode("utf-16-le"),
                )
        else:
            return
        if at >= len(octets):
            return
