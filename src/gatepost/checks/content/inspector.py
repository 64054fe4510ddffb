"""What a check asks of an inspector: look into these files; and what it answers.

Between the check and the processes that look (`gateway.inspector`), which have limits and may be killed: so an answer
may be that the file was more than an inspector bears.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from gatepost.checks.content.formats.format import Seen
from gatepost.checks.content.formats.walk import Item


class File(Struct, frozen=True, gc=False):
    """A file to look into: the name that it has in the message, and its octets."""

    name: str
    octets: bytes


class Inspected(Struct, frozen=True, gc=False):
    """What was seen: for each file that was asked about, in their order, itself and all files in it.

    `message` are traits of the message as a whole.
    """

    files: tuple[tuple[Item, ...], ...]
    message: tuple[Seen, ...] = ()


class Failed(Struct, frozen=True, gc=False):
    """The files could not be looked into, and why. `by_content` when that was their doing: it would fail again."""

    reason: str
    by_content: bool


class Inspector(Protocol):
    """Looks into files somewhere else, so that what they do to who looks hurts nobody."""

    async def inspect(
        self, files: Sequence[File], passwords: Sequence[str] = (), message: bytes = b""
    ) -> Inspected | Failed:
        """Look into all files of one message, trying `passwords` on what is encrypted. Raises nothing.

        `message` are its own octets, to be looked at as a whole; none where nobody looks so.
        """
        ...
