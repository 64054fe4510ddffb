"""The check of author domains that are new here: nothing of them was taken before, or for a few hours only.

Forgers and spammers take a new domain for each campaign. So do new customers, and that is why it is a small sign. A
domain is known by its registered part from the first message on that was taken from it, or that our users wrote to
it; what was refused made nobody known. It stays new for some hours after that, as a campaign is more than a message.

To a young memory every domain is new. It is silent until it is some days old and has seen some messages, and a
finding says how much it has seen; a memory that was lost is young again.

Needs a wave behind the check of the author. `seen_one` and `is_new` are the whole of the logic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final

from gatepost.checks.check import Looked
from gatepost.checks.connection.identities import Registered, author_of
from gatepost.checks.connection.memory_settings import NewDomainsSettings
from gatepost.checks.evidence import NewDomainEvidence, OutageEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.memory import DAY, HOUR, Memory, Remembered, Space, Unavailable
from gatepost.mail.clock import Clock
from gatepost.mail.idn import to_ascii

NAME: Final = "author-domain"
NEW: Final = "author-domain-new"
LEAST_MESSAGES: Final = 200  # that a memory has seen before it says that something is new to it
MAX_DOMAINS: Final = 100  # that one message makes known
_ALL: Final = "*"  # the key of all messages together: when the memory began
_MANY: Final = 1_000_000_000
_NOTHING: Final[tuple[Finding, ...]] = ()


class Seen(Remembered, frozen=True, array_like=True, gc=False):
    """When a domain was seen first (seconds since 1970), and in how many messages."""

    first: float
    messages: int


def seen_one(old: Seen | None, now: float, lifetime: float) -> Seen:
    """Count a message."""
    if old is None:
        return Seen(now + lifetime, now, 1)
    return Seen(max(now + lifetime, old.expires), min(old.first, now), min(old.messages + 1, _MANY))


def is_new(seen: Seen | None, everything: Seen | None, now: float, settings: NewDomainsSettings) -> bool:
    """Tell whether a domain is new to a memory that has seen `everything` so far, and is old enough to say so."""
    if everything is None or everything.messages < LEAST_MESSAGES:
        return False
    if now - everything.first < settings.quiet_days * DAY:
        return False
    return seen is None or now - seen.first < settings.new_hours * HOUR


class KnownDomains:
    """The domains that were seen. `registered` gives the registered part, `ours` tells whether a domain is ours."""

    def __init__(
        self,
        settings: NewDomainsSettings,
        memory: Memory,
        clock: Clock,
        registered: Registered,
        ours: Callable[[str], bool],
    ) -> None:
        self.settings: Final = settings
        self.ours: Final = ours
        self._lifetime = settings.remember_days * DAY
        self._clock = clock
        self._registered = registered
        self.records: Final[Space[Seen]] = Space(memory, "domains", Seen)

    def learn(self, domains: Iterable[str]) -> None:
        """Learn from one message that was taken which domains outside it came from or went to."""
        readable = [name for domain in domains if (name := to_ascii(domain)) and not self.ours(name)]
        names = dict.fromkeys(map(self.name, readable))
        if names and len(names) <= MAX_DOMAINS:
            step = partial(seen_one, now=self._clock(), lifetime=self._lifetime)
            self.records.note((_ALL, *names), step)

    def name(self, domain: str) -> str:
        """Give the name by which a domain (in A-labels) is remembered."""
        return self._registered(domain) or domain


class NewDomainCheck:
    """Report an author domain that is new here."""

    name = NAME
    stages = frozenset({Stage.CONTENT})

    def __init__(self, known: KnownDomains, clock: Clock) -> None:
        self._known = known
        self._clock = clock

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Looked:  # noqa: ARG002
        """Report "author-domain-new" of mail from outside."""
        author = None if facts.relay else author_of(facts.findings)
        if author is None or not author.author or self._known.ours(author.author):
            return _NOTHING
        domain = self._known.name(author.author)
        fresh = self._known.records.fresh((_ALL, domain))
        return self._look(domain) if fresh is None else self._judge(domain, fresh)

    async def _look(self, domain: str) -> Sequence[Finding]:
        found = await self._known.records.get((_ALL, domain))
        if isinstance(found, Unavailable):
            outage = OutageEvidence("the memory", found.reason)
            return (Finding(check=NAME, stage=Stage.CONTENT, result=Result.UNAVAILABLE, evidence=(outage,)),)
        return self._judge(domain, found)

    def _judge(self, domain: str, found: Sequence[Seen | None]) -> Sequence[Finding]:
        everything, seen = found
        if everything is None or not is_new(seen, everything, self._clock(), self._known.settings):
            return _NOTHING
        evidence = NewDomainEvidence(
            domain, seen.first if seen is not None else 0.0, everything.first, everything.messages
        )
        return (
            Finding(check=NAME, stage=Stage.CONTENT, result=Result.FOUND, name=NEW, evidence=(evidence,)),
        )
