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


class _Evidence(Struct, frozen=True, tag_field="kind", gc=False):
    """What all evidence can do: say itself in words, and name what of it may be told to the other side."""

    def words(self) -> str:
        """Say it in one phrase, for the journal and its readers (never put on the wire)."""
        return type(self).__name__

    def facts(self) -> dict[str, str]:
        """Give the public facts, by the names that the fields of catalogue entries have."""
        return {}


class SizeEvidence(_Evidence, frozen=True, tag="size", gc=False):
    """How large it is or claims to be, and the limit, in octets; `declared` when SIZE= said so."""

    octets: int
    limit: int
    declared: bool = False

    def words(self) -> str:
        """Say both sizes."""
        said = "declared" if self.declared else "received"
        return f"{self.octets:,} octets {said}, the limit is {self.limit:,} octets"

    def facts(self) -> dict[str, str]:
        """Give both sizes."""
        return {"size": str(self.octets), "limit": str(self.limit)}


class SignatureEvidence(_Evidence, frozen=True, tag="signature", gc=False):
    """A signature that matched, the engine that matched it, and where in the message it lies."""

    signature: str
    engine: str
    where: str

    def words(self) -> str:
        """Say what was found, where, and by whom."""
        return f"{self.signature} in {self.where}, found by {self.engine}"

    def facts(self) -> dict[str, str]:
        """Name the signature; engine and place are not public."""
        return {"signature": self.signature}


class OutageEvidence(_Evidence, frozen=True, tag="outage", gc=False):
    """An engine that could not be asked or made no sense, and how that showed: our affair, never public."""

    engine: str
    reason: str

    def words(self) -> str:
        """Say who could not be asked."""
        return f"{self.engine} could not be asked: {self.reason}"


class NoteEvidence(_Evidence, frozen=True, tag="note", gc=False):
    """A plain remark, such as why a check was skipped."""

    note: str

    def words(self) -> str:
        """Give the remark."""
        return self.note


Evidence = SizeEvidence | SignatureEvidence | OutageEvidence | NoteEvidence


class Finding(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One check's word on a session or message. `duration` is in seconds; `score` adds to the message's score.

    `name` says what was found, where a check can find several things: the word that policy and people use.
    """

    check: str
    stage: Stage
    result: Result
    name: str = ""
    score: float = 0.0
    evidence: tuple[Evidence, ...] = ()
    duration: float = 0.0

    @property
    def what(self) -> str:
        """The word for what was found, such as "virus-found"."""
        return self.name or f"{self.check}-{self.result}"
