"""One mail transaction: MAIL to the end of the content. RSET drops the object, and that is all RSET does."""

from __future__ import annotations

from collections.abc import Sequence

from gatepost.checks.facts import Content
from gatepost.checks.finding import Finding
from gatepost.mail.path import Mailbox
from gatepost.reception.looks import Look
from gatepost.smtp.command import Mail
from gatepost.spool.interface import Incoming, Spool


class Transaction:
    """What one transaction has gathered so far: the envelope, and the content in memory or on its way to disk."""

    __slots__ = (
        "_chunks",
        "_found",
        "_memory",
        "_spool",
        "common",
        "eightbit",
        "failure",
        "findings",
        "id",
        "incoming",
        "look",
        "mail",
        "recipients",
        "size",
        "started",
    )

    def __init__(self, message_id: str, mail: Mail, spool: Spool, memory: int, started: float) -> None:
        self.id = message_id
        self.mail = mail
        self.recipients: list[Mailbox] = []
        self.look: Look | None = None  # at the reverse-path
        self.findings: tuple[Finding, ...] = ()  # about the client, its name and the reverse-path
        self.common: tuple[Finding, ...] = ()  # about the recipients: what was found for each of them
        self.started = started
        self.size = 0
        self.eightbit = False
        self.incoming: Incoming | None = None
        self.failure: OSError | None = None
        self._found: list[tuple[Finding, ...]] = []  # for each of the recipients
        self._spool = spool
        self._memory = memory
        self._chunks: list[bytes] = []

    def take(self, recipient: Mailbox, before: tuple[Finding, ...], found: Sequence[Finding]) -> None:
        """Take a recipient."""
        if not self.recipients:
            self.findings = before
        self.common = in_common(self.common if self.recipients else None, found)
        self.recipients.append(recipient)
        self._found.append(tuple(found))

    def alone(self) -> list[tuple[Finding, ...]]:
        """Give for each recipient what was found for it and not for all others."""
        if len(self._found) == 1:
            return [()]
        common = {finding.what for finding in self.common}
        return [tuple([f for f in found if f.what not in common]) for found in self._found]

    def add(self, chunk: bytes) -> None:
        """Take a piece of content; what keeps it from the disk is kept in `failure`, and the rest let go by."""
        self.size += len(chunk)
        if self.failure is not None:
            return
        try:
            self._keep(chunk)
        except OSError as error:
            self.discard()
            self.failure = error

    def _keep(self, chunk: bytes) -> None:
        if not self.eightbit and not chunk.isascii():
            self.eightbit = True
        if self.incoming is not None:
            self.incoming.write(chunk)
            return
        self._chunks.append(chunk)
        if self.size > self._memory:
            self.incoming = incoming = self._spool.incoming(self.id)
            for piece in self._chunks:
                incoming.write(piece)
            self._chunks.clear()

    def content(self) -> Content:
        """Give the whole content."""
        if self.incoming is not None:
            return Content(self.size, file=self.incoming.file)
        chunks = self._chunks
        if len(chunks) != 1:
            chunks[:] = [b"".join(chunks)]
        return Content(self.size, chunks[0])

    def drop(self) -> None:
        """Forget it all."""
        self.discard()
        if self.look is not None:
            self.look.drop()

    def discard(self) -> None:
        """Forget the content."""
        self._chunks.clear()
        if self.incoming is not None:
            self.incoming.discard()
            self.incoming = None


def in_common(before: tuple[Finding, ...] | None, found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Keep of what was found for the recipients `before` what was found for one more, too; None before the first.

    What was found for one recipient alone says nothing about the message to all.
    """
    if not before:
        return tuple(found) if before is None else ()
    whats = {finding.what for finding in found}
    return tuple([finding for finding in before if finding.what in whats])
