"""The contract of a format's reader: octets in; members, links, text and traits out, one after the other.

Readers run in an inspector process, which has limits of its own and may be killed. They are handed what a stranger
made, so a reader may raise anything: the walk notes the file as damaged and goes on with the next. What a reader
must do is ask its budget before it makes octets, while it makes them, so that a bomb is stopped by counting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

from msgspec import Struct


class Trait(StrEnum):
    """What may be noteworthy about a file: the word that policy and people use for it."""

    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    BOMB = "bomb"
    UNSEEN = "unseen"
    TRICK_NAME = "trick-name"
    DISGUISED = "disguised"
    PROGRAM = "program"
    SCRIPT = "script"
    MACRO = "macro"
    MACRO_RUNS = "macro-runs"
    DDE = "dde"
    REMOTE_TEMPLATE = "remote-template"
    EMBEDDED_OBJECT = "embedded-object"
    LAUNCH = "launch"
    SHORTCUT = "shortcut"
    FORM = "form"
    SMUGGLING = "smuggling"
    YARA = "yara"


class Seen(Struct, frozen=True, gc=False):
    """A trait, and in words where and by what it shows: ("macro-runs", "AutoOpen in module ThisDocument")."""

    trait: Trait
    words: str


class Link(Struct, frozen=True, gc=False):
    """An address that a reader of the file can be led to, as written; `shown` is the text that stands for it."""

    target: str
    shown: str = ""


class Text(Struct, frozen=True, gc=False):
    """Words for people that the file holds, in the order of the file."""

    text: str


class Member(Struct, frozen=True, gc=False):
    """A file within the file: its name as written there, and its octets. The walk opens it in turn."""

    name: str
    octets: bytes


Sight = Seen | Link | Text | Member
"""One thing that a reader sees."""

Look = Callable[[bytes], Iterator[Seen]]
"""A look at a file as a whole, whatever its kind. May raise anything, as a reader may."""

Reader = Callable[[bytes, "Budget"], Iterator[Sight]]
"""A format's reader: a generator function. Raises ExhaustedError when the budget is, else whatever it meets."""


class ExhaustedError(Exception):
    """There is no more budget: what is left of the file stays unseen. The text says which limit, in words."""


class Budget:
    """What one message may cost in all its files together, counted as it is spent.

    `octets` may be made by unpacking, in all; `member` by one file; `members` files be looked at.
    """

    def __init__(self, octets: int, member: int, members: int, passwords: tuple[str, ...] = ()) -> None:
        self.octets = octets
        self.member = member
        self.members = members
        self.passwords = passwords
        """Words from the message to try on what is encrypted; none when the settings do not allow it."""

    def spend(self, octets: int) -> None:
        """Pay for octets that were unpacked just now. Raises ExhaustedError."""
        self.octets -= octets
        if self.octets < 0:
            raise ExhaustedError("more unpacked octets than one message may have")

    def open(self) -> None:
        """Pay for one more member. Raises ExhaustedError."""
        self.members -= 1
        if self.members < 0:
            raise ExhaustedError("more files within files than one message may have")

    def gathered(self, pieces: Iterator[bytes]) -> bytes:
        """Put a member together from pieces, paying for each as it comes. Raises ExhaustedError."""
        self.open()
        kept: list[bytes] = []
        size = 0
        for piece in pieces:
            self.spend(len(piece))
            size += len(piece)
            if size > self.member:
                raise ExhaustedError(f"a file of more than {self.member:,} octets unpacked")
            kept.append(piece)
        return b"".join(kept)
