"""What lies in the spool now, read beside its writers: how much waits, how much is held, and why.

Opens each shard for as long as one answer takes, so a spool that is missing, moved or made anew is no matter.
What cannot be read is said, not hidden.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from itertools import chain, islice
from operator import attrgetter
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from gatepost.journal.records import Reception
from gatepost.spool.embedded import SpoolReader, open_reader
from gatepost.spool.interface import Held, Message, Waiting

NO_NEXT_HOP: Final = "no next hop is named"
_LOOKED_AT: Final = 20  # held messages per shard whose reason is looked at for the totals
_log = logging.getLogger(__name__)
_facts = msgspec.json.Decoder(Reception)
_Answer = TypeVar("_Answer")


class Totals(Struct, frozen=True):
    """How many messages wait and are held; `next_hop_missing` when some are held for want of a next hop."""

    waiting: int = 0
    held: int = 0
    next_hop_missing: bool = False
    unreadable: int = 0


class Shelved(Struct, frozen=True):
    """A message in the spool with the facts of its reception, when they ride with it."""

    entry: Waiting | Held
    message: Message
    reception: Reception | None


class Stock:
    """The spool's shards in `directory` (one directory each), read-only."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._unreadable: set[Path] = set()

    def totals(self) -> Totals:
        """Count what is in all shards."""
        shards = self._ask(_shard_totals)
        return Totals(
            sum(shard.waiting for shard in shards),
            sum(shard.held for shard in shards),
            any(shard.next_hop_missing for shard in shards),
            len(self._unreadable),
        )

    def waiting(self, limit: int) -> tuple[list[Shelved], bool]:
        """List up to `limit` messages that wait, the next due first; tell whether there are more."""
        shards = self._ask(lambda reader: list(islice(reader.waiting(), limit + 1)))
        found = sorted(chain.from_iterable(shards), key=attrgetter("due"))
        return [_shelved(entry) for entry in found[:limit]], len(found) > limit

    def held(self, limit: int) -> tuple[list[Shelved], bool]:
        """List up to `limit` messages that are held, the longest held first; tell whether there are more."""
        shards = self._ask(lambda reader: list(islice(reader.held(), limit + 1)))
        found = sorted(chain.from_iterable(shards), key=attrgetter("since"))
        return [_shelved(entry) for entry in found[:limit]], len(found) > limit

    def _ask(self, question: Callable[[SpoolReader], _Answer]) -> list[_Answer]:
        try:
            shards = sorted(path for path in self._directory.iterdir() if path.is_dir())
        except OSError:  # nothing was ever spooled
            return []
        answers = []
        for shard in shards:
            try:
                with contextlib.closing(open_reader(shard)) as reader:
                    answers.append(question(reader))
            except Exception as error:  # noqa: BLE001 - whatever is wrong with a shard, the others are shown
                if shard not in self._unreadable:
                    _log.warning("The spool in %s cannot be read: %s", shard, error)
                self._unreadable.add(shard)
            else:
                self._unreadable.discard(shard)
        return answers


def _shard_totals(reader: SpoolReader) -> Totals:
    counts = reader.counts()
    missing = counts.held > 0 and any(
        NO_NEXT_HOP in entry.reason.lower() for entry in islice(reader.held(), _LOOKED_AT)
    )
    return Totals(counts.waiting + counts.leased, counts.held, missing)


def _shelved(entry: Waiting | Held) -> Shelved:
    message = entry.message
    reception = None
    with contextlib.suppress(msgspec.MsgspecError, ValueError):
        if message.facts:
            reception = _facts.decode(message.facts)
    return Shelved(entry, message, reception)
