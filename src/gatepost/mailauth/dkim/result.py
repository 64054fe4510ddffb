"""What became of a signature, in the words of RFC 8601 §2.7.1 and in words a person can act on."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from gatepost.mail.dns import Answer


class Result(StrEnum):
    """The result of one signature. That a message has none ("none") is said by there being no result."""

    PASS = "pass"  # noqa: S105  # the RFC's word
    FAIL = "fail"  # it does not verify
    POLICY = "policy"  # it verifies, and does not deserve to count: expired, or what matters is not covered
    NEUTRAL = "neutral"  # it cannot be read, or was not looked at
    TEMPERROR = "temperror"  # nobody knows today: DNS failed
    PERMERROR = "permerror"  # it can never be verified: a part of it or its key is missing


class Verification(Struct, frozen=True, gc=False, omit_defaults=True):
    """One signature and what became of it. Domains are in lower-case A-labels.

    `reason` says why it did not pass, in a clause that can follow a colon. `remarks` are what should be known all the
    same. `unsigned_octets` of the (canonical) body are not covered: anyone may have added them. `signed` are the
    names of the covered fields, in lower case. `header_b` is the begin of the signature's value, to tell it from
    others of the same domain (RFC 6008). `key` is what DNS said of the key, and when; None when it was not asked.
    """

    result: Result
    reason: str = ""
    domain: str = ""
    selector: str = ""
    identity: str = ""
    algorithm: str = ""
    key_bits: int = 0
    testing: bool = False
    unsigned_octets: int = 0
    signed: tuple[str, ...] = ()
    signed_at: int | None = None
    expires: int | None = None
    header_b: str = ""
    remarks: tuple[str, ...] = ()
    key: Answer | None = None
