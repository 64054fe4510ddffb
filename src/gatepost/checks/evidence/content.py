"""What findings about what a message holds rest on: sizes, signatures, files, structure, links, words."""

from __future__ import annotations

from typing import Final

from gatepost.checks.evidence.said import Said

_SAID: Final = 8
"""Rules of another filter that are said in one phrase; all are kept."""


class SizeEvidence(Said, frozen=True, tag="size", gc=False):
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


class SignatureEvidence(Said, frozen=True, tag="signature", gc=False):
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


class WeighedEvidence(Said, frozen=True, tag="weighed", gc=False, omit_defaults=True):
    """What another spam filter says: its score, the score from which it is spam, what it would do, and for what.

    `symbols` are the names of its rules that matched, with what each added, heaviest first.
    """

    engine: str
    score: float
    limit: float
    action: str
    symbols: tuple[tuple[str, float], ...] = ()

    def words(self) -> str:
        """Say the score and the rules that weighed most."""
        most = ", ".join([f"{name} {score:+g}" for name, score in self.symbols[:_SAID]])
        more = f" and {len(self.symbols) - _SAID} more" if len(self.symbols) > _SAID else ""
        return (
            f"{self.engine} says {self.action}, {self.score:g} of {self.limit:g}{most and ': '}{most}{more}"
        )


class FileEvidence(Said, frozen=True, tag="file", gc=False, omit_defaults=True):
    """A file of the message, the way to it ("invoice.zip › a/b.docm"), and what was seen in it.

    `format` is what it is by its content, `size` is in octets, `sha256` in hexadecimal; `part` is the number of the
    part of the message that it came in.
    """

    where: str
    format: str
    reason: str
    part: str = ""
    size: int = 0
    sha256: str = ""

    def words(self) -> str:
        """Say the way to it, and what was seen."""
        size = f", {self.size:,} octets" if self.size else ""
        return f"{self.where} ({self.format}{size}): {self.reason}"

    def facts(self) -> dict[str, str]:
        """Give both: who sent the file knows it."""
        return {"file": self.where.replace("›", ">"), "why": self.reason}


class AmbiguityEvidence(Said, frozen=True, tag="ambiguity", gc=False):
    """What two readers could see differently: the name of the trick, the number of the part, who sees what."""

    trick: str
    part: str
    what: str

    def words(self) -> str:
        """Say what is ambiguous, and where."""
        return f"{self.trick} in {self._where()}: {self.what}"

    def facts(self) -> dict[str, str]:
        """Name the trick and the part; what stands there is the sender's and not repeated."""
        return {"why": f"{self.trick} in {self._where()}"}

    def _where(self) -> str:
        return f"part {self.part}" if self.part else "the message itself"


class SpamEvidence(Said, frozen=True, tag="spam", gc=False):
    """The probability that a message is spam, what weighed most, and from how many messages that was learned."""

    probability: float
    reasons: tuple[str, ...]
    spam: int
    ham: int

    def words(self) -> str:
        """Say how likely it is, and why."""
        why = f": {'; '.join(self.reasons)}" if self.reasons else ""
        return f"spam by {self.probability:.1%}, as learned from {self.spam} spam and {self.ham} other messages{why}"


class LinkEvidence(Said, frozen=True, tag="link", gc=False, omit_defaults=True):
    """A link of the message: as written (cut), the host it leads to, where it stands, and what is the matter with it.

    `private` is more of the matter that is nobody's business but ours.
    """

    link: str
    host: str
    where: str
    why: str
    private: str = ""

    def words(self) -> str:
        """Say the link, where it leads, where it stands, and what is the matter."""
        leads = "" if self.host in self.link else f", which leads to {self.host}"
        private = f"; {self.private}" if self.private else ""
        return f"{self.link}{leads} in {self.where}: {self.why}{private}"

    def facts(self) -> dict[str, str]:
        """Give host and matter; the whole link may name the recipient."""
        return {"host": self.host, "why": self.why}
