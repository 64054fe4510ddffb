"""DNS as a table, for tests of what asks it: no sockets, no time, every question noted.

    Zone({
        "example.org": {"MX": ["10 mx.example.org"], "TXT": ["v=spf1 mx -all"]},
        "www.example.org": {"CNAME": ["example.org"]},
        "*.bl.example": {"A": ["127.0.0.2"]},
        "broken.example": "SERVFAIL from 192.0.2.53",
    })

A name in the table, or above one that is, exists: what it does not have is EMPTY. Others are ABSENT, but for those
below a "*" (RFC 4592). A text in place of records is the reason of a failure, for the name and all below it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from gatepost.mail.dns import Answer, Kind, Status

TTL: Final = 300
AT: Final = 1_700_000_000.0

Records = Mapping[str, Sequence[str]]


class Zone:
    """A `mail.dns.Resolver` over a frozen table; `asked` are the questions in order. `hang` names get no answer."""

    def __init__(self, table: Mapping[str, Records | str], hang: Sequence[str] = ()) -> None:
        self._records = {_plain(name): entry for name, entry in table.items()}
        self._hang = frozenset(map(_plain, hang))
        self._exists = {
            ".".join(labels[start:])
            for labels in (name.split(".") for name in self._records)
            for start in range(len(labels))
        }
        self.asked: list[tuple[str, Kind]] = []

    async def ask(self, name: str, kind: Kind) -> Answer:
        """Look into the table."""
        name = _plain(name)
        self.asked.append((name, kind))
        if name in self._hang:
            await asyncio.get_running_loop().create_future()
        target = name
        for _ in range(16):
            if not target or not all(0 < len(label) < 64 for label in target.split(".")) or len(target) > 253:
                return Answer(name, kind, Status.ABSENT, at=AT)
            entry = self._entry(target)
            if isinstance(entry, str):
                return Answer(name, kind, Status.FAILED, at=AT, reason=entry)
            if entry is None:
                exists = target in self._exists
                return Answer(name, kind, Status.EMPTY if exists else Status.ABSENT, ttl=TTL, at=AT)
            if records := entry.get(kind):
                order = sorted(records, key=lambda mx: int(mx.split()[0])) if kind == "MX" else records
                return Answer(name, kind, Status.FOUND, tuple(order), TTL, AT)
            if not (alias := entry.get("CNAME")):
                return Answer(name, kind, Status.EMPTY, ttl=TTL, at=AT)
            target = _plain(alias[0])
        return Answer(name, kind, Status.FAILED, at=AT, reason="a loop of aliases (CNAME)")

    def _entry(self, name: str) -> Records | str | None:
        if name in self._records:
            return self._records[name]
        labels = name.split(".")
        for start in range(1, len(labels)):
            above = ".".join(labels[start:])
            if isinstance(reason := self._records.get(above), str):
                return reason
            if (wild := self._records.get(f"*.{above}")) is not None and name not in self._exists:
                return wild
            if above in self._exists:
                return None
        return None


def _plain(name: str) -> str:
    return name.lower().removesuffix(".")
