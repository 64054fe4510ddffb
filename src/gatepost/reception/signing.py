"""DKIM signatures on what our own servers send: chosen by the author's domain, written before the content is stored.

On the way of a message: `Acceptance`, for relay clients -> `sign` -> a field on top. What cannot be signed goes
unsigned, with a reason for the journal: mail is not held up for the want of a signature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from gatepost.checks.facts import Content
from gatepost.mailauth.dkim import NotSigned, Signer, sign
from gatepost.mailauth.dmarc.author import read_author

SIGN_AT_ONCE: Final = 1 << 20  # octets; the hash of more would keep the other sessions waiting


class Signing:
    """The keys of our domains, by domain (in A-labels)."""

    __slots__ = ("_signers",)

    def __init__(self, signers: Mapping[str, Sequence[Signer]]) -> None:
        self._signers = signers

    def __bool__(self) -> bool:
        return bool(self._signers)

    def sign(self, content: Content, now: float) -> bytes | NotSigned | None:
        """Give the fields to put on top; None when the author is of no domain that has keys. Raises OSError."""
        header, body = content.opened()
        signers = self._signers_of(read_author(header).domain)
        if not signers:
            return None
        return sign(header, body, signers, int(now))

    def _signers_of(self, domain: str) -> Sequence[Signer]:
        """Find the keys of a domain, or of the nearest one above it that has some (relaxed alignment)."""
        while domain:
            if (signers := self._signers.get(domain)) is not None:
                return signers
            domain = domain.partition(".")[2]
        return ()
