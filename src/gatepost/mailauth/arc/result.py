"""What became of an ARC chain, in the words of RFC 8617 and in words a person can act on."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from gatepost.mail.dns import Answer


class Status(StrEnum):
    """The status of a chain (RFC 8617 §4.4), and a word for the day when nobody knows it."""

    NONE = "none"
    PASS = "pass"  # noqa: S105  # the RFC's word
    FAIL = "fail"
    TEMPERROR = "temperror"  # DNS failed: never a "fail", and nothing is sealed on it


class Sealer(Struct, frozen=True, gc=False, omit_defaults=True):
    """One who sealed: `domain` in lower-case A-labels, and the results it says it had, as text (RFC 8601 form).

    Believed only when the chain passes and the domain is trusted. `key` is what DNS said of the key of its seal.
    """

    instance: int
    domain: str
    selector: str
    results: str
    signed_at: int | None = None
    key_bits: int = 0
    key: Answer | None = None


class Chain(Struct, frozen=True, gc=False, omit_defaults=True):
    """An ARC chain. `sealers` are the newest first; () when the chain is not even whole.

    `oldest_pass` is the oldest instance since which the message is unchanged, 0 when it is so since the first (RFC
    8617 §5.2 step 5). `newest` is the highest instance that the fields claim; `ended` when its sealer found the chain
    broken, so that nobody may seal any more. `weak` says what of a chain that passes is carried by an algorithm that
    RFC 8301 forbids, "" when nothing is: then it passes, and is no reason to trust anybody.
    """

    status: Status
    reason: str = ""
    sealers: tuple[Sealer, ...] = ()
    oldest_pass: int = 0
    newest: int = 0
    ended: bool = False
    weak: str = ""

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains that sealed, the newest first."""
        return tuple([sealer.domain for sealer in self.sealers])
