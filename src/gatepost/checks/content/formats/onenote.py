"""The reader for OneNote sections: the files that are put into them, which a double click opens.

Each file stands behind a mark of its own (MS-ONESTORE 2.6.13, FileDataStoreObject), so nothing else need be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gatepost.checks.content.formats.format import Budget, Link, Member, Seen, Sight, Trait
from gatepost.checks.content.formats.kinds import Family, kind_of
from gatepost.checks.content.formats.text import addresses

MAX_FILES: Final = 500
_MARK: Final = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")
_BEFORE: Final = 36  # the mark, the size in 8 octets, 12 that are not used


def read_onenote(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a section."""
    at = octets.find(_MARK)
    number = 0
    while at >= 0:
        number += 1
        if number > MAX_FILES:
            yield Seen(Trait.UNSEEN, f"more than {MAX_FILES} files")
            return
        size = int.from_bytes(octets[at + 16 : at + 24], "little")
        start = at + _BEFORE
        content = octets[start : start + min(size, budget.member)]
        kind = kind_of(content)
        if kind.family is not Family.PICTURE:
            yield Seen(Trait.EMBEDDED_OBJECT, f"a file to click on ({kind.name})")
        yield Member(f"file-{number}", budget.gathered(iter([content])))
        at = octets.find(_MARK, start + len(content))
    for address in addresses(octets[: 1 << 22].decode("utf-16-le", "replace")):
        yield Link(address)
