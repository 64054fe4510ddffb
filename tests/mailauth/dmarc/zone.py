"""A resolver that knows a few names, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from gatepost.mail.dns import Answer, Kind, Status

T = TypeVar("T")


class Zone:
    """TXT records by name; names in `exist` have other records, those in `fail` cannot be asked for."""

    def __init__(
        self, txt: Mapping[str, str | Sequence[str]], exist: Sequence[str] = (), fail: Sequence[str] = ()
    ) -> None:
        self.txt = txt
        self.exist = exist
        self.fail = fail
        self.asked: list[str] = []

    async def ask(self, name: str, kind: Kind) -> Answer:
        self.asked.append(name if kind == "TXT" else f"{name} {kind}")
        if name in self.fail:
            return Answer(name, kind, Status.FAILED, reason="SERVFAIL")
        records = self.txt.get(name)
        if records is not None and kind == "TXT":
            return Answer(
                name, kind, Status.FOUND, (records,) if isinstance(records, str) else tuple(records)
            )
        known = records is not None or name in self.exist
        return Answer(name, kind, Status.EMPTY if known else Status.ABSENT)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)
