"""One SMTP reply, ours or a peer's: the value that the wire, the journal and the explanation share.

Layer 1. Knows the form of RFC 5321 §4.2 and RFC 2034, not the meaning: that is `catalogue` (what we say)
and `explain` (what anyone says). A reply of ours is only made by `Entry.reply`.
"""

from __future__ import annotations

from msgspec import Struct


class Reply(Struct, frozen=True, gc=False, omit_defaults=True):
    """A reply code, its enhanced status code ("" if it has none), its text, and the entry it was made from.

    `text` has neither code nor enhanced status; the lines of a multiline reply are joined by line
    feeds.
    `entry` is a catalogue id for a reply of ours and "" for a peer's.
    """

    code: int
    enhanced: str = ""
    text: str = ""
    entry: str = ""

    @property
    def positive(self) -> bool:
        """2yz or 3yz: the command was taken (RFC 5321 §4.2.1 lets a client act on the first digit alone)."""
        return self.code < 400

    @property
    def permanent(self) -> bool:
        """5yz: the same command again will fail again."""
        return self.code >= 500

    def wire(self) -> bytes:
        """Give the octets of this reply, every line with its code and the enhanced status (RFC 2034 §4)."""
        status = f"{self.enhanced} " if self.enhanced else ""
        if "\n" not in self.text:
            return f"{self.code} {status}{self.text}\r\n".encode()
        *first, last = self.text.split("\n")
        lines = [f"{self.code}-{status}{line}\r\n" for line in first]
        lines.append(f"{self.code} {status}{last}\r\n")
        return "".join(lines).encode()

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.code), self.enhanced, self.text.replace("\n", " "))))
