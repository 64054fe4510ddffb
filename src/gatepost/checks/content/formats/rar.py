"""RAR: opened by libarchive, which knows no encryption in version 5; so who is encrypted is told here.

Only headers are read here, one behind the other, each by its length (the format is described by RARLAB in "RAR 5.0
archive format").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gatepost.checks.content.formats import libarchive
from gatepost.checks.content.formats.format import Budget, Member, Seen, Sight, Trait
from gatepost.checks.content.formats.names import locked

_VERSION_5: Final = b"Rar!\x1a\x07\x01\x00"
_MAX_HEADERS: Final = 20_000
_FILE, _ENCRYPTION = 2, 4
_HAS_EXTRA, _HAS_DATA = 1, 2
_HAS_TIME, _HAS_CHECKSUM = 2, 4
_EXTRA_ENCRYPTION: Final = 1


def read(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a RAR archive, of version 5 or of those before."""
    if not octets.startswith(_VERSION_5):
        yield from libarchive.read(octets, budget, "rar")
        return
    names: set[str] = set()
    for name in _locked(octets):
        if not name:
            yield Seen(Trait.ENCRYPTED, "the names of its files are hidden too")
            return
        names.add(name)
        yield from locked(name)
    for sight in libarchive.read(octets, budget, "rar5"):
        match sight:
            case Member(name=name) if name in names:
                pass  # what libarchive makes of encrypted octets
            case Seen(trait=Trait.DAMAGED) if names:
                pass
            case _:
                yield sight


def _locked(octets: bytes) -> Iterator[str]:
    """Give the names of encrypted files; "" when all headers are encrypted. Ends where headers make no sense."""
    at = len(_VERSION_5)
    for _ in range(_MAX_HEADERS):
        size, begin = _number(octets, at + 4)
        end = begin + size
        kind, place = _number(octets, begin)
        if not size or end > len(octets):
            return
        if kind == _ENCRYPTION:
            yield ""
            return
        flags, place = _number(octets, place)
        extra, place = _number(octets, place) if flags & _HAS_EXTRA else (0, place)
        data, place = _number(octets, place) if flags & _HAS_DATA else (0, place)
        if kind == _FILE and _EXTRA_ENCRYPTION in _extras(octets, end - extra, end):
            yield _name(octets, place, end)
        at = end + data


def _extras(octets: bytes, at: int, end: int) -> Iterator[int]:
    """Give the kinds of the records behind a header."""
    while at < end:
        size, begin = _number(octets, at)
        yield _number(octets, begin)[0]
        at = begin + max(size, 1)


def _name(octets: bytes, at: int, end: int) -> str:
    flags, at = _number(octets, at)
    for _ in range(2):  # size, attributes
        _, at = _number(octets, at)
    at += 4 * bool(flags & _HAS_TIME) + 4 * bool(flags & _HAS_CHECKSUM)
    for _ in range(2):  # method, system
        _, at = _number(octets, at)
    size, at = _number(octets, at)
    return octets[at : min(at + size, end)].decode("utf-8", "replace") or "(no name)"


def _number(octets: bytes, at: int) -> tuple[int, int]:
    """Read a number of seven bits an octet, the lowest first; give it and where it ends."""
    number = 0
    for place in range(10):
        octet = octets[at + place] if at + place < len(octets) else 0
        number |= (octet & 0x7F) << 7 * place
        if octet < 0x80:
            return number, at + place + 1
    return 0, at + 10
