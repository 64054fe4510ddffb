"""What an engine says, heard within bounds: up to a mark, so many octets, or all there is.

Between a stream and the parsers of answers. Never holds more than is asked for and one reading; what does not come,
or is longer than it may be, is a NonsenseError with words.
"""

from __future__ import annotations

from typing import Final

from gatepost.checks.check import Stream
from gatepost.checks.content.engines.connections import NonsenseError

MAX_HEAD: Final = 16_384
"""Octets of the lines in front of an answer's body."""
_READ: Final = 65_536


class Incoming:
    """The octets that come on a stream, from one answer on."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._heard = bytearray()

    async def head(self) -> str:
        """Hear up to the empty line, and give what stands before it, of at most MAX_HEAD octets, as text."""
        return (await self.until(b"\r\n\r\n", MAX_HEAD)).decode("utf-8", "replace")

    async def until(self, mark: bytes, most: int) -> bytes:
        """Hear up to a mark, and give what stands before it."""
        start = 0
        while True:
            at = self._heard.find(mark, start)
            if 0 <= at <= most:
                found = bytes(self._heard[:at])
                del self._heard[: at + len(mark)]
                return found
            if len(self._heard) > most:
                raise NonsenseError(f"its answer has a head of more than {most:,} octets")
            start = max(0, len(self._heard) - len(mark) + 1)
            if not await self._more():
                raise NonsenseError(
                    "its answer broke off" if self._heard else "it closed the connection without an answer"
                )

    async def exactly(self, size: int) -> bytes:
        """Give the next `size` octets; the caller has seen that they are not too many."""
        while len(self._heard) < size:
            if not await self._more():
                raise NonsenseError("its answer broke off")
        found = bytes(self._heard[:size])
        del self._heard[:size]
        return found

    async def some(self, most: int) -> bytes:
        """Give what there is, at least one octet and at most `most`."""
        if not self._heard and not await self._more():
            raise NonsenseError("its answer broke off")
        found = bytes(self._heard[:most])
        del self._heard[:most]
        return found

    async def rest(self, most: int) -> bytes:
        """Give all until the other side closes."""
        while len(self._heard) <= most:
            if not await self._more():
                return bytes(self._heard)
        raise NonsenseError(f"its answer is longer than {most:,} octets")

    @property
    def ahead(self) -> bool:
        """Tell whether something came that nobody asked for."""
        return bool(self._heard)

    async def _more(self) -> bool:
        heard = await self._stream.read(_READ)
        self._heard += heard
        return bool(heard)


def fields_of(lines: list[str]) -> dict[str, str]:
    """Read "Name: value" lines, names in lower case, the first of equals; folded lines belong to the one before."""
    fields: dict[str, str] = {}
    name = ""
    for line in lines:
        if line[:1] in (" ", "\t"):
            if name:
                fields[name] += "\n" + line.strip()
            continue
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if not colon or not name or name in fields:
            name = ""
            continue
        fields[name] = value.strip()
    return fields
