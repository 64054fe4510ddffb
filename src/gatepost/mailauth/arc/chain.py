"""An ARC chain as it stands in a header: its sets, whole and in order, or what is wrong with it (RFC 8617 §4, §5.2).

Reads and asks nothing else: whether the signatures hold is said in `verify`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, TypeVar

from msgspec import Struct

from gatepost.mail.fields import MAX_HEADER, Field, Header
from gatepost.mailauth.dkim.body import Canonical
from gatepost.mailauth.dkim.hash import Hash
from gatepost.mailauth.dkim.header import relax, unsigned
from gatepost.mailauth.dkim.key import Algorithm
from gatepost.mailauth.dkim.signature import (
    BadSignature,
    Broken,
    Signature,
    bad,
    read_common,
    read_signer,
    read_time,
    required,
    tags_of,
)
from gatepost.mailauth.taglist import BadTags

RESULTS: Final = "arc-authentication-results"
SIGNATURE: Final = "arc-message-signature"
SEAL: Final = "arc-seal"
MAX_SETS: Final = 50  # RFC 8617 §4.2.1
_KINDS: Final = {
    RESULTS: "ARC-Authentication-Results",
    SIGNATURE: "ARC-Message-Signature",
    SEAL: "ARC-Seal",
}
# §4.1.1: i= stands first, before the identifier of the server. Folds are blanks here, and comments are nothing.
_VOID: Final = r"(?:[ \t]|\([^()\\]*\))*"
_RESULTS = re.compile(rf"{_VOID}i{_VOID}={_VOID}([0-9]{{1,2}}){_VOID};(.*)", re.DOTALL)
_INSTANCE = re.compile(r"[0-9]{1,2}")

_T = TypeVar("_T")


class Found(StrEnum):
    """What a sealer found of the chain before it (cv=)."""

    NONE = "none"
    PASS = "pass"  # noqa: S105  # the RFC's word
    FAIL = "fail"


class Seal(Struct, frozen=True):
    """An ARC-Seal that can be verified."""

    field: Field
    found: Found
    algorithm: Algorithm
    domain: str
    selector: str
    value: bytes
    signed_at: int | None = None

    @property
    def key_name(self) -> str:
        """Where its key is published."""
        return f"{self.selector}._domainkey.{self.domain}"


class ArcSet(Struct, frozen=True):
    """One sealer's three fields. `results` is the text behind `i=N;`, unfolded.

    The signature of the message may be a bad one: only that of the newest set must hold.
    """

    instance: int
    results: str
    results_field: Field
    signature: Signature | BadSignature
    signature_field: Field
    seal: Seal


class BrokenChain(Struct, frozen=True, gc=False):
    """A chain that cannot hold: why, and the highest instance it claims (0 when none can be read).

    `ended` when the last sealer says so itself (cv=fail): then nobody seals any more (§5.1.2).
    """

    why: str
    newest: int = 0
    ended: bool = False


def read_chain(header: Header) -> tuple[ArcSet, ...] | BrokenChain:
    """Read the ARC sets of a header, from instance 1; () when there are none."""
    fields = [(place, field) for place, field in enumerate(header.fields) if field.name in _KINDS]
    if not fields:
        return ()
    if not header.whole:
        return BrokenChain(f"nothing can be verified in a header of more than {MAX_HEADER} octets")
    reading = _Reading()
    try:
        for place, field in fields:
            reading.take(place, field)
        return reading.sets()
    except Broken as broken:
        return BrokenChain(broken.why, reading.newest, ended=reading.ended)


class _Reading:
    """The fields of a chain on their way into sets; what is wrong is raised as `Broken`."""

    def __init__(self) -> None:
        self.newest = 0
        self.ended = False
        self._results: dict[int, tuple[str, Field]] = {}
        self._signatures: dict[int, tuple[Signature | BadSignature, Field]] = {}
        self._seals: dict[int, tuple[dict[str, str], Field]] = {}

    def take(self, place: int, field: Field) -> None:
        if field.name == RESULTS:
            text = field.value.decode("utf-8", "replace").replace("\r\n", "")
            match = _RESULTS.fullmatch(text)
            instance = self._instance(match[1] if match else "", field)
            self._put(self._results, instance, (match[2].strip(" \t") if match else "", field))
            return
        tags = tags_of(field)
        if isinstance(tags, BadTags):
            raise Broken(f"an {_KINDS[field.name]} cannot be read: it {tags.why}")
        instance = self._instance(tags.get("i", ""), field)
        if field.name == SIGNATURE:
            self._put(self._signatures, instance, (_read_message_signature(tags, field, place), field))
        else:
            self._put(self._seals, instance, (tags, field))
            if instance == self.newest:
                self.ended = tags.get("cv") == Found.FAIL

    def sets(self) -> tuple[ArcSet, ...]:
        if self.ended:
            # §5.2 step 2: no more is to be looked at.
            raise Broken(f"the sealer of instance {self.newest} found the chain broken (cv=fail)")
        sets = []
        for instance in range(1, self.newest + 1):
            for kind, fields in (
                (RESULTS, self._results),
                (SIGNATURE, self._signatures),
                (SEAL, self._seals),
            ):
                if instance not in fields:
                    raise Broken(f"instance {instance} of {self.newest} has no {_KINDS[kind]}")
            seal = _read_seal(*self._seals[instance], instance)
            sets.append(ArcSet(instance, *self._results[instance], *self._signatures[instance], seal))
        return tuple(sets)

    def _instance(self, text: str, field: Field) -> int:
        instance = int(text) if _INSTANCE.fullmatch(text) else 0
        if not 1 <= instance <= MAX_SETS:
            said = f": i={text[:20]}" if text else ""
            raise Broken(f"an {_KINDS[field.name]} does not say which of at most {MAX_SETS} it is{said}")
        if instance > self.newest:
            self.newest, self.ended = instance, False
        return instance

    def _put(self, fields: dict[int, tuple[_T, Field]], instance: int, value: tuple[_T, Field]) -> None:
        if instance in fields:
            raise Broken(f"instance {instance} has more than one {_KINDS[value[1].name]}")
        fields[instance] = value


def _read_message_signature(tags: dict[str, str], field: Field, place: int) -> Signature | BadSignature:
    """Read an ARC-Message-Signature: as a DKIM-Signature, without v= and with another i= (§4.1.2)."""
    try:
        signature = read_common(tags, field, place, "")
    except Broken as broken:
        return bad(tags, broken)
    if SEAL in signature.names:
        return bad(tags, Broken("it covers an ARC-Seal, which it must not"))
    return signature


def _read_seal(tags: dict[str, str], field: Field, instance: int) -> Seal:
    try:
        return _read_sound_seal(tags, field, Found.NONE if instance == 1 else Found.PASS)
    except Broken as broken:
        raise Broken(f"the ARC-Seal of instance {instance} is bad: {broken.why}") from None


def _read_sound_seal(tags: dict[str, str], field: Field, found: Found) -> Seal:
    """Read a seal that can only have found this of the chain before it (§5.2 step 3)."""
    algorithm, domain, selector, value = read_signer(tags)
    if "h" in tags:
        raise Broken("it has an h=, which a seal must not have")  # §4.1.3
    if (cv := required(tags, "cv")) != found:
        raise Broken(f"it says cv={cv[:20]}, where only cv={found} can stand")
    return Seal(field, found, algorithm, domain, selector, value, read_time(tags))


def seal_digests(sets: Sequence[ArcSet]) -> list[bytes]:
    """Give the hash that each set's seal signs: its own fields and those of all sets before it (§5.1.1).

    In one pass, as each begins with what the one before it hashed.
    """
    hashes, digests = {one.seal.algorithm.hash: one.seal.algorithm.hash.new() for one in sets}, []
    for one in sets:
        before = relax(one.results_field.raw) + relax(one.signature_field.raw)
        for hashed in hashes.values():
            hashed.update(before)
        own = hashes[one.seal.algorithm.hash].copy()
        own.update(unsigned(one.seal.field.raw, Canonical.RELAXED))
        digests.append(own.digest())
        sealed = relax(one.seal.field.raw)
        for hashed in hashes.values():
            hashed.update(sealed)
    return digests


def new_seal_digest(sets: Sequence[ArcSet], results: Field, signature: Field, seal: Field) -> bytes:
    """Give the SHA-256 that a new seal signs, over `sets` and its own set's fields."""
    parts = [
        relax(field.raw) for one in sets for field in (one.results_field, one.signature_field, one.seal.field)
    ]
    parts += [relax(results.raw), relax(signature.raw), unsigned(seal.raw, Canonical.RELAXED)]
    return Hash.SHA256.of(b"".join(parts))
