"""What an SPF check says, as a value that a person can check: the result, and the records and terms that led to it.

Made by `check`; read by the SPF check, DMARC, and the writer of Authentication-Results. Knows nothing of how it
came about.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Result(StrEnum):
    """The results of RFC 7208 §2.6."""

    NONE = "none"  # nothing is known: no domain to ask about, or it has no record
    NEUTRAL = "neutral"  # the domain says that it does not say
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"  # DNS did not answer: later it may
    PERMERROR = "permerror"  # the published records cannot be used: a person must mend them


class Identity(StrEnum):
    """Whose word was asked for (RFC 7208 §2.3 and §2.4), as Authentication-Results name it (RFC 8601 §2.7.2)."""

    HELO = "helo"
    MAIL = "mailfrom"


class Step(Struct, frozen=True, gc=False):
    """One record on the way to the result: whose it is, its text, and the term in it that led on or decided.

    The last step's `term` is "default" where nothing matched, and the broken term of a record that cannot be read
    ("" when no single term is to blame).
    """

    domain: str
    record: str
    term: str


class Spf(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What SPF says of a client and an identity.

    `client` is the address in its shortest form, an IPv4 one also where it came mapped into IPv6. `sender` and
    `domain` are what was checked; the domain is in lower case and in A-labels, but none at all when it was none.
    `mechanism` is the directive that gave the result, as written in `record`, or "default", or "" when no record got
    so far. `record` belongs to `domain`, or to where its `redirect=` led; `path` goes on from there into the records
    that were included, and its last step is where the address matched, or what is wrong. `explanation` is what the
    domain has to say of a fail: printable ASCII, but foreign words. `lookups` and `voids` count as §4.6.4 does.
    `reason` says in words what decided.
    """

    result: Result
    identity: Identity
    client: str
    domain: str
    sender: str
    helo: str
    reason: str
    mechanism: str = ""
    record: str = ""
    path: tuple[Step, ...] = ()
    explanation: str = ""
    lookups: int = 0
    voids: int = 0
