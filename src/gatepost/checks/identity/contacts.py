"""The check of author domains that look like one where somebody is with whom our users correspond.

Who wants to be taken for a supplier writes from a domain a letter away from the supplier's. The domains of known
correspondents are kept in the memory under their likenesses (`mail.lookalike`), so that one question finds the few
that are worth a comparison, however many are known. They come there only when a message was from a known
correspondent by proof; the memory has these domains in plain text, for a person must be told which is meant, but not
who writes to whom there.

A domain that is a contact itself is never reported. What is not found here: the same name under another registry,
which honest companies have too, and a known name within a longer one.

Needs a wave behind the check of the author. `kept` is the whole of what is learned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final

from gatepost.checks.check import Looked
from gatepost.checks.connection.correspondents import KNOWN
from gatepost.checks.connection.identities import author_of
from gatepost.checks.evidence import (
    CorrespondentEvidence,
    DmarcEvidence,
    LookAlikeEvidence,
    OutageEvidence,
)
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.memory import DAY, Memory, Remembered, Space, Unavailable
from gatepost.mail.clock import Clock
from gatepost.mail.lookalike import Known, Resemblance, likenesses, registered_part, resembles

NAME: Final = "contact"
LOOK_ALIKE: Final = "contact-look-alike"
MAX_ALIKE: Final = 4  # domains that are kept under one likeness
MAX_COMPARED: Final = 8  # domains that one author domain is compared with
_NOTHING: Final[tuple[Finding, ...]] = ()


class Alike(Remembered, frozen=True, array_like=True, gc=False):
    """Domains of contacts that have a likeness in common, each with its end in seconds since 1970."""

    domains: dict[str, float]


def kept(old: Alike | None, domain: str, now: float, lifetime: float) -> Alike:
    """Keep a domain under one of its likenesses for another `lifetime`; within a day, all stays as it is."""
    if old is not None and old.domains.get(domain, 0.0) > now + lifetime - DAY:
        return old
    there = {name: until for name, until in old.domains.items() if until > now} if old is not None else {}
    there[domain] = now + lifetime
    youngest = sorted(there, key=there.__getitem__)[-MAX_ALIKE:]
    return Alike(max(there.values()), {name: there[name] for name in youngest})


class Contacts:
    """The domains of known correspondents, remembered for `days` after the last message."""

    def __init__(self, days: float, memory: Memory, clock: Clock) -> None:
        self._lifetime = days * DAY
        self._clock = clock
        self.records: Final[Space[Alike]] = Space(memory, "contacts", Alike)

    def learn(self, findings: Iterable[Finding]) -> None:
        """Learn from a message that was taken: where it came from a known correspondent, of which domain."""
        for finding in findings:
            if finding.what == KNOWN:
                for evidence in finding.evidence:
                    if isinstance(evidence, CorrespondentEvidence):
                        self._keep(registered_part(evidence.domain))

    def _keep(self, domain: str) -> None:
        step = partial(kept, domain=domain, now=self._clock(), lifetime=self._lifetime)
        self.records.note(likenesses(domain), step)


class ContactsCheck:
    """Report an author domain that looks like a contact's; `ours` tells whether a domain is one of ours."""

    name = NAME
    stages = frozenset({Stage.CONTENT})

    def __init__(self, contacts: Contacts, ours: Callable[[str], bool]) -> None:
        self._contacts = contacts
        self._ours = ours

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Looked:  # noqa: ARG002
        """Report "contact-look-alike" of mail from outside."""
        author = None if facts.relay else author_of(facts.findings)
        if author is None or not author.author or self._ours(author.author):
            return _NOTHING
        keys = likenesses(author.author)
        if not keys:
            return _NOTHING
        fresh = self._contacts.records.fresh(keys)
        return self._look(author, keys) if fresh is None else _judged(author, fresh)

    async def _look(self, author: DmarcEvidence, keys: tuple[str, ...]) -> Sequence[Finding]:
        found = await self._contacts.records.get(keys)
        if isinstance(found, Unavailable):
            outage = OutageEvidence("the memory", found.reason)
            return (Finding(check=NAME, stage=Stage.CONTENT, result=Result.UNAVAILABLE, evidence=(outage,)),)
        return _judged(author, found)


def resembled(domain: str, found: Sequence[Alike | None]) -> Resemblance | None:
    """Tell which contact a domain looks like, by the records of its likenesses; None for none, and for a contact."""
    alike = dict.fromkeys([domain for record in found if record is not None for domain in record.domains])
    if not alike or registered_part(domain) in alike:
        return None
    return resembles(domain, Known(list(alike)[:MAX_COMPARED]))


def _judged(author: DmarcEvidence, found: Sequence[Alike | None]) -> Sequence[Finding]:
    resemblance = resembled(author.author, found)
    if resemblance is None:
        return _NOTHING
    shown = author.address or author.author
    evidence = LookAlikeEvidence(shown, author.author, resemblance.known, resemblance.reason)
    return (
        Finding(check=NAME, stage=Stage.CONTENT, result=Result.FOUND, name=LOOK_ALIKE, evidence=(evidence,)),
    )
