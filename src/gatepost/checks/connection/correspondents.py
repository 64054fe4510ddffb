"""People whom our users write to: learned from mail that goes out, and from what comes back.

A pair is one address of ours and one outside. It exists from our user's first message on, so no stranger can write
himself in; it is a known pair after so many messages each way. Kept as keyed hashes: the memory does not tell who
writes to whom. A message is from its author and from its reverse-path; each counts, and is spoken for, only where
proof vouches for its domain (`proven`): so it needs a wave behind the checks of identity.

The check looks at the content's end, once for all recipients. Greylisting asks `wrote` at RCPT for the reverse-path;
there a forged sender gains no more than a wait that is spared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from hashlib import blake2b
from typing import Final, Literal

from msgspec import Struct

from gatepost.checks.check import Looked
from gatepost.checks.connection.identities import (
    DKIM,
    DMARC,
    SPF,
    Registered,
    aligned,
    proven_author,
    vouched,
)
from gatepost.checks.connection.memory_settings import CorrespondentsSettings
from gatepost.checks.evidence import CorrespondentEvidence, OutageEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.memory import DAY, Memory, Remembered, Space, Unavailable
from gatepost.mail.clock import Clock
from gatepost.mail.idn import to_ascii
from gatepost.mail.path import Mailbox

NAME: Final = "correspondent"
KNOWN: Final = "known-correspondent"
WRITTEN: Final = "written-correspondent"
MAX_RECIPIENTS: Final = 100  # of one message that are looked up or learned; beyond, it is no conversation
_MANY: Final = 1_000_000
_NOTHING: Final[tuple[Finding, ...]] = ()


class Sender(Struct, frozen=True, gc=False):
    """Whom a message is from, as far as that is proven, and where it says so."""

    mailbox: Mailbox
    place: Literal["author", "reverse-path"]


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
    """Write an address in one way: in lower case and A-labels, without a subaddress ("+detail", RFC 5233)."""
    local, _, domain = mailbox.address.lower().rpartition("@")
    if not local.startswith('"'):
        local = local.partition("+")[0] or local
    return f"{local}@{to_ascii(domain) or domain}"


def proven(
    reverse_path: Mailbox | None, findings: Sequence[Finding], registered: Registered
) -> tuple[Sender, ...]:
    """Give whom a message is from, once for each address; nobody where nothing is proven."""
    author = proven_author(findings, registered)
    senders = (Sender(author, "author"),) if author is not None else ()
    if reverse_path is None or (author is not None and plain(reverse_path) == plain(author)):
        return senders
    if not vouches(findings, reverse_path.domain, registered):
        return senders
    return (*senders, Sender(reverse_path, "reverse-path"))


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

    def went_out(self, senders: Iterable[Mailbox], recipients: Iterable[Mailbox]) -> None:
        """Learn from a message of a relay client that was accepted; `senders` are its author and reverse-path.

        Answers come to either. Leave out what a machine answered (Auto-Submitted other than "no", RFC 3834 §5): an
        out-of-office note to a stranger is no acquaintance. `<>` is nobody, and what stays inside is no
        correspondence.
        """
        inside = [s for s in senders if self._ours(s.domain)]
        outside = [r for r in recipients if not self._ours(r.domain)]
        if inside and outside and len(outside) <= MAX_RECIPIENTS:
            step = partial(sent_one, now=self._clock(), lifetime=self._lifetime)
            self._pairs.note(self.keys(inside, outside), step)

    def came_in(self, senders: Iterable[Mailbox], recipients: Iterable[Mailbox]) -> None:
        """Learn from a message from outside that was accepted; `senders` are whom it is from, as far as proven."""
        outside = [s for s in senders if not self._ours(s.domain)]
        inside = [r for r in recipients if self._ours(r.domain)]
        if inside and outside and len(inside) <= MAX_RECIPIENTS:
            step = partial(received_one, now=self._clock(), lifetime=self._lifetime)
            self._pairs.note(self.keys(inside, outside), step)

    async def wrote(self, ours: Mailbox, theirs: Mailbox | None) -> bool:
        """Tell whether our user wrote to someone lately; False too where that cannot be told."""
        if theirs is None:
            return False
        keys = self.keys((ours,), (theirs,))
        pairs = self.fresh(keys) or await self.pairs(keys)
        return not isinstance(pairs, Unavailable) and pairs[0] is not None

    def fresh(self, keys: Sequence[str]) -> tuple[Pair | None, ...] | None:
        """Give the pairs of some keys when all were seen a moment ago, else None."""
        return self._pairs.fresh(keys)

    async def pairs(self, keys: Sequence[str]) -> tuple[Pair | None, ...] | Unavailable:
        """Give the pairs of some keys."""
        return await self._pairs.get(keys)

    def keys(self, ours: Iterable[Mailbox], theirs: Iterable[Mailbox]) -> tuple[str, ...]:
        """Give the key of each address of ours with each of theirs, once: first all of the first of ours."""
        them = dict.fromkeys(map(plain, theirs))
        return tuple(
            [
                blake2b(f"{us}\0{other}".encode(), digest_size=16, key=self._secret).hexdigest()
                for us in dict.fromkeys(map(plain, ours))
                for other in them
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
        """Report a known pair, or one that our user began."""
        recipients = facts.recipients
        if facts.relay or not recipients or len(recipients) > MAX_RECIPIENTS:
            return _NOTHING
        senders = proven(facts.reverse_path, facts.findings, self._registered)
        if not senders:
            return _NOTHING
        keys = self._correspondents.keys(recipients, [sender.mailbox for sender in senders])
        fresh = self._correspondents.fresh(keys)
        return self._look(keys, senders) if fresh is None else self._told(fresh, senders)

    async def _look(self, keys: tuple[str, ...], senders: tuple[Sender, ...]) -> Sequence[Finding]:
        pairs = await self._correspondents.pairs(keys)
        if isinstance(pairs, Unavailable):
            evidence = OutageEvidence("the memory", pairs.reason)
            return (
                Finding(check=NAME, stage=Stage.CONTENT, result=Result.UNAVAILABLE, evidence=(evidence,)),
            )
        return self._told(pairs, senders)

    def _told(self, pairs: Sequence[Pair | None], senders: tuple[Sender, ...]) -> Sequence[Finding]:
        settings = self._correspondents.settings
        best = closest(pairs, settings)
        if best is None:
            return _NOTHING
        known = is_known(best, settings)
        place = pairs.index(best) % len(senders)
        sender, own = senders[place], pairs[place :: len(senders)]
        alike = sum(1 for pair in own if pair is not None and (is_known(pair, settings) or not known))
        evidence = CorrespondentEvidence(
            best.sent, best.received, len(own), alike, sender.place, sender.mailbox.domain
        )
        return (
            Finding(
                check=NAME,
                stage=Stage.CONTENT,
                result=Result.FOUND,
                name=KNOWN if known else WRITTEN,
                evidence=(evidence,),
            ),
        )


def vouches(findings: Sequence[Finding], domain: str, registered: Registered) -> bool:
    """Tell whether SPF, DKIM or DMARC vouches for a domain, or for one of the same registered domain."""
    proven = {*vouched(findings, SPF), *vouched(findings, DKIM), *vouched(findings, DMARC)}
    return aligned(domain, proven, registered)
