"""Tar: all its dialects, read tolerantly, and beyond the end where some programs go on.

The octets are all there, so nothing is unpacked; what is said of sizes is believed no further than the file goes.
Old GNU sparse files are given as the octets that are there, without their holes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gatepost.checks.content.formats.format import Budget, ExhaustedError, Member, Seen, Sight, Trait
from gatepost.checks.content.formats.kinds import begins_tar
from gatepost.checks.content.formats.names import outside, shown
from gatepost.checks.content.formats.streams import slices

BLOCK: Final = 512
_MAX_HEADERS: Final = 20_000
_MAX_LONG: Final = 1 << 16
_PAX: Final = re.compile(rb"\d{1,9} (path|linkpath|size|GNU\.sparse\.name)=([^\n]{0,65536})\n")
_FILES: Final = b"0\x007SD"
_LINKS: Final = b"12"
_NEXT_IS_LONG: Final = {b"L": "path", b"K": "linkpath"}


def read(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a tar archive."""
    at = count = 0
    said: dict[str, str] = {}
    damaged = False
    while at + BLOCK <= len(octets):
        header = octets[at : at + BLOCK]
        if header == bytes(BLOCK):
            at += BLOCK
            continue
        if not begins_tar(header):
            damaged = True
            at += BLOCK
            continue
        count += 1
        if count > _MAX_HEADERS:
            raise ExhaustedError(f"more than {_MAX_HEADERS:,} files and folders")
        kind = header[156:157]
        data, size = at + BLOCK, _number(header[124:136])
        if kind == b"x":
            said |= _pax(octets[data : data + min(size, _MAX_LONG)])
        elif kind in _NEXT_IS_LONG:
            long = octets[data : data + min(size, _MAX_LONG)]
            said[_NEXT_IS_LONG[kind]] = _text(long)
        elif kind != b"g":
            if (wide := said.get("size", "")).isdecimal():
                size = int(wide)
            if kind in _LINKS or kind in b"3456":
                size = 0
            yield from _entry(octets, header, said, data, size, budget)
            said = {}
        at = min(data + -(-size // BLOCK) * BLOCK, len(octets))
    if damaged or not count:
        yield Seen(Trait.DAMAGED, "octets in it that belong to no file")


def _entry(
    octets: bytes, header: bytes, said: dict[str, str], data: int, size: int, budget: Budget
) -> Iterator[Sight]:
    prefix = _text(header[345:500]) if header[257:263] == b"ustar\0" else ""
    short = _text(header[:100])
    name = said.get("GNU.sparse.name") or said.get("path") or (f"{prefix}/{short}" if prefix else short)
    kind = header[156:157]
    if kind in _LINKS:
        target = said.get("linkpath") or _text(header[157:257])
        if outside(target):
            words = f"{shown(name)} is a link that leads out of the folder, to {shown(target)}"
            yield Seen(Trait.TRICK_NAME, words)
        return
    if kind == b"5" or (kind in _FILES and name.endswith("/") and not size):
        return
    stop = min(data + size, len(octets))
    content = budget.gathered(slices(octets, data, stop))
    if data + size > len(octets):
        yield Seen(Trait.DAMAGED, f"{shown(name)} is cut off")
    yield Member(name, content)


def _number(field: bytes) -> int:
    """Read a number: octal, or in base 256 as GNU writes large ones; a negative or senseless one is 0."""
    if field[0] & 0x80:
        return 0 if field[0] & 0x40 else int.from_bytes(field, "big") & ((1 << 88) - 1)
    digits = field.strip(b" \0").partition(b"\0")[0]
    return int(digits, 8) if digits and not digits.translate(None, b"01234567") else 0


def _pax(records: bytes) -> dict[str, str]:
    return {found[1].decode(): _text(found[2]) for found in _PAX.finditer(records)}


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")
