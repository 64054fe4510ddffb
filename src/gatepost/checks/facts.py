"""What a check may look at: the session, the envelope so far, and at the end the content."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from msgspec import Struct

from gatepost.checks.content.formats.walk import Item
from gatepost.checks.finding import Finding
from gatepost.mail.fields import MAX_HEADER, Header, split
from gatepost.mail.links import SeenLink
from gatepost.mail.mime import View, view
from gatepost.mail.path import Mailbox

CHUNK = 1 << 16


class Facts(Struct, frozen=True, kw_only=True):
    """What is known of a session and its transaction at one stage; later stages know more.

    `client` is the address of the connecting host, `reverse_path` None for `<>` or before MAIL,
    `declared_size` the octets announced by MAIL SIZE= (0: none), `smtputf8` that MAIL asked for RFC 6531.
    `recipient` is the one in question at RCPT.
    `findings` are those of the stages before, from RCPT on, and of the checks of this stage that come in an earlier
    wave.
    """

    session: str
    client: str
    role: str
    relay: bool
    helo: str = ""
    tls: str = ""
    reverse_path: Mailbox | None = None
    recipients: tuple[Mailbox, ...] = ()
    recipient: Mailbox | None = None
    declared_size: int = 0
    smtputf8: bool = False
    findings: tuple[Finding, ...] = ()


class Content(Struct, frozen=True):
    """A message's content as received (dots unstuffed, no trace field of ours): in memory, or in a file."""

    size: int
    data: bytes = b""
    file: str = ""
    viewed: list[View] = []
    """The view, once somebody asked for it: all checks share one."""
    items: list[tuple[str, Item]] = []
    """The files, and the files in them, as the inspection saw them, each with the number of the part that it came in:
    for the checks that look after it."""
    links: list[SeenLink] = []
    """The links of text, pages and files, as the check of links found them: for the checks that look after it."""

    def opened(self) -> tuple[Header, Iterator[bytes]]:
        """Read the header, and give the body behind it in pieces. Raises OSError when the file cannot be read."""
        chunks = self.chunks()
        begin = next(chunks, b"")
        while len(begin) < min(self.size, MAX_HEADER + 2) and b"\r\n\r\n" not in begin:
            begin += next(chunks, b"")
        header = split(begin)
        return header, chain((begin[header.body :],), chunks)

    def chunks(self) -> Iterator[bytes]:
        """Give the content in pieces of at most CHUNK octets. Raises OSError when the file cannot be read."""
        if not self.file:
            for start in range(0, self.size, CHUNK):
                yield self.data[start : start + CHUNK]
            return
        with Path(self.file).open("rb") as source:
            while chunk := source.read(CHUNK):
                yield chunk

    def view(self) -> View:
        """Take the content apart, the first time it is asked for. Raises OSError when the file cannot be read.

        A content in a file is read as a whole; it is no larger than the size limit.
        """
        if not self.viewed:
            self.viewed.append(view(Path(self.file).read_bytes() if self.file else self.data))
        return self.viewed[0]
