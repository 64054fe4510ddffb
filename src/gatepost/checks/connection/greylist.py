"""The greylist check: a stranger who looks suspicious is asked to come again, and is known once it did.

At RCPT, after all that was found before. What waits is one message for one recipient from one pool of machines (see
`identities`), so that only a true retry counts, from whichever machine of the pool. What is known afterwards is the
pool, for every sender and recipient. Who is never asked: relay clients, those whom another finding speaks for, people
whom our users write to, what a person released (`release`).

`arrived`, `state` and `passed` are the whole of the logic; the check carries it to the memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import blake2b
from typing import Final, Literal, assert_never

import msgspec

from gatepost.checks.check import Looked
from gatepost.checks.connection.correspondents import Correspondents
from gatepost.checks.connection.identities import Registered, network_of, plain_address, pool_of
from gatepost.checks.connection.memory_settings import GreylistSettings
from gatepost.checks.evidence import Evidence, GreylistEvidence, NoteEvidence, OutageEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.memory import DAY, Memory, Remembered, Space, Unavailable
from gatepost.mail.clock import Clock
from gatepost.mail.path import Mailbox

NAME: Final = "greylist"
FIRST: Final = "greylist-first"
EARLY: Final = "greylist-early"
_NOTHING: Final[tuple[Finding, ...]] = ()

State = Literal["first", "early", "passed"]


class Waiting(Remembered, frozen=True, array_like=True, gc=False):
    """A message for one recipient that was put off: since when (`first`), and how often it came."""

    first: float
    tries: int
    pool: str
    client: str
    sender: str
    recipient: str
    released: bool = False


class Known(Remembered, frozen=True, array_like=True, gc=False):
    """A pool, or what a person released: since when it is known, its last renewal, and why it is."""

    since: float
    renewed: float
    why: str


def known_space(memory: Memory) -> Space[Known]:
    """Give the records of who need not wait, by pool or by what was released."""
    return Space(memory, "greylist-known", Known)


def waiting_space(memory: Memory) -> Space[Waiting]:
    """Give the records of what was put off, by pool and message."""
    return Space(memory, "greylist-waiting", Waiting)


def weighs(finding: Finding) -> bool:
    """Tell whether a finding makes a session suspicious: something was found, and it adds to the score by itself."""
    return finding.result is Result.FOUND and finding.score > 0


def speaks_for(finding: Finding) -> bool:
    """Tell whether a finding spares a session the wait: what was found takes from the score."""
    return finding.result is Result.FOUND and finding.score < 0


def arrived(old: Waiting | None, new: Waiting) -> Waiting:
    """Count one more try of a message; `new` is how the first one would be remembered."""
    return new if old is None else msgspec.structs.replace(old, tries=old.tries + 1)


def state(waiting: Waiting, now: float, delay: float) -> State:
    """Tell what a try means that was counted just now."""
    if waiting.released or (waiting.tries > 1 and now - waiting.first >= delay):
        return "passed"
    return "first" if waiting.tries == 1 else "early"


def seconds_left(waiting: Waiting, now: float, delay: float) -> int:
    """Tell in how many whole seconds a message may pass; at most the delay, also where the clock was set back."""
    return max(min(math.ceil(waiting.first + delay - now), math.ceil(delay)), 0)


def passed(old: Known | None, now: float, lifetime: float, why: str) -> Known:
    """Make a pool known, or renew it: what was known stays so for `lifetime` seconds from now."""
    return Known(now + lifetime, now if old is None else old.since, now, why if old is None else old.why)


def keys_of(facts: Facts, pool: str) -> tuple[str, ...]:
    """Give all keys under which one who calls may be known; its pool first, then what a person may have released."""
    sender = facts.reverse_path
    keys = (pool, client_key(plain_address(facts.client)), network_key(network_of(facts.client)))
    if sender is None:
        return keys
    return (*keys, sender_key(sender.domain), sender_key(sender.address.lower()))


def client_key(address: str) -> str:
    """Give the key of a released address."""
    return f"client={address}"


def network_key(network: str) -> str:
    """Give the key of a released network."""
    return f"net={network}"


def sender_key(who: str) -> str:
    """Give the key of a released sender: a domain or an address, in lower case."""
    return f"sender={who}"


def waiting_key(pool: str, sender: str, recipient: str) -> str:
    """Give the key of one message for one recipient."""
    envelope = blake2b(f"{sender}\0{recipient}".encode(), digest_size=12).hexdigest()
    return f"{pool} {envelope}"


class GreylistCheck:
    """Ask strangers to come again.

    `suspicious` tells which findings are a reason to (mode "suspicious"), `spared` which ones a reason not to;
    `correspondents` is None where they are not tracked.
    """

    name = NAME
    stages = frozenset({Stage.RCPT})

    def __init__(
        self,
        settings: GreylistSettings,
        memory: Memory,
        clock: Clock,
        registered: Registered,
        correspondents: Correspondents | None = None,
        suspicious: Callable[[Finding], bool] = weighs,
        spared: Callable[[Finding], bool] = speaks_for,
    ) -> None:
        self._everyone = settings.mode == "all"
        self._off = settings.mode == "off"
        self._delay = settings.delay
        self._window = settings.retry_window
        self._lifetime = settings.known_days * DAY
        self._known = known_space(memory)
        self._waiting = waiting_space(memory)
        self._clock = clock
        self._registered = registered
        self._correspondents = correspondents
        self._suspicious = suspicious
        self._spared = spared

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Looked:  # noqa: ARG002
        """Report nothing where there is no suspicion; else whether the caller is known, or has to wait."""
        recipient = facts.recipient
        if self._off or facts.relay or recipient is None:
            return _NOTHING
        if not self._everyone and not any(map(self._suspicious, facts.findings)):
            return _NOTHING
        if any(map(self._spared, facts.findings)):
            return _NOTHING
        pool = pool_of(facts, self._registered)
        keys = keys_of(facts, pool)
        known = self._known.fresh(keys)
        if known is not None and any(known):
            return self._is_known(keys, known)
        return self._look(facts, recipient, pool, keys)

    async def _look(
        self, facts: Facts, recipient: Mailbox, pool: str, keys: tuple[str, ...]
    ) -> Sequence[Finding]:
        known = await self._known.get(keys)
        if isinstance(known, Unavailable):
            return self._unavailable(known)
        if any(known):
            return self._is_known(keys, known)
        if self._correspondents is not None and await self._correspondents.wrote(
            recipient, facts.reverse_path
        ):
            return self._finding(Result.SKIPPED, NoteEvidence("our user writes to this sender"))
        now = self._clock()
        sender = "" if facts.reverse_path is None else facts.reverse_path.address.lower()
        to = recipient.address.lower()
        new = Waiting(now + self._window, now, 1, pool, plain_address(facts.client), sender, to)
        key = waiting_key(pool, sender, to)
        changed = await self._waiting.change((key,), partial(arrived, new=new))
        if isinstance(changed, Unavailable):
            return self._unavailable(changed)
        waiting = changed[0] or new
        match state(waiting, now, self._delay):
            case "first":
                return self._wait(FIRST, waiting, now)
            case "early":
                return self._wait(EARLY, waiting, now)
            case "passed":
                return await self._passes(key, waiting, now)
            case other:
                assert_never(other)

    def _is_known(self, keys: Sequence[str], known: Sequence[Known | None]) -> Sequence[Finding]:
        now = self._clock()
        key, record = next(
            (key, record) for key, record in zip(keys, known, strict=True) if record is not None
        )
        if now - record.renewed >= DAY:  # once a day is enough for what lasts for weeks
            self._known.note((key,), lambda old: old and passed(old, now, self._lifetime, ""))
        return self._finding(Result.CLEAN, NoteEvidence(f"{key} is known: {record.why}"))

    async def _passes(self, key: str, waiting: Waiting, now: float) -> Sequence[Finding]:
        took = f"after {max(now - waiting.first, 0):.0f} s"
        why = f"released by a person {took}" if waiting.released else f"it came back {took}"
        # Waited for, so that the next recipient finds it; should it fail, this message passes all the same.
        await self._known.change((waiting.pool,), partial(passed, now=now, lifetime=self._lifetime, why=why))
        self._waiting.note((key,), _forget)
        return self._finding(Result.CLEAN, NoteEvidence(f"greylist passed by {waiting.pool}: {why}"))

    def _wait(self, name: str, waiting: Waiting, now: float) -> Sequence[Finding]:
        evidence = GreylistEvidence(waiting.pool, waiting.tries, seconds_left(waiting, now, self._delay))
        return self._finding(Result.FOUND, evidence, name)

    def _unavailable(self, why: Unavailable) -> Sequence[Finding]:
        return self._finding(Result.UNAVAILABLE, OutageEvidence("the memory", why.reason))

    def _finding(self, result: Result, evidence: Evidence, name: str = "") -> Sequence[Finding]:
        return (Finding(check=NAME, stage=Stage.RCPT, result=result, name=name, evidence=(evidence,)),)


def _forget(old: Waiting | None) -> None:  # noqa: ARG001 - a step, whatever there was
    return None
