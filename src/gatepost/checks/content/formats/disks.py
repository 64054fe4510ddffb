"""Images of disks: opened where a file system is known, else searched for files at the beginnings of their sectors.

Windows and macOS mount them at a double click, and what is in them has no mark of where it came from. ISO 9660 is
opened by libarchive. In images of hard disks, and in UDF, files mostly lie in one piece, each from the beginning of
a sector: so what begins there is looked at, without a name.
"""

from __future__ import annotations

import binascii
import itertools
import re
import struct
from collections.abc import Callable, Iterator
from typing import Final

from gatepost.checks.content.formats import libarchive, udf
from gatepost.checks.content.formats.format import Budget, Member, Seen, Sight, Trait
from gatepost.checks.content.formats.streams import Opener, Unpacking, bzip2, lzma_or_xz, slices, zlib_wrapped

_SEARCHED: Final = "an image of a disk, of which only the beginnings of sectors were looked at"
_SECTOR: Final = 512
_MAX_FOUND: Final = 200
_MAX_BLOCKS: Final = 4096
_ISO_MARK: Final = 32769

# The end of an image of macOS ("koly"), which tells where its tables of blocks are; a table ("mish") has a row for
# each run of blocks: kind, comment, first sector, sectors, place, octets. Apple documents none of it.
_TAIL: Final = 512
"""Octets at the end of a VHD and of a DMG that tell what it is."""
_TABLE: Final = re.compile(rb"<data>([A-Za-z0-9+/=\s]{0,1000000})</data>")
_ROW: Final = struct.Struct(">2L4Q")
_ROWS: Final = 204
_RAW: Final = 1
_PACKED: Final[dict[int, Callable[[bytes], Opener]]] = {
    0x80000005: zlib_wrapped,
    0x80000006: bzip2,
    0x80000008: lzma_or_xz,
}
_NOTHING: Final = (0, 2, 0x7FFFFFFE, 0xFFFFFFFF)
# What people are attacked with, by how it begins; the walk looks closer.
_BEGINS: Final = re.compile(
    rb"MZ|PK\x03\x04|%PDF-|L\x00\x00\x00\x01\x14\x02\x00|\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|Rar!\x1a\x07"
    rb"|7z\xbc\xaf\x27\x1c|MSCF\x00|\x1f\x8b\x08|\{\\rt|ITSF\x03|\x7fELF|#@~\^|[\xce\xcf]\xfa\xed\xfe|#!/"
    rb"|<(?:!DOCTYPE|html|HTML|script|job|\?xml|hta:|HTA:)|\xef\xbb\xbf|\xff\xfe<"
    rb"|@?(?i:echo off|powershell|on error resume|set |var |dim |function )"
)


def iso(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read an image of a CD (ISO 9660), and the UDF that may be beside it."""
    given: set[tuple[str, bytes]] = set()
    if octets.startswith(b"CD001", _ISO_MARK):
        for sight in libarchive.read(octets, budget, "iso9660"):
            if isinstance(sight, Member):
                given.add((sight.name.lower(), sight.octets))
            yield sight
    if _is_udf(octets):
        members = list(udf.read(octets, budget))
        yield from (member for member in members if (member.name.lower(), member.octets) not in given)
        if not members:
            yield Seen(Trait.UNSEEN, _SEARCHED)
            yield from _sectors(octets, budget, udf.SECTOR)


def disk(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Search an image of a hard disk: VHD, VHDX or VMDK."""
    yield Seen(Trait.UNSEEN, _SEARCHED)
    end = -_TAIL if octets.startswith(b"conectix", len(octets) - _TAIL) else len(octets)
    yield from _sectors(octets[:end], budget, _SECTOR)


def dmg(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Unpack an image of macOS by its table of blocks, and search what comes out."""
    trouble: list[str] = []
    plain = budget.gathered(_blocks(octets, trouble))
    if trouble:
        yield Seen(Trait.DAMAGED, trouble[0])
    yield Seen(Trait.UNSEEN, _SEARCHED)
    yield from _sectors(plain, budget, _SECTOR)


def _blocks(octets: bytes, trouble: list[str]) -> Iterator[bytes]:
    """Give the blocks of all partitions in their order; those of methods that are not known here are left out."""
    tail = octets[-_TAIL:]
    fork = int.from_bytes(tail[24:32], "big")
    place, size = (int.from_bytes(tail[at : at + 8], "big") for at in (216, 224))
    for found in _TABLE.finditer(octets, place, min(place + size, len(octets))):
        try:
            table = binascii.a2b_base64(found[1])
        except binascii.Error:
            trouble.append("a table of blocks that cannot be read")
            continue
        if not table.startswith(b"mish"):
            continue
        rows = table[_ROWS : len(table) - (len(table) - _ROWS) % _ROW.size]
        for kind, _, _, sectors, place_in_fork, packed in itertools.islice(
            _ROW.iter_unpack(rows), _MAX_BLOCKS
        ):
            at = fork + place_in_fork
            if kind == _RAW:
                yield from slices(octets, at, min(at + packed, len(octets)))
            elif kind in _PACKED:
                stream = Unpacking(_PACKED[kind](octets[at : at + packed]))
                yield from stream
                if stream.trouble:
                    trouble.append(stream.trouble)
            elif kind not in _NOTHING:
                trouble.append(f"{sectors:,} sectors of it are packed by a method that cannot be opened here")


def _is_udf(octets: bytes) -> bool:
    return any(
        octets.startswith(b"NSR0", at + 1) for at in range(32768, min(len(octets), 32768 + 32 * 2048), 2048)
    )


def _sectors(octets: bytes, budget: Budget, sector: int) -> Iterator[Sight]:
    """Give what begins at a sector and looks like a file; each reaches to the next."""
    places = []
    for at in range(0, len(octets), sector):
        if _BEGINS.match(octets, at):
            places.append(at)
            if len(places) > _MAX_FOUND:
                yield Seen(Trait.UNSEEN, f"more than {_MAX_FOUND} files in an image of a disk")
                break
    for number, at in enumerate(places[:_MAX_FOUND]):
        stop = min(places[number + 1] if number + 1 < len(places) else len(octets), at + budget.member)
        yield Member(f"sector {at // sector}", budget.gathered(iter([octets[at:stop].rstrip(b"\0")])))
