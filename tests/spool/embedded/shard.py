"""A shard on a real directory, and a stand-in for the event loop that the test turns by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from gatepost.spool.embedded import EmbeddedSpool, SpoolSettings
from gatepost.spool.interface import Committed, Leased, Message, NewMessage, Outcome, Recipient

PATIENCE = 20.0


class Clock:
    """A clock that moves when the test says so."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Shard:
    """An open spool with its loop; what came ready and what was told is kept in lists."""

    def __init__(self, directory: Path, **settings: Any) -> None:
        self.directory = directory
        self.clock = Clock()
        self.settings = SpoolSettings(
            **{"min_free": 0, "min_free_inodes": 0, "segment_size": 1 << 16, "settle_delay": 0.001} | settings
        )
        self.open()

    def open(self) -> None:
        self._calls: SimpleQueue[tuple[Callable[..., None], tuple[Any, ...]]] = SimpleQueue()
        self.ready: list[Leased] = []
        self.due = 0
        self.spool = EmbeddedSpool(self.directory, self.clock, self.post, self.settings)
        self.spool.on_ready(self.ready.append, self._count_due)

    def post(self, function: Callable[..., None], *arguments: Any) -> None:
        self._calls.put((function, arguments))

    def turn(self) -> None:
        function, arguments = self._calls.get(timeout=PATIENCE)
        function(*arguments)

    def turn_until(self, happened: Callable[[], object]) -> None:
        while not happened():
            self.turn()

    def close(self) -> None:
        self.spool.close()
        while not self._calls.empty():
            self.turn()

    def reopen(self) -> None:
        self.close()
        self.open()

    def commit(self, *new: NewMessage) -> list[Committed]:
        told: list[Committed] = []
        for one in new:
            self.spool.commit(one, told.append)
        self.turn_until(lambda: len(told) == len(new))
        return told

    def settle(self, message_id: str, outcome: Outcome, *notices: NewMessage) -> Committed:
        told: list[Committed] = []
        self.spool.settle(message_id, outcome, notices, told.append)
        self.turn_until(lambda: told)
        return told[0]

    def lease(self, limit: int = 100) -> list[Leased]:
        got: list[Sequence[Leased]] = []
        self.spool.lease(limit, got.append)
        self.turn_until(lambda: got)
        return list(got[0])

    def checkpoint(self) -> None:
        """Bring the rows up to the log, and wait for it; what nothing needs is gone then."""
        self.clock.now += 2
        self.idle()
        self.spool._shard.segments._aside.submit(int).result()

    def idle(self) -> None:
        """Wait until the writer has nothing to do at this time of the clock."""
        self.lease(0)  # wakes the writer: after its answer it looks at the clock
        self.lease(0)  # answered only when that is over

    def release(self, reason_prefix: str) -> int:
        told: list[int] = []
        self.spool.release(reason_prefix, told.append)
        self.turn_until(lambda: told)
        return told[0]

    def content(self, message: Message) -> bytes:
        return b"".join(self.spool.chunks(message))

    def files(self, suffix: str) -> list[str]:
        return sorted(path.name for path in self.directory.glob(f"*{suffix}"))

    def _count_due(self) -> None:
        self.due += 1


def message(number: int, size: int = 0, **changes: Any) -> Message:
    fields: dict[str, Any] = {
        "id": f"0000000000abc-{number}",
        "reverse_path": "ann@example.org",
        "recipients": (Recipient("bob@example.net"), Recipient("eve@example.net")),
        "size": size,
        "arrived": 1_800_000_000.0,
        "expires": 1_800_432_000.0,
        "facts": b'{"type":"reception"}',
    }
    return Message(**fields | changes)


def new(number: int, data: bytes = b"Subject: x\r\n\r\nhello\r\n", **changes: Any) -> NewMessage:
    return NewMessage(message=message(number, len(data), **changes), head=b"Received: by x\r\n", data=data)
