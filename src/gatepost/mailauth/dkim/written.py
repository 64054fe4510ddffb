"""Signature fields written: tags laid out in folded lines, with a gap where the signature will stand.

DKIM and ARC write theirs here. The octets around the gap do not depend on what is put into it, so that what was
hashed is what is sent, in either canonical form.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from gatepost.mail.fields import Field

WIDTH: Final = 72  # octets of a line behind its blank; RFC 5322 §2.1.1 wishes for 78 at most


class Draft(Struct, frozen=True, gc=False):
    """A field without its signature: what stands before the gap, behind "b=", and after it."""

    before: str
    after: str

    @property
    def field(self) -> Field:
        """The field to hash: its b= is empty."""
        text = self.before + self.after
        return Field(text.partition(":")[0].lower(), text.encode() + b"\r\n")

    def signed(self, signature: bytes) -> bytes:
        """Give the octets of the field with its signature and its last CRLF."""
        line = "b=" + b2a_base64(signature, newline=False).decode("ascii")
        lines = [line[start : start + WIDTH] for start in range(0, len(line), WIDTH)]
        return (self.before + "\r\n ".join(lines)[2:] + self.after + "\r\n").encode()


def draft(name: str, tags: Iterable[tuple[str, str]]) -> Draft:
    """Lay out a field; the tag "b" marks the gap, and its value is not looked at."""
    lines = _Lines(f"{name}:")
    separator = before = ""
    for tag, value in tags:
        lines.add(separator)
        separator = ";"
        if tag == "b":
            # On lines of its own, so that what stands around it does not move with it.
            before = lines.text + "\r\n b="
            lines = _Lines("", WIDTH)
            continue
        if tag != "h" or len(value) + 3 <= WIDTH:
            lines.add_word(f" {tag}={value}")
            continue
        # A long list of names is broken behind colons, where a blank may stand (RFC 6376 §3.5, h=).
        first, *others = value.split(":")
        lines.add_word(f" h={first}")
        for other in others:
            lines.add(":")
            if lines.column + len(other) > WIDTH:
                lines.add_word(" " + other)
            else:
                lines.add(other)
    return Draft(before, lines.text)


class _Lines:
    """Text that grows in lines of about WIDTH octets, broken before a blank."""

    def __init__(self, text: str, column: int = 0) -> None:
        self.text = text
        self.column = column or len(text)

    def add(self, text: str) -> None:
        """Put text behind the last, on its line."""
        self.text += text
        self.column += len(text)

    def add_word(self, word: str) -> None:
        """Put a word that begins with a blank, on a line of its own where it finds no room."""
        if self.column + len(word) > WIDTH:
            self.text += "\r\n"
            self.column = 0
        self.add(word)
