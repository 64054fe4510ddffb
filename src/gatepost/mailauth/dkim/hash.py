"""The hashes that signatures are made over: SHA-256 (RFC 6376 §3.3.2), and SHA-1, which only old ARC chains have.

The one place that makes a hash for a signature. Which signatures may be made over which is said in `key.Algorithm`.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum


class Hash(StrEnum):
    """A hash, by the name that h= of a key record has for it."""

    SHA256 = "sha256"
    SHA1 = "sha1"

    def new(self) -> hashlib._Hash:
        """Begin to hash."""
        if self is Hash.SHA256:
            return hashlib.sha256()
        return hashlib.sha1(usedforsecurity=False)  # nothing that rests on it is trusted: Algorithm.weak

    def of(self, octets: bytes) -> bytes:
        """Hash all at once."""
        hashed = self.new()
        hashed.update(octets)
        return hashed.digest()
