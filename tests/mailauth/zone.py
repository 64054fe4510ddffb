"""DNS for tests of mail authentication: a table, which counts what it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gatepost.mail.dns import Answer, Kind, Status

NOW = 1_700_000_000


class Zone:
    """A resolver that knows TXT records by name; a name with None is one of which nobody knows anything."""

    def __init__(self, records: Mapping[str, str | Sequence[str] | None]) -> None:
        self.records = records
        self.asked: list[str] = []

    async def ask(self, name: str, kind: Kind) -> Answer:
        assert kind == "TXT"
        self.asked.append(name)
        if name not in self.records:
            return Answer(name, kind, Status.ABSENT, at=NOW)
        found = self.records[name]
        if found is None:
            return Answer(name, kind, Status.FAILED, at=NOW, reason="no answer within 5 seconds")
        records = (found,) if isinstance(found, str) else tuple(found)
        return Answer(name, kind, Status.FOUND, records, ttl=300, at=NOW)
