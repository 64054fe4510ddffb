"""What a check saw: the value between looking and deciding.

A check that could not look is a finding too (`result` "unavailable"); what to do about it is policy.
Evidence is typed, one struct per kind, so that a person can check it and the journal can keep it.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Stage(StrEnum):
    """Where in a session a check looks, or a reply is said."""

    CONNECT = "connect"
    HELO = "helo"
    MAIL = "mail"
    RCPT = "rcpt"
    CONTENT = "content"


class Result(StrEnum):
    """What a check can say of what it looked at."""

    CLEAN = "clean"
    FOUND = "found"
    UNAVAILABLE = "unavailable"
    SKIPPED = "skipped"


class SizeEvidence(Struct, frozen=True, tag="size", tag_field="kind", gc=False):
    """How large it is or claims to be, and the limit, in octets; `declared` when SIZE= said so."""

    octets: int
    limit: int
    declared: bool = False


class SignatureEvidence(Struct, frozen=True, tag="signature", tag_field="kind", gc=False):
    """A signature that matched, the engine that matched it, and where in the message it lies."""

    signature: str
    engine: str
    where: str


class OutageEvidence(Struct, frozen=True, tag="outage", tag_field="kind", gc=False):
    """An engine that could not be asked or made no sense, and how that showed (never put on the wire)."""

    engine: str
    reason: str


class NoteEvidence(Struct, frozen=True, tag="note", tag_field="kind", gc=False):
    """A plain remark, such as why a check was skipped."""

    note: str


Evidence = SizeEvidence | SignatureEvidence | OutageEvidence | NoteEvidence


class Finding(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One check's word on a session or message. `duration` is in seconds; `score` adds to the spam score."""

    check: str
    stage: Stage
    result: Result
    score: float = 0.0
    evidence: tuple[Evidence, ...] = ()
    duration: float = 0.0
