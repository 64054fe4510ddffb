"""The reputation check: what became of earlier messages of the same client, network or domain.

Learned at the end of each message (`Reputation.learn`), asked at RCPT for client and SPF domain, and at the content's
end, when it is known which signatures hold, for the author's domain and those that signed. A standing is a tally by
day for four half-lives; older days count less. So the score can be made again by hand from what the finding says, and
who behaves is forgiven.

The narrowest name that enough is known of speaks. At RCPT that is a domain that SPF vouches for, else the address,
else its network; at the content's end an author's domain that signed what it sends, else the worst of the signers. A
good domain is not blamed for a shared address, a good address not for its neighbours, and an author not for the
other customers of the service that sends and signs for all of them.

What was refused for its reputation, or put off, is not learned from: a bad standing must not feed on itself. It fades
instead, until too little is known, and the next message is judged on its own.

`learned`, `score`, `evidence` and `band` are the whole of the logic; the check carries it to the memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final, Literal

from msgspec import Struct

from gatepost.checks.check import Looked
from gatepost.checks.connection.identities import (
    DKIM,
    SPF,
    Registered,
    network_of,
    plain_address,
    signed_author,
    vouched,
)
from gatepost.checks.connection.memory_settings import ReputationSettings
from gatepost.checks.connection.named import Address, Domain, Named, Place
from gatepost.checks.evidence import OutageEvidence, ReputationEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.memory import DAY, Memory, Remembered, Space, Unavailable
from gatepost.mail.clock import Clock

NAME: Final = "reputation"
POOR: Final = "reputation-poor"
BAD: Final = "reputation-bad"
HALF_LIVES: Final = 4  # then a message counts less than a sixteenth, and is forgotten
PRIOR: Final = 1.0  # messages of each kind that everyone is thought to have had: a stranger has 50 of 100
MAX_CAUSES: Final = 6  # kept for a day, and told
MAX_DKIM: Final = 8  # domains of one message that are asked about; more signatures are noise
OTHER: Final = "other"
_WIDTH: Final = {"spf": 0, "client": 1, "net": 2, "dmarc": 0, "dkim": 1}
_NEVER_LEARNED: Final = ("reputation-", "greylist-")
_NOTHING: Final[tuple[Finding, ...]] = ()

Band = Literal["allow", "delay", "reject"]


class Verdict(Struct, frozen=True, gc=False):
    """What became of a message: taken, or refused for good because of findings (their names, the deciding one first).

    What was put off has no verdict yet.
    """

    accepted: bool
    causes: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether it tells something new: not where reputation itself was the only reason."""
        return self.accepted or not self.causes or bool(self.own_causes)

    @property
    def own_causes(self) -> tuple[str, ...]:
        """The causes but for those that come from memory."""
        return tuple([cause for cause in self.causes if not cause.startswith(_NEVER_LEARNED)])


class Day(Struct, frozen=True, array_like=True, gc=False):
    """One day's messages (`day` since 1970-01-01, UTC), and how many were refused for which first cause."""

    day: int
    accepted: int = 0
    refused: int = 0
    causes: dict[str, int] = {}


class Standing(Remembered, frozen=True, array_like=True, gc=False):
    """What is known of one identity, the oldest day first."""

    days: tuple[Day, ...]


class Told(Struct, frozen=True, gc=False):
    """A standing in numbers: score from 0 (bad) to 100, weighted messages (`evidence`), and the plain counts."""

    score: int
    evidence: float
    messages: int
    refused: int
    days: int
    causes: tuple[tuple[str, int], ...]


def learned(old: Standing | None, verdict: Verdict, now: float, half_life: float) -> Standing:
    """Add a message to a standing, and drop the days that are over. `half_life` is in days."""
    today = int(now // DAY)
    horizon = today - HALF_LIVES * half_life
    days = [day for day in old.days if horizon <= day.day] if old is not None else []
    last = days[-1] if days else None
    if last is not None and last.day >= today:  # a clock set back goes on with the newest day
        days[-1] = _counted(last, verdict)
    else:
        days.append(_counted(Day(today), verdict))
    return Standing((days[-1].day + 1 + HALF_LIVES * half_life) * DAY, tuple(days))


def _counted(day: Day, verdict: Verdict) -> Day:
    if verdict.accepted:
        return Day(day.day, day.accepted + 1, day.refused, day.causes)
    causes = dict(day.causes)
    cause = (verdict.own_causes or (OTHER,))[0]
    if cause not in causes and len(causes) >= MAX_CAUSES:
        cause = OTHER
    causes[cause] = causes.get(cause, 0) + 1
    return Day(day.day, day.accepted, day.refused + 1, causes)


def _weighted(standing: Standing, now: float, half_life: float) -> tuple[float, float]:
    """Sum up what was accepted and what was refused, each day with the weight that its age leaves it."""
    today = int(now // DAY)
    accepted = refused = 0.0
    for day in standing.days:
        age = max(today - day.day, 0)
        if age <= HALF_LIVES * half_life:
            weight = 0.5 ** (age / half_life)
            accepted += day.accepted * weight
            refused += day.refused * weight
    return accepted, refused


def score(standing: Standing, now: float, half_life: float) -> float:
    """Give the standing as a number from 0 (bad) to 100 (good); 50 is what a stranger has."""
    return _score(*_weighted(standing, now, half_life))


def _score(accepted: float, refused: float) -> float:
    return 100 * (accepted + PRIOR) / (accepted + refused + 2 * PRIOR)


def evidence(standing: Standing, now: float, half_life: float) -> float:
    """Tell of how many messages is known, older ones counting less."""
    return sum(_weighted(standing, now, half_life))


def told(standing: Standing, now: float, half_life: float) -> Told:
    """Say a standing in numbers that a person can find again in the journal."""
    today = int(now // DAY)
    days = [day for day in standing.days if today - day.day <= HALF_LIVES * half_life]
    causes: dict[str, int] = {}
    for day in days:
        for cause, number in day.causes.items():
            causes[cause] = causes.get(cause, 0) + number
    refused = sum(day.refused for day in days)
    weighted = _weighted(standing, now, half_life)
    return Told(
        score=int(_score(*weighted)),  # never told better than it is
        evidence=sum(weighted),
        messages=refused + sum(day.accepted for day in days),
        refused=refused,
        days=max(today - days[0].day, 0) + 1 if days else 0,
        causes=tuple(sorted(causes.items(), key=lambda item: (-item[1], item[0]))[:MAX_CAUSES]),
    )


def band(told: Told, settings: ReputationSettings) -> Band:
    """Tell in which band of the slider a standing lies; too little evidence is in none but the first."""
    if told.evidence < settings.least_messages or told.score >= settings.delay_below:
        return "allow"
    return "reject" if told.score < settings.reject_below else "delay"


def identities(client: str, findings: Sequence[Finding], registered: Registered) -> tuple[str, ...]:
    """Name those whose standing a message of a client changes; `findings` are all that were made about it.

    Everything but address and network is vouched for, so nobody can spoil another's name.
    """
    return (*_calling(client, findings), *_signing(findings, registered))


def _calling(client: str, findings: Sequence[Finding]) -> tuple[str, ...]:
    return (*[f"spf={domain}" for domain in vouched(findings, SPF)[:1]], *_places(client))


def _signing(findings: Sequence[Finding], registered: Registered) -> tuple[str, ...]:
    signers = tuple(dict.fromkeys(vouched(findings, DKIM)))[:MAX_DKIM]
    if not signers:
        return ()
    author = signed_author(findings, registered)
    dkim = [f"dkim={domain}" for domain in signers]
    return (f"dmarc={author}", *dkim) if author else tuple(dkim)


def _places(client: str) -> tuple[str, str]:
    return f"client={plain_address(client)}", f"net={network_of(client)}"


def standings_space(memory: Memory) -> Space[Standing]:
    """Give the records of standings, by identity."""
    return Space(memory, "reputation", Standing)


class Reputation:
    """The standings: where they are learned."""

    def __init__(self, settings: ReputationSettings, memory: Memory, clock: Clock) -> None:
        self._half_life = settings.half_life_days
        self._clock = clock
        self._standings = standings_space(memory)

    def learn(self, identities: Sequence[str], verdict: Verdict) -> None:
        """Learn what became of a message. Waits for nothing; a verdict may be lost when the memory fails."""
        if verdict.counts:
            step = partial(learned, verdict=verdict, now=self._clock(), half_life=self._half_life)
            self._standings.note(identities, step)


class _StandingCheck:
    """Report a standing in the delay band or the reject band."""

    name = NAME

    def __init__(self, settings: ReputationSettings, memory: Memory, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._standings = standings_space(memory)

    def _standing(self, stage: Stage, keys: tuple[str, ...]) -> Looked:
        if not keys:
            return _NOTHING
        fresh = self._standings.fresh(keys)
        return self._look(stage, keys) if fresh is None else self._judge(stage, keys, fresh)

    async def _look(self, stage: Stage, keys: tuple[str, ...]) -> Sequence[Finding]:
        found = await self._standings.get(keys)
        if isinstance(found, Unavailable):
            reason = OutageEvidence("the memory", found.reason)
            return (Finding(check=NAME, stage=stage, result=Result.UNAVAILABLE, evidence=(reason,)),)
        return self._judge(stage, keys, found)

    def _judge(
        self, stage: Stage, keys: tuple[str, ...], found: Sequence[Standing | None]
    ) -> Sequence[Finding]:
        settings = self._settings
        now = self._clock()
        spoken = [
            (key.partition("="), said)
            for key, standing in zip(keys, found, strict=True)
            if standing is not None
            and (said := told(standing, now, settings.half_life_days)).evidence >= settings.least_messages
        ]
        if not spoken:
            return _NOTHING
        # Of several signatures the worst one speaks: who signs with a bad name sent it, whoever signed besides.
        (kind, _, who), said = min(spoken, key=lambda one: (_WIDTH[one[0][0]], one[1].score))
        name = {"allow": "", "delay": POOR, "reject": BAD}[band(said, settings)]
        if not name:
            return _NOTHING
        numbers = ReputationEvidence(
            who, said.score, said.messages, said.refused, said.days, said.causes, kind
        )
        return (Finding(check=NAME, stage=stage, result=Result.FOUND, name=name, evidence=(numbers,)),)


class ReputationCheck(_StandingCheck):
    """Report the standing of who is calling: of the SPF domain, the client, its network."""

    stages = frozenset({Stage.RCPT})

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Looked:  # noqa: ARG002
        """Report "reputation-poor" or "reputation-bad"; nothing of own clients."""
        return _NOTHING if facts.relay else self._standing(stage, _calling(facts.client, facts.findings))


class SignerReputationCheck(_StandingCheck):
    """Report the standing of who has signed; it needs a wave behind the check of signatures."""

    stages = frozenset({Stage.CONTENT})

    def __init__(
        self, settings: ReputationSettings, memory: Memory, clock: Clock, registered: Registered
    ) -> None:
        super().__init__(settings, memory, clock)
        self._registered = registered

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Looked:  # noqa: ARG002
        """Report "reputation-poor" or "reputation-bad"; nothing of own clients."""
        return _NOTHING if facts.relay else self._standing(stage, _signing(facts.findings, self._registered))


def keys_for(named: Named) -> tuple[str, ...]:
    """Give the keys of those whom a person means: an address with its network, or a domain that is vouched for."""
    match named:
        case Place():
            if named.alone:
                return _places(str(named))
            return (
                *[f"client={client}" for client in named.clients()],
                *[f"net={n}" for n in named.networks()],
            )
        case Domain():
            return _domain_keys(named.name)
        case Address():
            return _domain_keys(named.address.rpartition("@")[2])


def _domain_keys(domain: str) -> tuple[str, ...]:
    return f"spf={domain}", f"dkim={domain}", f"dmarc={domain}"


async def standings_of(memory: Memory, keys: Sequence[str]) -> tuple[tuple[str, Standing], ...] | Unavailable:
    """Give the standings there are, by key."""
    found = await standings_space(memory).get(keys)
    if isinstance(found, Unavailable):
        return found
    pairs = zip(keys, found, strict=True)
    return tuple([(key, standing) for key, standing in pairs if standing is not None])


async def worst(
    memory: Memory, settings: ReputationSettings, now: float, limit: int, kind: str = ""
) -> tuple[tuple[str, Standing], ...] | Unavailable:
    """Give those with the lowest scores of whom enough is known, the worst first; of one `kind`, or of all."""
    found = await standings_space(memory).all(f"{kind}=" if kind else "")
    if isinstance(found, Unavailable):
        return found
    half_life = settings.half_life_days
    enough = [one for one in found if evidence(one[1], now, half_life) >= settings.least_messages]
    return tuple(sorted(enough, key=lambda one: (score(one[1], now, half_life), one[0]))[:limit])


async def forget(memory: Memory, keys: Sequence[str]) -> tuple[str, ...] | Unavailable:
    """Forget standings; give the keys of those that were there."""
    known = await standings_of(memory, keys)
    if isinstance(known, Unavailable):
        return known
    gone = tuple([key for key, _ in known])
    changed = await standings_space(memory).change(gone, lambda _: None)
    return changed if isinstance(changed, Unavailable) else gone
