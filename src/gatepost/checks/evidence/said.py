"""What all evidence can do, and the two kinds that any check may give: an outage, and a plain remark."""

from __future__ import annotations

from msgspec import Struct


class Said(Struct, frozen=True, tag_field="kind", gc=False):
    """What all evidence can do: say itself in words, and name what of it may be told to the other side."""

    def words(self) -> str:
        """Say it in one phrase, for the journal and its readers (never put on the wire)."""
        return type(self).__name__

    def facts(self) -> dict[str, str]:
        """Give the public facts, by the names that the fields of catalogue entries have."""
        return {}

    def vouches_for(self) -> str:
        """Give the domain that this proves to stand behind a client or a message; "" for none."""
        return ""


class OutageEvidence(Said, frozen=True, tag="outage", gc=False):
    """An engine that could not be asked or made no sense, and how that showed: our affair, never public."""

    engine: str
    reason: str

    def words(self) -> str:
        """Say who could not be asked."""
        return f"{self.engine} could not be asked: {self.reason}"


class NoteEvidence(Said, frozen=True, tag="note", gc=False):
    """A plain remark, such as why a check was skipped."""

    note: str

    def words(self) -> str:
        """Give the remark."""
        return self.note
