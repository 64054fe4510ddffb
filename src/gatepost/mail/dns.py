"""What DNS says, as values, and the one way to ask it: passed in, never reached for.

Below everything that asks: SPF, DKIM and DMARC, blocklists, reverse names, and delivery later. A failure is a value
like any other, because what it means is for the one who asked to say: mostly "later", never "no". Knows no sockets.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Protocol

from msgspec import Struct

Kind = Literal["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "TXT"]


class Status(StrEnum):
    """What became of a question."""

    FOUND = "found"  # there are records
    EMPTY = "empty"  # the name exists, records of this kind do not (RFC 2308 §2.2, "NODATA")
    ABSENT = "absent"  # the name does not exist (NXDOMAIN), nor does any below it (RFC 8020)
    FAILED = "failed"  # nobody knows: SERVFAIL, refused, no answer in time, the budget used up


class Answer(Struct, frozen=True, gc=False, omit_defaults=True):
    """What DNS said about one name and kind, and when (`at`, seconds since 1970).

    `name` is in lower case without a final dot. `records` are in presentation form: addresses; host names in
    lower case without a final dot; MX as "preference host", the most preferred first; of a TXT record all its
    strings joined (RFC 7208 §3.3), octets that are no UTF-8 as U+FFFD. `ttl` is in seconds. `reason` says in words
    why it FAILED.
    """

    name: str
    kind: Kind
    status: Status
    records: tuple[str, ...] = ()
    ttl: int = 0
    at: float = 0.0
    reason: str = ""

    @property
    def found(self) -> bool:
        """Whether there are records."""
        return self.status is Status.FOUND

    @property
    def failed(self) -> bool:
        """Whether nobody knows."""
        return self.status is Status.FAILED


class Resolver(Protocol):
    """Ask DNS."""

    async def ask(self, name: str, kind: Kind) -> Answer:
        """Give the answer about a name in ASCII (A-labels, with or without a final dot); CNAMEs were followed.

        A name that cannot be asked (empty or over-long labels) is ABSENT. Raises nothing but CancelledError.
        """
        ...
