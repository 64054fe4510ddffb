"""What findings about text and header rest on."""

from __future__ import annotations

from gatepost.checks.evidence.said import Said


class TextEvidence(Said, frozen=True, tag="text", gc=False, omit_defaults=True):
    """A rule about text that matched: where, how often at least, and some of the matches, in brackets, with context.

    Private as a whole: who knows what is looked for can write around it.
    """

    rule: str
    where: str
    matches: tuple[str, ...]
    times: int
    score: float = 0.0
    note: str = ""

    def words(self) -> str:
        """Say which rule matched what, and where."""
        matches = ", ".join([repr(match) for match in self.matches])
        often = f" ({self.times} times or more)" if self.times > 1 else ""
        note = f"; {self.note}" if self.note else ""
        return f"rule {self.rule!r} ({self.score:+g}) in {self.where}{often}: {matches}{note}"


class DataEvidence(Said, frozen=True, tag="data", gc=False, omit_defaults=True):
    """Numbers that a rule is about: their kind, where the first is, and how many different ones.

    `numbers` are a few of them by their last four characters; the rest of them is written nowhere.
    """

    rule: str
    data: str
    where: str
    numbers: tuple[str, ...]
    many: int
    score: float = 0.0
    note: str = ""

    def words(self) -> str:
        """Say what was found, and where."""
        note = f"; {self.note}" if self.note else ""
        return (
            f"rule {self.rule!r} ({self.score:+g}): {self.many} {self.data}, first in {self.where}: "
            f"{', '.join(self.numbers)}{note}"
        )

    def facts(self) -> dict[str, str]:
        """Name the kind: who sent the numbers has them."""
        return {"data": self.data}


class HeaderEvidence(Said, frozen=True, tag="header", gc=False, omit_defaults=True):
    """What is the matter with a field of the header, "" for the header as a whole, and what stands there."""

    field: str
    matter: str
    value: str = ""

    def words(self) -> str:
        """Say the field, the matter, and the value."""
        value = f": {self.value!r}" if self.value else ""
        return f"{self.field or 'the header'} {self.matter}{value}"

    def facts(self) -> dict[str, str]:
        """Give the field and the matter; the value is the sender's own and not repeated."""
        return {"why": f"{self.field or 'the header'} {self.matter}"}
