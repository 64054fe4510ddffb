"""Zip, by whatever way a program may find the files in it: more tolerant than any, and saying where they differ.

All methods that libraries at hand unpack, and Deflate64. What is encrypted is opened with words of the message when
the budget has some. Files that lie over each other are how a small zip is made to unpack to everything.
"""

from __future__ import annotations

import itertools
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Final

from gatepost.checks.content.formats import libarchive, streams
from gatepost.checks.content.formats.format import Budget, ExhaustedError, Member, Seen, Sight, Trait
from gatepost.checks.content.formats.inflate64 import deflate64
from gatepost.checks.content.formats.names import extension_of, locked, outside, shown
from gatepost.checks.content.formats.zip_layout import (
    AES,
    ENCRYPTED,
    SIZES_BEHIND,
    Entry,
    Header,
    layout_of,
    next_entry,
    raw_header,
)

_STORED: Final = 0
_LZMA: Final = 14
_PPMD: Final = 98
_STREAMS: Final[dict[int, Callable[[bytes, int], streams.Opener]]] = {
    8: streams.deflate,
    9: deflate64,
    12: streams.bzip2,
    _LZMA: streams.lzma_of_zip,
    95: streams.lzma_or_xz,
}
_ZSTD: Final = (20, 93)
_ANY_MARK: Final = re.compile(rb"PK(?:\x07\x08|\x03\x04|\x01\x02)")
_MAX_LOCKED: Final = 8
"""Files on which all words were tried in vain; then no more are tried."""


def read(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a zip archive."""
    yield from _Archive(octets, budget).read()


class _Archive:
    """One archive, and what was learnt of it so far."""

    def __init__(self, octets: bytes, budget: Budget) -> None:
        self._octets = octets
        self._budget = budget
        self._passwords = budget.passwords
        self._in_vain = 0
        self._parts: list[tuple[int, int]] = []
        self._exhausted: ExhaustedError | None = None
        self._ended = 0

    def read(self) -> Iterator[Sight]:
        layout = layout_of(self._octets)
        self._parts += layout.directories
        if not layout.directories:
            yield Seen(Trait.DAMAGED, "it has no directory at its end")
        elif len(layout.directories) > 1:
            yield Seen(Trait.TRICK_NAME, "has more than one directory, and programs may take either")
        yield from _double_names(layout.entries)
        if _overlap(layout.entries):
            yield Seen(Trait.BOMB, "files that lie over each other")
        for entry in layout.entries:
            if entry.data < 0:
                yield Seen(Trait.DAMAGED, f"{_shown(entry)} is not where the directory says")
                continue
            yield from self._entry(entry)
        yield from self._unlisted(known=bool(layout.directories))
        yield from self._behind()
        if self._exhausted is not None:
            raise self._exhausted

    def _unlisted(self, *, known: bool) -> Iterator[Sight]:
        """Look for files between the known parts, in each gap from its beginning."""
        self._parts.sort()
        at = count = 0
        for begin, stop in [*self._parts, (len(self._octets), len(self._octets))]:
            while (entry := next_entry(self._octets, at, begin)) is not None:
                count += 1
                if count > self._budget.members + 1:
                    raise ExhaustedError("more files within files than one message may have")
                found = list(self._entry(entry))
                if known and any(isinstance(sight, Member | Seen) for sight in found):
                    yield Seen(Trait.TRICK_NAME, f"{_shown(entry)} is in it, and not in its directory")
                yield from found
                at = max(self._ended, entry.data)
            at = max(at, stop)

    def _behind(self) -> Iterator[Sight]:
        """Give what is behind the archive. What is in front of it, the walk has seen by its kind."""
        rest = self._octets[max([stop for _, stop in self._parts], default=len(self._octets)) :]
        if rest.strip(b"\0\r\n\t "):
            yield Member("(behind the archive)", self._budget.gathered(iter([rest])))

    def _entry(self, entry: Entry) -> Iterator[Sight]:
        """Give one file, under each name that it has, by each method that it claims."""
        self._ended = max(entry.said_end, entry.data)
        self._parts.append((entry.start, min(self._ended, len(self._octets))))
        names = _names(entry)
        if names[0].endswith(("/", "\\")) and not any(header.size for header in entry.headers):
            return
        yield from _differences(entry)
        contents: dict[bytes, None] = {}
        for method in dict.fromkeys([header.method for header in entry.headers]):
            try:
                if any(header.flags & ENCRYPTED for header in entry.headers):
                    yield from self._locked(entry, names, method, contents)
                else:
                    yield from self._open(entry, names, method, contents)
            except ExhaustedError as error:
                if self._budget.octets <= 0 or self._budget.members <= 0:
                    raise
                self._exhausted = error  # one file is too large: others may not be
        self._parts[-1] = (entry.start, min(self._ended, len(self._octets)))
        for content in contents:
            if any(header.is_link for header in entry.headers) and outside(
                target := content[:200].decode("latin-1")
            ):
                words = f"{shown(names[0])} is a link that leads out of the folder, to {shown(target)}"
                yield Seen(Trait.TRICK_NAME, words)
            for name in names:
                yield Member(name, content)

    def _open(
        self, entry: Entry, names: tuple[str, ...], method: int, contents: dict[bytes, None]
    ) -> Iterator[Sight]:
        """Unpack a file that is not encrypted, and compare it with what is said of it."""
        said = [header for header in entry.headers if header.method == method]
        content, trouble, used = self._unpacked(entry, method, said)
        if content is None:
            yield Seen(Trait.UNSEEN, f"{shown(names[0])} is {trouble}")
            return
        self._ended = max(entry.data + used, self._ended) if trouble else entry.data + used
        contents[content] = None
        if not trouble:
            trouble = _wrong(content, said)
        if trouble:
            yield Seen(Trait.DAMAGED, f"{shown(names[0])}: {trouble}")

    def _unpacked(self, entry: Entry, method: int, said: list[Header]) -> tuple[bytes | None, str, int]:
        """Give the octets, what was wrong, and how many packed octets there were; None when nobody can unpack it."""
        octets, data = self._octets, entry.data
        packed = max(header.packed for header in said)
        if method == _STORED:
            said_end = data + (packed or max(header.size for header in said))
            if said_end == data and any(header.flags & SIZES_BEHIND for header in said):
                said_end = self._next_mark(data)
            stop = min(said_end, len(octets))
            content = self._budget.gathered(streams.slices(octets, data, stop))
            return content, "it is cut off" if said_end > stop else "", stop - data
        if method in _ZSTD:
            opener = streams.zstd(octets[data : data + packed] if packed else octets[data:])
        elif method in _STREAMS:
            opener = _STREAMS[method](octets, data)
        elif method == _PPMD:
            return self._by_library(entry, said[0])
        else:
            return None, f"packed by a method ({method}) that cannot be opened here", packed
        stream = streams.Unpacking(opener)
        content = self._budget.gathered(iter(stream))
        trouble = stream.trouble
        if method == _LZMA and trouble and any(len(content) == header.size for header in said):
            return content, "", packed  # it may lack a mark of its end (APPNOTE 4.4.4, bit 1)
        return content, trouble, stream.used or packed

    def _next_mark(self, at: int) -> int:
        """Give where octets of no known size end, at the latest: where the next header of any kind begins."""
        found = _ANY_MARK.search(self._octets, at)
        return found.start() if found else len(self._octets)

    def _by_library(self, entry: Entry, header: Header) -> tuple[bytes | None, str, int]:
        trouble: list[str] = []
        for _, pieces in libarchive.unlocked(_alone(self._octets, entry, header), ("",)):
            content = self._budget.gathered(libarchive.salvaged(pieces, trouble))
            return content, "".join(trouble), header.packed
        return None, "packed by a method (PPMd) that cannot be opened here", header.packed

    def _locked(
        self, entry: Entry, names: tuple[str, ...], method: int, contents: dict[bytes, None]
    ) -> Iterator[Sight]:
        """Say that a file is encrypted, and open it: as if it were not, as some programs do, or with a word."""
        said = [header for header in entry.headers if header.method == method]
        self._ended = entry.data + max(header.packed for header in said)
        if method != AES:
            content, trouble, used = self._unpacked(entry, method, said)
            if content is not None and not trouble and zlib.crc32(content) in [h.checksum for h in said]:
                contents[content] = None
                self._ended = entry.data + used
                yield Seen(Trait.TRICK_NAME, f"{shown(names[0])} is said to be encrypted, and is not")
                return
        opened = self._by_password(entry, said[0])
        if opened is None:
            yield from locked(names[0])
            return
        contents[opened] = None
        yield Seen(Trait.ENCRYPTED, f"the file {shown(names[0])}, opened with a word of the message")

    def _by_password(self, entry: Entry, header: Header) -> bytes | None:
        if entry.local is None or self._in_vain >= _MAX_LOCKED:
            return None
        alone = _alone(self._octets, entry, header)
        for password, pieces in libarchive.unlocked(alone, self._passwords):
            try:
                first = next(pieces, b"")
                content = self._budget.gathered(itertools.chain([first], pieces))
            except ValueError:
                continue
            if header.method == AES or zlib.crc32(content) == header.checksum:
                self._passwords = tuple(dict.fromkeys((password, *self._passwords)))
                return content
        self._in_vain += 1
        return None


def _alone(octets: bytes, entry: Entry, header: Header) -> bytes:
    """Make an archive of one file, as it stands in this one."""
    local = raw_header(octets, entry)
    data = octets[entry.data : entry.data + header.packed]
    name_and_extra = local[30:]
    listed = b"PK\x01\x02\x3f\x00" + local[4:14] + struct.pack("<3L", header.checksum, len(data), header.size)
    listed += local[26:30] + bytes(14) + name_and_extra
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(listed), len(local) + len(data), 0)
    return local + data + listed + end


def _wrong(content: bytes, said: list[Header]) -> str:
    """Say in which way a file is not what its headers say; "" when one of them is right."""
    checksum = zlib.crc32(content)
    told = [header for header in said if header.checksum or header.size]
    if not told and content:
        return ""  # only what stands behind the data would tell
    if all(header.size & 0xFFFFFFFF != len(content) & 0xFFFFFFFF for header in told) and told:
        return "another size than it says"
    return "a wrong checksum" if told and all(header.checksum != checksum for header in told) else ""


def _names(entry: Entry) -> tuple[str, ...]:
    """Give all names of a file that make a difference, the one in the directory first."""
    names = list(
        dict.fromkeys([name.replace("\\", "/") for header in entry.headers for name in header.names])
    )
    plain = {_plain(name): name for name in reversed(names)}
    return tuple(reversed(plain.values()))


def _plain(name: str) -> tuple[str, str]:
    """Give what makes a difference in a name: code pages do not."""
    return "".join([c for c in name if c.isascii()]).lower(), extension_of(name)


def _shown(entry: Entry) -> str:
    return shown(_names(entry)[0])


def _differences(entry: Entry) -> Iterator[Seen]:
    first, *others = _names(entry)
    for other in others:
        yield Seen(Trait.TRICK_NAME, f"{shown(first)} is named {shown(other)} too")
    if len({header.method for header in entry.headers}) > 1:
        yield Seen(Trait.TRICK_NAME, f"{shown(first)} claims two methods of packing")


def _double_names(entries: tuple[Entry, ...]) -> Iterator[Seen]:
    met: set[str] = set()
    for entry in entries:
        name = _names(entry)[0]
        if name in met:
            yield Seen(Trait.TRICK_NAME, f"two files in it are named {shown(name)}")
        met.add(name)


def _overlap(entries: tuple[Entry, ...]) -> bool:
    """Tell whether files share octets; `entries` are in the order of their places."""
    found = [entry for entry in entries if entry.data >= 0]
    return any(
        entry.data + max(h.packed for h in entry.listed) > after.start
        for entry, after in itertools.pairwise(found)
    )
