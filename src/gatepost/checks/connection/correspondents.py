"""People whom our users write to: learned from mail that goes out, and from what comes back.

A pair is one address of ours and one outside. It exists from our user's first message on, so no stranger can write
himself in; it is a known pair after so many messages each way. Kept as keyed hashes: the memory does not tell who
writes to whom. What comes in counts, and is spoken for, only where SPF or DKIM vouches for the sender's domain.

The check looks at the content's end, once for all recipients. Greylisting asks `wrote` at RCPT; there a forged
sender gains no more than a wait that is spared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from hashlib import blake2b
from typing import Final

from gatepost.checks.check import Looked
from gatepost.checks.connection.identities import DKIM, DMARC, SPF, Registered, aligned, vouched
from gatepost.checks.connection.memory_settings import CorrespondentsSettings
from gatepost.checks.evidence import CorrespondentEvidence, OutageEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.memory import DAY, Memory, Remembered, Space, Unavailable
from gatepost.mail.clock import Clock
from gatepost.mail.path import Mailbox

NAME: Final = "correspondent"
KNOWN: Final = "known-correspondent"
WRITTEN: Final = "written-correspondent"
MAX_RECIPIENTS: Final = 100  # of one message that are looked up or learned; beyond, it is no conversation
_MANY: Final = 1_000_000
_NOTHING: Final[tuple[Finding, ...]] = ()


class Pair(Remembered, frozen=True, array_like=True, gc=False):
    """How many messages our user `sent`, and how many he `received` since the first of those."""

    sent: int
    received: int


def sent_one(old: Pair | None, now: float, lifetime: float) -> Pair:
    """Count a message that our user wrote."""
    if old is None:
        return Pair(now + lifetime, 1, 0)
    return Pair(max(now + lifetime, old.expires), min(old.sent + 1, _MANY), old.received)


def received_one(old: Pair | None, now: float, lifetime: float) -> Pair | None:
    """Count a message that came back; from strangers nothing is remembered."""
    if old is None:
        return None
    return Pair(max(now + lifetime, old.expires), old.sent, min(old.received + 1, _MANY))


def is_known(pair: Pair, settings: CorrespondentsSettings) -> bool:
    """Tell whether enough went each way."""
    return pair.sent >= settings.sent and pair.received >= settings.received


def closest(pairs: Sequence[Pair | None], settings: CorrespondentsSettings) -> Pair | None:
    """Give the pair that says most for a sender: a known one before one that was only written to."""
    there = [pair for pair in pairs if pair is not None]
    return max(there, key=lambda pair: (is_known(pair, settings), pair.sent + pair.received), default=None)


def plain(mailbox: Mailbox) -> str:
    """Write an address in one way: in lower case, without a subaddress ("+detail", RFC 5233)."""
    local, _, domain = mailbox.address.lower().rpartition("@")
    if not local.startswith('"'):
        local = local.partition("+")[0] or local
    return f"{local}@{domain}"


class Correspondents:
    """The pairs. `secret` is the key of the hashes; `ours` tells whether a domain is ours."""

    def __init__(
        self,
        settings: CorrespondentsSettings,
        memory: Memory,
        clock: Clock,
        secret: bytes,
        ours: Callable[[str], bool],
    ) -> None:
        self.settings: Final = settings
        self._lifetime = settings.remember_days * DAY
        self._clock = clock
        self._secret = secret
        self._ours = ours
        self._pairs: Space[Pair] = Space(memory, "correspondents", Pair)

    def went_out(self, sender: Mailbox | None, recipients: Iterable[Mailbox]) -> None:
        """Learn from a message of a relay client that was accepted; `sender` is its reverse-path.

        Leave out what a machine answered (Auto-Submitted other than "no", RFC 3834 §5): an out-of-office note to a
        stranger is no acquaintance. `<>` is nobody, and what stays inside is no correspondence.
        """
        if sender is None or not self._ours(sender.domain):
            return
        outside = [r for r in recipients if not self._ours(r.domain)]
        if outside and len(outside) <= MAX_RECIPIENTS:
            keys = self.keys((sender,), outside)
            self._pairs.note(keys, partial(sent_one, now=self._clock(), lifetime=self._lifetime))

    def came_in(self, sender: Mailbox | None, recipients: Iterable[Mailbox], *, aligned: bool) -> None:
        """Learn from a message from outside that was accepted.

        `sender` is whom the message is from as far as that is vouched for: `aligned` tells whether SPF or DKIM
        does, for the domain of this very address. What is not, is not learned from.
        """
        if sender is None or not aligned or self._ours(sender.domain):
            return
        inside = [r for r in recipients if self._ours(r.domain)]
        if inside and len(inside) <= MAX_RECIPIENTS:
            keys = self.keys(inside, (sender,))
            self._pairs.note(keys, partial(received_one, now=self._clock(), lifetime=self._lifetime))

    async def wrote(self, ours: Mailbox, theirs: Mailbox | None) -> bool:
        """Tell whether our user wrote to someone lately; False too where that cannot be told."""
        if theirs is None:
            return False
        pairs = await self.between((ours,), theirs)
        return not isinstance(pairs, Unavailable) and pairs[0] is not None

    async def between(
        self, ours: Sequence[Mailbox], theirs: Mailbox
    ) -> tuple[Pair | None, ...] | Unavailable:
        """Give the pairs of some addresses of ours with one outside."""
        keys = self.keys(ours, (theirs,))
        fresh = self._pairs.fresh(keys)
        return fresh if fresh is not None else await self._pairs.get(keys)

    def keys(self, ours: Iterable[Mailbox], theirs: Sequence[Mailbox]) -> tuple[str, ...]:
        """Give the key of each address of ours with each of theirs."""
        return tuple(
            [
                blake2b(f"{us}\0{plain(them)}".encode(), digest_size=16, key=self._secret).hexdigest()
                for us in map(plain, ours)
                for them in theirs
            ]
        )


class CorrespondentsCheck:
    """Report that a message comes from someone whom a recipient of it writes to."""

    name = NAME
    stages = frozenset({Stage.CONTENT})

    def __init__(self, correspondents: Correspondents, registered: Registered) -> None:
        self._correspondents = correspondents
        self._registered = registered

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Looked:  # noqa: ARG002
        """Report a known pair, or one that our user began, where the reverse-path is vouched for."""
        sender = facts.reverse_path
        if facts.relay or sender is None or not facts.recipients or len(facts.recipients) > MAX_RECIPIENTS:
            return _NOTHING
        if not vouches(facts.findings, sender.domain, self._registered):
            return _NOTHING
        return self._look(facts.recipients, sender)

    async def _look(self, recipients: tuple[Mailbox, ...], sender: Mailbox) -> Sequence[Finding]:
        settings = self._correspondents.settings
        pairs = await self._correspondents.between(recipients, sender)
        if isinstance(pairs, Unavailable):
            evidence = OutageEvidence("the memory", pairs.reason)
            return (
                Finding(check=NAME, stage=Stage.CONTENT, result=Result.UNAVAILABLE, evidence=(evidence,)),
            )
        pair = closest(pairs, settings)
        if pair is None:
            return _NOTHING
        known = is_known(pair, settings)
        alike = sum(1 for p in pairs if p is not None and (is_known(p, settings) or not known))
        return (
            Finding(
                check=NAME,
                stage=Stage.CONTENT,
                result=Result.FOUND,
                name=KNOWN if known else WRITTEN,
                evidence=(CorrespondentEvidence(pair.sent, pair.received, len(recipients), alike),),
            ),
        )


def vouches(findings: Sequence[Finding], domain: str, registered: Registered) -> bool:
    """Tell whether SPF, DKIM or DMARC vouches for a domain, or for one of the same registered domain."""
    proven = {*vouched(findings, SPF), *vouched(findings, DKIM), *vouched(findings, DMARC)}
    return aligned(domain, proven, registered)
