"""What all evidence can do, whichever check it comes from. Under `evidence`, which has the kinds."""

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
