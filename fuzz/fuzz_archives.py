"""Search for archives that break their readers, or that get more out of a budget than it allows."""

from __future__ import annotations

from typing import Final

from gatepost.checks.content.formats.format import Budget
from gatepost.checks.content.formats.kinds import KINDS
from gatepost.checks.content.formats.readers import reader_of
from gatepost.checks.content.formats.walk import MAX_DEPTH, MAX_SEEN, walk

_ARCHIVES: Final = frozenset(
    kind
    for kind in KINDS
    if (reader := reader_of(kind)) is not None
    and reader.__module__.rpartition(".")[2]
    in ("archives", "compressed", "disks", "rar", "tar", "tnef", "zip")
)
_OCTETS, _MEMBER, _MEMBERS = 1 << 22, 1 << 20, 100


def target(data: bytes) -> None:
    """Any octets are walked through within the budget, and no file within is told that nobody paid for."""
    budget = Budget(_OCTETS, _MEMBER, _MEMBERS, ("password",))
    items = list(walk(data, "a", budget, lambda kind: reader_of(kind) if kind in _ARCHIVES else None))
    assert items[0].size == len(data)
    assert sum(item.size for item in items[1:]) <= 8 * _OCTETS  # one file may have several names
    assert all(len(item.path) <= MAX_DEPTH + 2 and len(item.seen) <= MAX_SEEN for item in items)
