"""DNS as a table: what the tests of SPF ask instead of a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gatepost.mail.dns import Answer, Kind, Status

# The value that stands for "no answer in time".
TIMEOUT = "TIMEOUT"


class Zone:
    """A resolver that knows the records of a table, name -> kind -> values, and counts what it is asked.

    `TIMEOUT` instead of a name's records, or of a kind's, is a failure. A CNAME is followed.
    """

    def __init__(self, table: Mapping[str, Mapping[str, Sequence[str] | str] | str]) -> None:
        self.table = {name.lower().removesuffix("."): records for name, records in table.items()}
        self.asked: list[tuple[str, Kind]] = []

    async def ask(self, name: str, kind: Kind) -> Answer:
        self.asked.append((name, kind))
        assert name.isascii()
        name = name.lower().removesuffix(".")
        seen = {name}
        while True:
            records = self.table.get(name)
            if records is None:
                return Answer(name, kind, Status.ABSENT)
            if isinstance(records, str):
                return Answer(name, kind, Status.FAILED, reason="no answer in time")
            values = records.get(kind, ())
            if values == TIMEOUT:
                return Answer(name, kind, Status.FAILED, reason="no answer in time")
            if values:
                return Answer(name, kind, Status.FOUND, tuple(values), ttl=300)
            if "CNAME" not in records:
                return Answer(name, kind, Status.EMPTY)
            name = records["CNAME"][0].lower().removesuffix(".")
            if name in seen:
                return Answer(name, kind, Status.FAILED, reason="a CNAME leads to itself")
            seen.add(name)
