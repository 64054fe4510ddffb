"""What the gateway remembers between messages, as checks see it: records with an end, changed one at a time.

Below every check that learns (greylisting, reputation, correspondents), above whatever keeps the records: a file
that the workers of a machine share (`gateway.memory`), or a server that many machines share. Memory is an aid and
never a reason to lose mail: a store that cannot answer says so with a value, and the message goes on.

A store keeps octets. `Space` gives them their type: each kind of record has a space of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Generic, Protocol, TypeVar

import msgspec
from msgspec import Struct

HOUR: Final = 3600.0
DAY: Final = 86_400.0


class Raw(Struct, frozen=True, gc=False):
    """A record as a store keeps it, until `expires` (seconds since 1970)."""

    value: bytes
    expires: float


class Unavailable(Struct, frozen=True, gc=False):
    """The store did not answer, and why: private words, for the journal."""

    reason: str


Found = tuple[Raw | None, ...]
"""The records of some keys in the order of the keys; None where there is none, or none any more."""

Step = Callable[[Raw | None], Raw | None]
"""What becomes of a record; None: there is to be none. A pure function: a store may call it in another thread, and
more than once for one change."""


class Memory(Protocol):
    """Records by space and key, shared by all that use the same store. Called from one event loop; raises nothing.

    A key is at most a few hundred characters. A store is bounded: where a space has grown too large, the records
    that would expire first go first.
    """

    def fresh(self, space: str, keys: Sequence[str]) -> Found | None:
        """Give the records when all of them were seen some seconds ago at most, without waiting; else None."""
        ...

    async def get(self, space: str, keys: Sequence[str]) -> Found | Unavailable:
        """Give the records, with all changes in them that somebody waited for; a `note` may take a moment."""
        ...

    async def change(self, space: str, keys: Sequence[str], step: Step) -> Found | Unavailable:
        """Change each record by `step`, and give what there is now.

        Nobody else changes a record between what `step` is given and what it gives. Records change one by one.
        """
        ...

    def note(self, space: str, keys: Sequence[str], step: Step) -> None:
        """Change each record as `change` does, within a second or so, and wait for nothing.

        A note may be lost when the store fails or the process ends badly.
        """
        ...

    async def listed(
        self, space: str, prefix: str = "", after: str = "", limit: int = 1000
    ) -> tuple[tuple[str, Raw], ...] | Unavailable:
        """Give up to `limit` records whose keys begin so, in the order of their keys, from behind `after` on."""
        ...


class Remembered(Struct, frozen=True, array_like=True, gc=False):
    """What every kind of record has: when it is forgotten, in seconds since 1970."""

    expires: float


R = TypeVar("R", bound=Remembered)


class Space(Generic[R]):
    """The records of one kind in a store. What cannot be read (of another version) is as if it were not there."""

    def __init__(self, memory: Memory, name: str, kind: type[R]) -> None:
        self._memory = memory
        self._name = name
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(kind).decode

    def fresh(self, keys: Sequence[str]) -> tuple[R | None, ...] | None:
        """Give the records as `Memory.fresh` does."""
        found = self._memory.fresh(self._name, keys)
        return None if found is None else self._read(found)

    async def get(self, keys: Sequence[str]) -> tuple[R | None, ...] | Unavailable:
        """Give the records as `Memory.get` does."""
        found = await self._memory.get(self._name, keys)
        return found if isinstance(found, Unavailable) else self._read(found)

    async def change(
        self, keys: Sequence[str], step: Callable[[R | None], R | None]
    ) -> tuple[R | None, ...] | Unavailable:
        """Change the records as `Memory.change` does."""
        found = await self._memory.change(self._name, keys, self._raw(step))
        return found if isinstance(found, Unavailable) else self._read(found)

    def note(self, keys: Sequence[str], step: Callable[[R | None], R | None]) -> None:
        """Change the records as `Memory.note` does."""
        self._memory.note(self._name, keys, self._raw(step))

    async def all(self, prefix: str = "", limit: int = 100_000) -> tuple[tuple[str, R], ...] | Unavailable:
        """Give up to `limit` records whose keys begin so: for people, not for the way of a message."""
        records: list[tuple[str, R]] = []
        after = ""
        while len(records) < limit:
            part = await self._memory.listed(self._name, prefix, after, 1000)
            if isinstance(part, Unavailable):
                return part
            if not part:
                break
            after = part[-1][0]
            read = ((key, self._one(raw)) for key, raw in part)
            records += [(key, record) for key, record in read if record is not None]
        return tuple(records[:limit])

    def _read(self, found: Found) -> tuple[R | None, ...]:
        return tuple([self._one(raw) for raw in found])

    def _one(self, raw: Raw | None) -> R | None:
        if raw is None:
            return None
        try:
            return self._decode(raw.value)
        except msgspec.MsgspecError:
            return None

    def _raw(self, step: Callable[[R | None], R | None]) -> Step:
        def raw_step(old: Raw | None) -> Raw | None:
            new = step(self._one(old))
            return None if new is None else Raw(self._encode(new), new.expires)

        return raw_step
