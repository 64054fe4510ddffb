"""Whether a list in DNS can be believed: by its test points, and by answers that no list in good health gives.

Beside `dnsbl`, which asks `why_ill` before a list is asked and `believed` before a listing counts, and tells what it
sees. A list that refuses us, lists everything, or answers no more has made whole sites refuse all mail; here it falls
ill, is left out, and comes back when its test points are right again. Each change is told to whoever made this, so
that what was decided in the meantime, and shortly before, can be found.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Final, Protocol

from msgspec import Struct

from gatepost.checks.connection.address import Address, reversed_labels
from gatepost.checks.connection.list_codes import refusal
from gatepost.checks.connection.settings import Version
from gatepost.mail.clock import Clock
from gatepost.mail.dns import Answer, Resolver

MAX_MISSES: Final = 5  # questions in a row without an answer
MAX_LISTINGS: Final = 30  # in a row, before even a fresh proof is doubted

# RFC 5782 §5: what each list of addresses must name, and what none may name. Those of domains tell it themselves.
_LISTED: Final[dict[Version, Address]] = {4: IPv4Address("127.0.0.2"), 6: IPv6Address("::ffff:7f00:2")}
_UNLISTED: Final[dict[Version, Address]] = {4: IPv4Address("127.0.0.1"), 6: IPv6Address("::ffff:7f00:1")}


class Watched(Protocol):
    """The settings of a list, as far as its health needs them."""

    @property
    def label(self) -> str:
        """What it is called."""

    @property
    def zone(self) -> str:
        """Where it is in DNS."""

    @property
    def versions(self) -> tuple[Version, ...]:
        """What it is asked about."""

    @property
    def test_points(self) -> bool:
        """Whether it names the first of its test points."""

    @property
    def test_names(self) -> tuple[str, str]:
        """The domain that it must name and the one that it may not, where it is asked about domains."""


class Watching(Protocol):
    """The settings of lists that are asked together; times are in seconds."""

    @property
    def list(self) -> Sequence[Watched]:
        """The lists."""

    @property
    def health_interval(self) -> float:
        """The time between looks at a list that is well."""

    @property
    def recovery_interval(self) -> float:
        """The time between looks at a list that is ill."""


class HealthChange(Struct, frozen=True, gc=False):
    """A list fell ill, or was found well: which, for addresses of which IP version, why, and when (since 1970).

    `version` is 0 for domains. `proven` is when its test points were last right before that, 0.0 when they never
    were.
    """

    list: str
    version: Version
    well: bool
    reason: str
    at: float
    proven: float = 0.0


class _Point(Struct, frozen=True, gc=False):
    """A test point: as people write it, and as it is put before the zone."""

    shown: str
    labels: str


class _State:
    """What is known of one list, for one IP version. Times are monotonic, but for `proven_at` (since 1970)."""

    __slots__ = (
        "due", "ill", "listed", "listings", "misses", "of", "proven", "proven_at", "told", "unlisted", "version",
    )  # fmt: skip

    def __init__(self, of: Watched, version: Version) -> None:
        self.of = of
        self.version: Version = version
        self.listed, self.unlisted = _test_points(of, version)
        self.ill = ""
        self.proven = float("-inf")
        self.proven_at = 0.0
        self.due = float("-inf")
        self.misses = 0
        self.listings = 0
        self.told = False


class ListHealth:
    """The health of all lists of the settings. `told` hears of each change once, and of what is first known."""

    def __init__(
        self,
        settings: Watching,
        resolver: Resolver,
        clock: Clock,
        monotonic: Callable[[], float],
        told: Callable[[HealthChange], None],
    ) -> None:
        self._resolver = resolver
        self._clock = clock
        self._monotonic = monotonic
        self._told = told
        self._interval = settings.health_interval
        self._recovery = settings.recovery_interval
        self._states: dict[tuple[str, Version], _State] = {}
        for each in settings.list:
            for version in each.versions:
                self._states[each.label, version] = _State(each, version)

    def why_ill(self, label: str, version: Version) -> str:
        """Say why a list is left out; "" for one that may be asked."""
        return self._states[label, version].ill

    def ill(self) -> tuple[tuple[str, Version, str], ...]:
        """Give all lists that are ill, with the reason."""
        return tuple(
            [(label, version, state.ill) for (label, version), state in self._states.items() if state.ill]
        )

    def unlisted(self, label: str, version: Version) -> None:
        """Note that a list did not name somebody, as it should do mostly."""
        state = self._states[label, version]
        state.misses = state.listings = 0

    def missed(self, label: str, version: Version, reason: str) -> None:
        """Note that a list gave no answer; after some of them in a row it is ill."""
        state = self._states[label, version]
        state.misses += 1
        if state.misses >= MAX_MISSES:
            self._falls_ill(state, f"it does not answer ({state.misses} times in a row; {reason})")

    def refused(self, label: str, version: Version, reason: str) -> None:
        """Note an answer that can be no listing: the list is ill at once."""
        self._falls_ill(self._states[label, version], reason)

    async def believed(self, label: str, version: Version) -> bool:
        """Tell whether a listing counts: when the list was proven well a short while ago, or is now."""
        state = self._states[label, version]
        state.misses = 0
        state.listings += 1
        if state.ill:
            return False
        if self._monotonic() - state.proven < self._interval and state.listings < MAX_LISTINGS:
            return True
        return await self._prove(state)

    async def look(self) -> float:
        """Look at the test points of all lists that are due; give the seconds until the next one is."""
        now = self._monotonic()
        due = [state for state in self._states.values() if state.due <= now]
        await asyncio.gather(*[self._prove(state) for state in due])
        now = self._monotonic()
        return max(min((state.due - now for state in self._states.values()), default=self._interval), 1.0)

    async def _prove(self, state: _State) -> bool:
        """Ask for the test points, and judge the list by them; tell whether it was proven well."""
        listed, unlisted = await asyncio.gather(
            self._ask(state, state.listed), self._ask(state, state.unlisted)
        )
        failed = next((answer.reason for answer in (listed, unlisted) if answer.failed), "")
        reason = _wrong(state, listed, unlisted)
        if reason:
            self._falls_ill(state, reason)
        elif failed:
            state.due = self._monotonic() + self._recovery
            if not state.ill:
                self.missed(state.of.label, state.version, failed)
        else:
            self._is_well(state)
        return not reason and not failed

    async def _ask(self, state: _State, point: _Point) -> Answer:
        return await self._resolver.ask(f"{point.labels}.{state.of.zone}", "A")

    def _falls_ill(self, state: _State, reason: str) -> None:
        known, state.ill = state.ill, reason
        state.due = self._monotonic() + self._recovery
        state.proven = float("-inf")
        if not known:
            self._tell(state, well=False, reason=reason)

    def _is_well(self, state: _State) -> None:
        known, state.ill = state.ill, ""
        if known or not state.told:
            self._tell(state, well=True, reason="its test points are right" + (" again" if known else ""))
        state.proven = self._monotonic()
        state.proven_at = self._clock()
        state.due = state.proven + self._interval
        state.misses = state.listings = 0

    def _tell(self, state: _State, *, well: bool, reason: str) -> None:
        state.told = True
        change = HealthChange(state.of.label, state.version, well, reason, self._clock(), state.proven_at)
        self._told(change)


def _test_points(of: Watched, version: Version) -> tuple[_Point, _Point]:
    if not version:
        listed, unlisted = of.test_names
        return _Point(listed, listed), _Point(unlisted, unlisted)
    addresses = _LISTED[version], _UNLISTED[version]
    listed_point, unlisted_point = [_Point(str(each), reversed_labels(each)) for each in addresses]
    return listed_point, unlisted_point


def _wrong(state: _State, listed: Answer, unlisted: Answer) -> str:
    """Say what the answers about the test points show to be wrong; "" for nothing."""
    for answer in (unlisted, listed):
        if answer.found and (why := refusal(answer.records)):
            return why
    if unlisted.found:
        return f"it lists {state.unlisted.shown}, so it lists everybody ({', '.join(unlisted.records)[:60]})"
    if state.of.test_points and not listed.found and not listed.failed:
        return f"it does not list its test point {state.listed.shown}, so it is empty or closed"
    return ""
