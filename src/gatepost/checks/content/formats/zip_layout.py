"""Where the files of a zip are: what its directories name, and what no directory names.

Programs find the files of a zip in different ways: by the directory at its end, by another directory, or by the
header in front of each file. So all of them are looked for. This reads headers only; `zip` unpacks.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from gatepost.checks.content.formats.format import ExhaustedError

MAX_ENTRIES: Final = 20_000
"""Files and folders that one archive may name, in all its directories."""
_MAX_ENDS: Final = 16
_MAX_NAME: Final = 4096

UTF8: Final = 0x800
ENCRYPTED: Final = 1
SIZES_BEHIND: Final = 8
AES: Final = 99

_MARK, _LISTED, _DIRECTORY_ENDS = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_WIDE_ENDS, _LOCATES = b"PK\x06\x06", b"PK\x06\x07"
_LOCAL_SIZE, _LISTED_SIZE, _END_SIZE, _WIDE_SIZE, _LOCATOR_SIZE = 30, 46, 22, 56, 20
_WIDE: Final = 0xFFFFFFFF
_EXTRA_WIDE, _EXTRA_NAME = 0x0001, 0x7075
_NEWEST: Final = 100
"""The version of the format that a header may ask for, in tenths."""


class Header(Struct, frozen=True, gc=False):
    """What a header says about a file: the one in front of it, or one in a directory."""

    names: tuple[str, ...]
    flags: int
    method: int
    checksum: int
    packed: int
    size: int
    offset: int = 0
    is_link: bool = False


class Entry(Struct, frozen=True):
    """A file of the archive: where its header begins, where its data, and what is said of it.

    `data` is -1 where there is no header, and so nothing that tells where the data are.
    """

    start: int
    data: int
    local: Header | None
    listed: tuple[Header, ...] = ()

    @property
    def headers(self) -> tuple[Header, ...]:
        """All that is said of it: by directories first."""
        return (*self.listed, self.local) if self.local else self.listed

    @property
    def said_end(self) -> int:
        """Where its data end at least, by all that is said."""
        return self.data + min([header.packed for header in self.headers if header.packed], default=0)


class Layout(Struct, frozen=True):
    """What the directories tell: the files, by their places, and where the directories themselves are."""

    entries: tuple[Entry, ...]
    directories: tuple[tuple[int, int], ...]


def layout_of(octets: bytes) -> Layout:
    """Read all directories. Raises ExhaustedError when they name too many files."""
    listed: dict[int, list[Header]] = {}
    directories: list[tuple[int, int]] = []
    covered: list[tuple[int, int]] = []
    count = 0
    for end in _ends(octets):
        if any(begin <= end < stop for begin, stop in covered):
            continue  # the end of an archive within this one
        place, shift = _directory(octets, end)
        comment = int.from_bytes(octets[end + 20 : end + 22], "little")
        directories.append((place, min(end + _END_SIZE + comment, len(octets))))
        for header in _walked(octets, place, end):
            count += 1
            if count > MAX_ENTRIES:
                raise ExhaustedError(f"more than {MAX_ENTRIES:,} files and folders")
            start = next(
                (s for s in (header.offset + shift, header.offset) if s >= 0 and octets.startswith(_MARK, s)),
                header.offset,
            )
            same = listed.setdefault(start, [])
            if header not in same and len(same) < _MAX_ENDS:
                same.append(header)
        covered = [(begin, stop) for begin, stop in directories]
        covered += [(start, entry_at(octets, start, tuple(same)).said_end) for start, same in listed.items()]
    return Layout(
        entries=tuple([entry_at(octets, start, tuple(same)) for start, same in sorted(listed.items())]),
        directories=tuple(directories),
    )


def entry_at(octets: bytes, start: int, listed: tuple[Header, ...] = ()) -> Entry:
    """Read the header in front of a file."""
    if not octets.startswith(_MARK, start) or start + _LOCAL_SIZE > len(octets):
        return Entry(start, -1, None, listed)
    flags, method = struct.unpack_from("<2H", octets, start + 6)
    sizes = struct.unpack_from("<3L2H", octets, start + 14)
    at = start + _LOCAL_SIZE
    data = at + sizes[3] + sizes[4]
    header = _header(octets[at : at + sizes[3]], octets[at + sizes[3] : data], flags, method, sizes[:3])
    return Entry(start, data, header, listed)


def next_entry(octets: bytes, at: int, stop: int) -> Entry | None:
    """Find the next header of a file that makes sense, for where no directory names one."""
    while (at := octets.find(_MARK, at, stop)) >= 0:
        version = octets[at + 4 : at + 5]
        name_size = int.from_bytes(octets[at + 26 : at + 28], "little")
        if version and version[0] <= _NEWEST and 0 < name_size <= _MAX_NAME and at + _LOCAL_SIZE < stop:
            return entry_at(octets, at)
        at += len(_MARK)
    return None


def raw_header(octets: bytes, entry: Entry) -> bytes:
    """Give the header in front of a file as it stands there, with name and extra fields."""
    return octets[entry.start : entry.data]


def _ends(octets: bytes) -> Iterator[int]:
    """Give where ends of a directory are, the last one first."""
    at = len(octets)
    for _ in range(_MAX_ENDS):
        at = octets.rfind(_DIRECTORY_ENDS, 0, at)
        if at < 0:
            return
        if at + _END_SIZE <= len(octets):
            yield at


def _directory(octets: bytes, end: int) -> tuple[int, int]:
    """Give where the directory in front of its end begins, and by how much all places in the archive are shifted."""
    size, said = struct.unpack_from("<2L", octets, end + 12)
    if octets.startswith(_LOCATES, max(0, end - _LOCATOR_SIZE)):
        wide = octets.rfind(_WIDE_ENDS, max(0, end - (1 << 16)), end)
        if wide >= 0 and wide + _WIDE_SIZE <= len(octets):
            size, said = struct.unpack_from("<2Q", octets, wide + 40)
            end = wide
    for place in (end - size, said):
        if 0 <= place < end and octets.startswith(_LISTED, place):
            return place, place - said
    place = octets.find(_LISTED, max(0, end - 64 * _MAX_NAME), end)
    return (place, 0) if place >= 0 else (end, 0)


def _walked(octets: bytes, place: int, end: int) -> Iterator[Header]:
    """Go through a directory."""
    while octets.startswith(_LISTED, place) and place + _LISTED_SIZE <= len(octets) and place < end:
        flags, method = struct.unpack_from("<2H", octets, place + 8)
        sizes = struct.unpack_from("<3L3H", octets, place + 16)
        attributes, offset = struct.unpack_from("<2L", octets, place + 38)
        at = place + _LISTED_SIZE
        behind = at + sizes[3]
        extra = octets[behind : behind + sizes[4]]
        is_link = attributes >> 28 == 0o12
        yield _header(octets[at:behind], extra, flags, method, sizes[:3], offset, is_link=is_link)
        place = behind + sizes[4] + sizes[5]


def _header(
    octets: bytes,
    extra: bytes,
    flags: int,
    method: int,
    sizes: tuple[int, ...],
    offset: int = 0,
    *,
    is_link: bool = False,
) -> Header:
    checksum, packed, size = sizes
    names = [_text(octets, flags)]
    for kind, content in _extras(extra):
        if kind == _EXTRA_WIDE:
            wide = iter(struct.unpack_from(f"<{len(content) // 8}Q", content))
            size = next(wide, size) if size == _WIDE else size
            packed = next(wide, packed) if packed == _WIDE else packed
            offset = next(wide, offset) if offset == _WIDE else offset
        elif kind == _EXTRA_NAME:
            names.append(content[5:].decode("utf-8", "replace"))
    names += [name.partition("\0")[0] for name in names if "\0" in name]  # where programs stop reading
    return Header(tuple(dict.fromkeys(names)), flags, method, checksum, packed, size, offset, is_link)


def _extras(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        yield kind, extra[at + 4 : at + 4 + size]
        at += 4 + size


def _text(name: bytes, flags: int) -> str:
    """Read a name: UTF-8 where it says so or where it is, else the code page of DOS."""
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("utf-8", "replace") if flags & UTF8 else name.decode("cp437")
