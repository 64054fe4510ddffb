"""What is held, in all shards, and finding some of it: read beside the gateway or without one, nothing changed.

Mail that has nowhere to go is held as well; it is no part of the quarantine, and told apart here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from gatepost.checks.finding import Finding, Result
from gatepost.journal.records import Reception
from gatepost.spool.embedded import SpoolReader, SpoolUnusable, open_reader
from gatepost.spool.interface import Held, Message, Waiting

Kind = Literal["policy", "delivery"]
"""Held for what was found, or because delivery cannot go on with it: no next hop is named, its content is damaged."""

_facts = msgspec.json.Decoder(Reception).decode


class Holding(Struct, frozen=True, kw_only=True):
    """A message that is held for some recipients or for all.

    `reception` is None when its record cannot be read. `since` is when it was held, in seconds since 1970.
    """

    shard: Path
    message: Message
    kind: Kind
    reason: str
    since: float
    reception: Reception | None

    @property
    def held_for(self) -> tuple[str, ...]:
        """The recipients that get nothing until a person releases it."""
        return self.message.held_for() if self.kind == "policy" else self.also_for

    @property
    def also_for(self) -> tuple[str, ...]:
        """The other recipients that it is still in the spool for."""
        return tuple([recipient.address for recipient in self.message.recipients if not recipient.held])

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the checks saw, without what is as it should be."""
        quiet = (Result.CLEAN, Result.SKIPPED)
        return tuple([f for f in self.reception.findings if f.result not in quiet]) if self.reception else ()

    @property
    def rule(self) -> str:
        """What held it: the name of a finding, or "score"; "" when policy did not."""
        return self.reason.partition(": ")[0] if self.kind == "policy" else ""

    @property
    def why(self) -> str:
        """The reason in words."""
        return self.reason.partition(": ")[2] if self.kind == "policy" else self.reason


class Wanted(Struct, frozen=True, kw_only=True):
    """Which messages: all conditions that are given hold. Times are seconds since 1970.

    `to` and `sender` are an address, or a domain with or without "@"; `subject` is a part of it.
    """

    since: float | None = None
    until: float | None = None
    to: str = ""
    sender: str = ""
    finding: str = ""
    subject: str = ""

    def takes(self, holding: Holding) -> bool:
        """Tell whether a message is wanted."""
        reception = holding.reception
        return (
            (self.since is None or holding.since >= self.since)
            and (self.until is None or holding.since <= self.until)
            and (not self.to or any(_is(self.to, address) for address in holding.held_for))
            and (not self.sender or _is(self.sender, holding.message.reverse_path) or self._wrote(reception))
            and (not self.finding or self.finding in (holding.rule, *(f.what for f in holding.findings)))
            and (
                not self.subject
                or (reception is not None and self.subject.casefold() in reception.subject.casefold())
            )
        )

    def _wrote(self, reception: Reception | None) -> bool:
        return reception is not None and self.sender.casefold() in reception.header_from.casefold()


class Found(Struct, frozen=True, kw_only=True):
    """What is held and wanted, the longest held first; how much delivery holds; which shards cannot be read."""

    quarantined: tuple[Holding, ...]
    undeliverable: int
    unreadable: tuple[str, ...] = ()


def find(spool_dir: Path, wanted: Wanted) -> Found:
    """Look through all shards."""
    quarantined: list[Holding] = []
    unreadable: list[str] = []
    undeliverable = 0
    for shard in shards(spool_dir):
        try:
            for holding in _all(shard):
                if holding.kind == "delivery":
                    undeliverable += 1
                elif wanted.takes(holding):
                    quarantined.append(holding)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a shard, the others are shown
            unreadable.append(f"{shard}: {error}")
    quarantined.sort(key=lambda holding: holding.since)
    return Found(quarantined=tuple(quarantined), undeliverable=undeliverable, unreadable=tuple(unreadable))


def get(spool_dir: Path, message: str) -> Holding | None:
    """Find one message that is held. Raises SpoolUnusable when a shard cannot be read and no other has it."""
    fault: SpoolUnusable | None = None
    for shard in shards(spool_dir):
        try:
            with contextlib.closing(open_reader(shard)) as reader:
                entry = reader.get(message)
        except SpoolUnusable as error:
            fault = error
            continue
        if entry is not None:
            return _holding(shard, entry)
    if fault is not None:
        raise fault
    return None


def content(holding: Holding) -> Iterator[bytes]:
    """Read a message, trace fields first. Raises OSError, SpoolUnusable, KeyError when it is gone."""
    with contextlib.closing(open_reader(holding.shard)) as reader:
        yield from reader.chunks(holding.message.id)


def shards(spool_dir: Path) -> list[Path]:
    """List the shards there are."""
    try:
        return sorted(path for path in spool_dir.iterdir() if path.is_dir())
    except OSError:  # nothing was ever spooled
        return []


def _all(shard: Path) -> Iterator[Holding]:
    with contextlib.closing(open_reader(shard)) as reader:
        for entry in _entries(reader):
            holding = _holding(shard, entry)
            if holding is not None:
                yield holding


def _entries(reader: SpoolReader) -> Iterable[Waiting | Held]:
    yield from reader.held()
    yield from reader.waiting()  # some are held for one recipient while another is still tried


def _holding(shard: Path, entry: Waiting | Held) -> Holding | None:
    message = entry.message
    held = next((recipient.held for recipient in message.recipients if recipient.held), "")
    since = message.arrived
    if isinstance(entry, Held):
        since = entry.since
    elif not held:
        return None
    reception = None
    with contextlib.suppress(msgspec.MsgspecError, ValueError):
        reception = _facts(message.facts) if message.facts else None
    return Holding(
        shard=shard,
        message=message,
        kind="policy" if held else "delivery",
        reason=held or (entry.reason if isinstance(entry, Held) else ""),
        since=since,
        reception=reception,
    )


def _is(wanted: str, address: str) -> bool:
    wanted, address = wanted.casefold(), address.casefold()
    return address == wanted or address.endswith("@" + wanted.removeprefix("@"))
