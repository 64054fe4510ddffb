"""Search for pictures that break their readers, or that get more out of a budget than it allows."""

from __future__ import annotations

from typing import Final

from gatepost.checks.content.formats.format import Budget
from gatepost.checks.content.formats.readers import reader_of
from gatepost.checks.content.formats.walk import MAX_LINKS, MAX_SEEN, MAX_TEXT, walk

_KINDS: Final = frozenset(("png", "jpeg", "gif", "bmp", "webp", "tiff"))
_OCTETS, _MEMBER, _MEMBERS = 1 << 22, 1 << 20, 100


def target(data: bytes) -> None:
    """Any octets are walked through within the budget and the bounds of what is told."""
    budget = Budget(_OCTETS, _MEMBER, _MEMBERS, ("password",))
    items = list(
        walk(data, "a", budget, lambda kind: reader_of(kind) if kind in _KINDS or kind == "zip" else None)
    )
    assert items[0].size == len(data)
    for item in items:
        assert len(item.seen) <= MAX_SEEN
        assert len(item.links) <= MAX_LINKS
        assert len(item.text) <= MAX_TEXT
