"""The body as signatures see it: canonical, and hashed in one pass for all that ask (RFC 6376 §3.4.3, §3.4.4, §3.7).

On the way of a message: signatures are read, each says which `BodyHash` it wants; the body then goes by once, in
chunks cut anywhere, and every wanted hash has its octets. Knows no signatures and no fields. Memory is bounded by
the chunk, time is linear: empty lines are counted, not kept, and a run of blanks is never looked at twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from msgspec import Struct

from gatepost.mailauth.dkim.hash import Hash

_MANY_LINES: Final = b"\r\n" * 4_096


class Canonical(StrEnum):
    """How much a relay may change without breaking a signature."""

    SIMPLE = "simple"
    RELAXED = "relaxed"


class BodyHash(Struct, frozen=True, gc=False):
    """A hash that a signature wants: over the canonical body, or over its first `limit` octets (`l=`)."""

    canonical: Canonical
    limit: int | None = None
    by: Hash = Hash.SHA256


class BodyDigest(Struct, frozen=True, gc=False):
    """The hash that was wanted, and how long the whole canonical body is, in octets."""

    value: bytes
    octets: int


def digest_body(chunks: Iterable[bytes], wanted: Iterable[BodyHash]) -> dict[BodyHash, BodyDigest]:
    """Hash a body whose lines end in CRLF in all the wanted ways; it is not read when nothing is wanted."""
    hasher = BodyHasher(wanted)
    if hasher.idle:
        return {}
    for chunk in chunks:
        hasher.update(chunk)
    return hasher.digests()


class BodyHasher:
    """The same for a caller who does other things between the chunks of a large body."""

    def __init__(self, wanted: Iterable[BodyHash]) -> None:
        wanted = frozenset(wanted)
        self._simple = _stage(wanted, Canonical.SIMPLE)
        self._relaxed = _stage(wanted, Canonical.RELAXED)
        self._held = b""  # of the relaxed body: a blank, or a CR, of which the next octet says what they are

    @property
    def idle(self) -> bool:
        """Whether nothing is wanted."""
        return self._simple is None and self._relaxed is None

    def update(self, chunk: bytes) -> None:
        """Take the next octets of the body."""
        if self._simple is not None:
            self._simple.write(chunk)
        if self._relaxed is not None:
            self._relax(chunk, self._relaxed)

    def digests(self) -> dict[BodyHash, BodyDigest]:
        """End the body and give its hashes; the hasher is used up."""
        digests: dict[BodyHash, BodyDigest] = {}
        if self._simple is not None:
            # §3.4.3: a body without a last CRLF gets one, and so does an empty one.
            digests.update(self._simple.end(always=True))
        if self._relaxed is not None:
            # Blanks at the end of the body end a line too; a lone CR is no line end, so what is before it stays.
            if self._held.endswith(b"\r"):
                self._relaxed.write(self._held)
            # §3.4.4: an empty body stays empty, one that is not empty gets its last CRLF.
            digests.update(self._relaxed.end(always=False))
        return digests

    def _relax(self, chunk: bytes, lines: _Lines) -> None:
        """Reduce blanks to one, and to none at the end of a line (§3.4.4 a)."""
        data = self._held + chunk
        end = len(data)
        if data.endswith(b"\r"):
            end -= 1
        if data[end - 1 : end] in (b" ", b"\t"):
            end = len(data[:end].rstrip(b" \t"))
        held, data = data[end:], data[:end] if end < len(data) else data
        # Two octets at most stand for all the blanks and the CR at the end.
        self._held = b" \r"[held[:1] == b"\r" : 1 + held.endswith(b"\r")] if held else b""
        if b"\t" in data:
            data = data.replace(b"\t", b" ")
        while b"  " in data:  # halves the runs each time
            data = data.replace(b"  ", b" ")
        lines.write(data.replace(b" \r\n", b"\r\n"))


class _Lines:
    """The stage both ways share: empty lines at the end count for nothing, the hashes get the rest."""

    def __init__(self, wanted: Iterable[BodyHash]) -> None:
        self._hashes = [(one, one.by.new()) for one in wanted]
        self._octets = 0
        self._empty = 0  # CRLFs that were not passed on, as nothing has followed them yet
        self._held = b""

    def write(self, data: bytes) -> None:
        if self._held:
            data = self._held + data
            self._held = b""
        if data.endswith(b"\r"):
            self._held = b"\r"
            data = data[:-1]
        end = _content_end(data)
        if end:
            self._pass_empty()
            self._pass(data if end == len(data) else memoryview(data)[:end])
        self._empty += (len(data) - end) // 2

    def end(self, *, always: bool) -> dict[BodyHash, BodyDigest]:
        if self._held:
            self._pass_empty()
            self._pass(self._held)
        if always or self._octets:
            self._pass(b"\r\n")
        return {one: BodyDigest(hashed.digest(), self._octets) for one, hashed in self._hashes}

    def _pass_empty(self) -> None:
        octets, self._empty = 2 * self._empty, 0
        while octets:
            self._pass(_MANY_LINES[:octets])
            octets -= min(octets, len(_MANY_LINES))

    def _pass(self, data: bytes | memoryview) -> None:
        for one, hashed in self._hashes:
            limit = one.limit
            if limit is None or self._octets + len(data) <= limit:
                hashed.update(data)
            elif self._octets < limit:
                hashed.update(data[: limit - self._octets])
        self._octets += len(data)


def _stage(wanted: frozenset[BodyHash], canonical: Canonical) -> _Lines | None:
    those = [one for one in wanted if one.canonical is canonical]
    return _Lines(those) if those else None


def _content_end(data: bytes) -> int:
    """Find where the CRLFs begin that end `data`; a CR at its end is none."""
    if data.endswith(b"\r"):
        return len(data)
    start = len(data.rstrip(b"\r\n"))
    tail = data[start:]
    if tail == b"\r\n" * (len(tail) // 2):
        return start
    # Lone CRs and LFs are content; behind the last of them all are pairs.
    lone_lf = tail.rfind(b"\n\n") + 2 if b"\n\n" in tail else int(tail.startswith(b"\n"))
    return start + max(lone_lf, tail.rfind(b"\r\r") + 1)
