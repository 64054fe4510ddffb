"""One part of a message: where it lies, what its header claims, and its body in every way it can be decoded.

Made by `view`; nothing is decoded before it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from msgspec import Struct

from gatepost.mail.mime.ambiguity import Ambiguity
from gatepost.mail.mime.encodings import Decoded, decoded
from gatepost.mail.mime.text import texts

_KEPT: Final = 1 << 23
"""Decoded octets of a part that are kept for the next who asks; more are decoded again, at gigabytes a second."""


_KEPT_OF_SEVERAL: Final = 1 << 16
"""As much as can be kept of what an attacker can make many readings of."""


class Origin(StrEnum):
    """How a part came into the tree."""

    MESSAGE = "message"  # the whole, or a message within it
    PART = "part"  # between the delimiters of a multipart
    ALTERNATIVE = "alternative"  # as another reader would see its parent, or the parts of it
    PREAMBLE = "preamble"  # before the first delimiter
    EPILOGUE = "epilogue"  # behind the closing one
    REST = "rest"  # what a bound left uncut
    UUENCODED = "uuencoded"  # a file within text
    TNEF = "tnef"  # a file within an application/ms-tnef


_UNTYPED: Final = frozenset((Origin.PREAMBLE, Origin.EPILOGUE, Origin.REST))
_SHOWN: Final = 80


class Field(Struct, frozen=True, gc=False):
    """A field of a header: its name in lower case, and what stands behind the colon, folds included."""

    name: str
    value: bytes


class Part(Struct, frozen=True):
    """A part and the parts in it.

    Its header is `buffer[start:body_start]`, its body, not decoded, `buffer[body_start:end]`. The buffer is the
    message, or what a part of it decodes to, or a file found within a part (`nested` tells).

    `media_type` (lower case, "text/plain" where there is none), `transfer_encoding`, `charset` and `disposition` are
    what most readers take; `media_types`, `transfer_encodings` and `charsets` are all that a reader could take, the
    usual first. `names` are all file names that a reader could show. `reading` says in words by which reading this is
    a part, "" for the usual.

    `opened` is true when the children cover what the body holds: then only they need be scanned.
    """

    number: str
    origin: Origin
    buffer: bytes
    start: int
    body_start: int
    end: int
    fields: tuple[Field, ...] = ()
    media_types: tuple[str, ...] = ("text/plain",)
    parameters: tuple[tuple[str, str], ...] = ()
    charsets: tuple[str, ...] = ()
    transfer_encodings: tuple[str, ...] = ("",)
    disposition: str = ""
    names: tuple[str, ...] = ()
    children: tuple[Part, ...] = ()
    reading: str = ""
    nested: bool = False
    opened: bool = False
    kept: list[Decoded] = []

    @property
    def media_type(self) -> str:
        """The media type that most readers take."""
        return self.media_types[0]

    @property
    def transfer_encoding(self) -> str:
        """The transfer encoding that most readers take, in lower case; "" where there is none."""
        return self.transfer_encodings[0]

    @property
    def charset(self) -> str:
        """The charset that most readers take, in lower case; "" where there is none."""
        return self.charsets[0] if self.charsets else ""

    @property
    def name(self) -> str:
        """The first of its file names, "" where it has none."""
        return self.names[0] if self.names else ""

    @property
    def raw(self) -> bytes:
        """The body as it stands in the buffer."""
        return self.buffer[self.body_start : self.end]

    def field(self, name: str) -> bytes:
        """Give the value of the first field of a name (in lower case); b"" where there is none."""
        return next((field.value for field in self.fields if field.name == name), b"")

    def decoded(self) -> Decoded:
        """Decode the body in every way that a reader could, and say where they differ."""
        if self.kept:
            return self.kept[0]
        made = decoded(self.raw, self.transfer_encodings)
        if sum(map(len, made.readings)) <= (_KEPT if len(made.readings) == 1 else _KEPT_OF_SEVERAL):
            self.kept.append(made)
        return made

    def readings(self) -> tuple[bytes, ...]:
        """Give the decoded body: one reading when all readers agree, else what each would get, the usual first."""
        return self.decoded().readings

    def texts(self) -> tuple[str, ...]:
        """Give each reading as text, in each charset that a reader could take; lines as they are. The usual first."""
        return texts(self.readings(), self.charsets)

    def text(self) -> str:
        """Give the body as most readers would show it."""
        return self.texts()[0]

    def walk(self) -> Iterator[Part]:
        """Give this part and all within it, in their order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def ambiguities(self) -> tuple[Ambiguity, ...]:
        """Give what is ambiguous in how the body is encoded."""
        return tuple([Ambiguity(name, self.number, words) for name, words in self.decoded().doubts])

    def __str__(self) -> str:
        what = self.name or (self.origin.value if self.origin in _UNTYPED else self.media_type)
        shown = "".join([c if c.isprintable() else "?" for c in what[:_SHOWN].strip()])
        return f"part {self.number} ({shown})" if self.number else shown
