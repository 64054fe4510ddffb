"""Archives behind something else: self-extracting programs, a picture with a zip at its end, an image of a CD.

A file is what it begins as, but programs that open archives look further: for the directory of a zip at the end, for
the mark of a RAR, 7z or cabinet behind a program, for a CD behind 32 KiB of anything. The walk asks here what else
there is in a file. Archives are left out: what they hold comes out as their members.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from gatepost.checks.content.formats.kinds import Family, Kind

_MAX_TRIES: Final = 64
_TAIL: Final = 1 << 17
"""Octets at the end in which the end of a zip is looked for: a comment and as much behind it."""
_ISO_MARK: Final = 32769
_HOLD_FILES: Final = frozenset({Family.ARCHIVE, Family.IMAGE_OF_DISK, Family.MESSAGE})
_ARE_ARCHIVES: Final = frozenset({"jar", "apk", "appx", "ooxml", "odf", "epub", "xps", "deb", "rpm", "empty"})


def carried(octets: bytes, kind: Kind) -> Iterator[tuple[str, int]]:
    """Give the kinds of archive that a file of a kind has in it, and where each begins."""
    if kind.family in _HOLD_FILES or kind.name in _ARE_ARCHIVES:
        return
    for mark, name in (
        (b"7z\xbc\xaf\x27\x1c", "sevenzip"),
        (b"Rar!\x1a\x07", "rar"),
        (b"MSCF\0\0\0\0", "cab"),
    ):
        at = 0
        for _ in range(_MAX_TRIES):
            at = octets.find(mark, at + 1)
            if at < 0:
                break
            if _begins(name, octets, at):
                yield name, at
                break
    if _ends_as_zip(octets):
        yield "zip", 0
    if octets.startswith(b"CD001", _ISO_MARK):
        yield "iso", 0


def _begins(name: str, octets: bytes, at: int) -> bool:
    """Tell whether it is more than a mark: programs that open archives have all marks in their code."""
    match name:
        case "sevenzip":  # a checksum of what follows it
            said = octets[at + 8 : at + 12]
            return len(said) == 4 and said == struct.pack("<L", zlib.crc32(octets[at + 12 : at + 32]))
        case "rar":  # version 5, or a header of the kind that comes first
            return octets.startswith(b"\x01\0", at + 6) or (
                octets.startswith((b"\0",), at + 6) and octets.startswith(b"s", at + 9)
            )
        case _:  # no more octets than there are, and the version 1.3
            size = int.from_bytes(octets[at + 8 : at + 12], "little")
            return size <= len(octets) - at and octets.startswith(b"\x03\x01", at + 24)


def _ends_as_zip(octets: bytes) -> bool:
    end = octets.rfind(b"PK\x05\x06", -_TAIL if len(octets) > _TAIL else 0)
    if end < 0 or end + 22 > len(octets):
        return False
    size, said = struct.unpack_from("<2L", octets, end + 12)
    return any(0 <= place < end and octets.startswith(b"PK\x01\x02", place) for place in (end - size, said))
