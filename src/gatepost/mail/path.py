"""Mailboxes and the paths of the envelope, by the grammar of RFC 5321 §4.1.2 and RFC 6531 §3.3.

Strict where it protects (control characters, length, routed local parts), tolerant where real mail is
(case, a source route is read and dropped as §3.6.1 and appendix C allow). Linear time, bounded length.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

MAX_LOCAL_PART: Final = 64  # octets, RFC 5321 §4.5.3.1.1
MAX_DOMAIN: Final = 255  # octets, RFC 5321 §4.5.3.1.2
MAX_PATH: Final = 256  # octets with the angle brackets, RFC 5321 §4.5.3.1.3


class Mailbox(Struct, frozen=True, gc=False, order=True):
    """One address. `address` is as given (a local part may differ in case only); `domain` is lower-case."""

    address: str
    domain: str

    @property
    def local_part(self) -> str:
        """The part before the last @, as given (quotes kept)."""
        return self.address.rpartition("@")[0] or self.address

    def __str__(self) -> str:
        return self.address
