"""UDF, the file system of DVDs (ECMA-167): Windows mounts images of it at a double click; libarchive knows it not.

Partitions of the plain kind only, as programs that write images make them. Each file and folder is gone into once,
whatever points to it; what cannot be read that way is searched by sectors (`disks`).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from gatepost.checks.content.formats.format import Budget, ExhaustedError, Member
from gatepost.checks.content.formats.streams import slices

SECTOR: Final = 2048
_MAX_ENTRIES: Final = 20_000
_MAX_EXTENTS: Final = 1000
_ANCHOR_AT: Final = 256
_ANCHOR: Final = 2  # tags of descriptors (ECMA-167 3/7.2.1, 4/7.2.1)
_FILE_SET, _IDENTIFIER, _FILE, _EXTENDED_FILE = 256, 257, 261, 266
_FOLDER_TYPE: Final = 4
_SHORT, _WITHIN = 0, 3  # how a file tells where it is (4/14.6.8)
_IS_PARENT: Final = 8


def read(octets: bytes, budget: Budget) -> Iterator[Member]:
    """Give the files with the way to each; none where it is no such image."""
    found = _root(octets)
    if found is None:
        return
    partition, root = found
    waiting = [("", root)]
    met: set[int] = set()
    while waiting:
        way, place = waiting.pop()
        if place in met:
            continue
        met.add(place)
        if len(met) > _MAX_ENTRIES:
            raise ExhaustedError(f"more than {_MAX_ENTRIES:,} files and folders")
        at = partition + place * SECTOR
        content = _content(octets, at, partition)
        if octets[at + 27 : at + 28] == bytes([_FOLDER_TYPE]):
            listing = b"".join(content)[: budget.member]
            waiting += [(f"{way}/{name}" if way else name, inner) for name, inner in _names(listing)][::-1]
        else:
            yield Member(way, budget.gathered(content))


def _root(octets: bytes) -> tuple[int, int] | None:
    """Give where the partition begins, in octets, and the block in it that tells of the outermost folder."""
    anchor = _ANCHOR_AT * SECTOR
    if _tag(octets, anchor) != _ANCHOR:
        return None
    size, first = struct.unpack_from("<2L", octets, anchor + 16)
    partition = file_set = -1
    for at in range(
        first * SECTOR, min(first * SECTOR + min(size, 64 * SECTOR), len(octets) - SECTOR + 1), SECTOR
    ):
        match _tag(octets, at):
            case 5:  # a partition
                partition = int.from_bytes(octets[at + 188 : at + 192], "little") * SECTOR
            case 6:  # the volume, which tells of its set of files
                file_set = int.from_bytes(octets[at + 252 : at + 256], "little")
            case 8:  # the end
                break
    at = partition + file_set * SECTOR
    if min(partition, file_set) < 0 or _tag(octets, at) != _FILE_SET:
        return None
    return partition, int.from_bytes(octets[at + 404 : at + 408], "little")


def _tag(octets: bytes, at: int) -> int:
    """Give the kind of the descriptor at a place; 0 where its header's checksum is wrong."""
    header = octets[at : at + 16]
    if len(header) < 16 or (sum(header) - header[4]) & 0xFF != header[4]:
        return 0
    return int.from_bytes(header[:2], "little")


def _content(octets: bytes, at: int, partition: int) -> Iterator[bytes]:
    """Give the octets of the file or folder whose entry is at a place."""
    tag = _tag(octets, at)
    if tag not in (_FILE, _EXTENDED_FILE):
        return
    base = at + (176 if tag == _FILE else 216)
    if base > len(octets):
        return
    left = int.from_bytes(octets[at + 56 : at + 64], "little")
    attributes, extents = struct.unpack_from("<2L", octets, base - 8)
    begin, stop = base + attributes, min(base + attributes + extents, len(octets))
    form = octets[at + 34] & 7
    if form == _WITHIN:
        yield octets[begin : min(begin + left, stop)]
        return
    width = 8 if form == _SHORT else 16
    for place in range(begin, stop - width + 1, width)[:_MAX_EXTENTS]:
        size, block = struct.unpack_from("<2L", octets, place)
        size = min(size & 0x3FFFFFFF, left)
        first = partition + block * SECTOR
        yield from slices(octets, first, min(first + size, len(octets)))
        left -= size


def _names(listing: bytes) -> Iterator[tuple[str, int]]:
    """Give the names in a folder, and the block that tells of each."""
    at = 0
    while at + 38 <= len(listing) and int.from_bytes(listing[at : at + 2], "little") == _IDENTIFIER:
        traits, size = listing[at + 18], listing[at + 19]
        block = int.from_bytes(listing[at + 24 : at + 28], "little")
        begin = at + 38 + int.from_bytes(listing[at + 36 : at + 38], "little")
        text = listing[begin : begin + size]
        at = (begin + size + 3) & ~3
        if not traits & _IS_PARENT:  # what is deleted is still there
            yield (
                text[1:].decode("utf-16-be" if text[:1] in (b"\x10", b"\xff") else "latin-1", "replace"),
                block,
            )
