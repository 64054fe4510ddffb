"""What a log comes to: how many of which fate, by cause, whose move, since when, at which domains.

Counts only, in memory that is bounded whatever the log: the summary of a piece can be added to that of another, so
pieces may be read side by side. Laying it out for people is not done here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct, field, structs

from gatepost.maillog.event import Event
from gatepost.reply.explanation import Confidence, Direction, Explanation, Persistence, Retry, Side

Fate = Literal["delivered", "delayed", "refused", ""]

# How many names a summary keeps: beyond, the rarest are given up, and how many were is counted.
DOMAINS: Final = 20_000
HOURS: Final = 20_000  # more than two years
NAMES: Final = 500  # domains, peers and codes of one row
EXAMPLES: Final = 3
UNREAD: Final = 5
NULL: Final = "<>"  # the null reverse-path, whose domain is none
_HOUR: Final = 13  # characters of a time to the hour
_LINE: Final = 200  # characters of a line that was not read
_TEXT: Final = 1_000  # characters of a text in an example
_NAME: Final = 255  # characters of a domain or a peer
_CONTROLS: Final = frozenset(map(chr, range(32))) - {"\t"} | {"\x7f", "\ufffd"}


class Example(Struct, frozen=True):
    """A line that stands for many: the event and what its reply means."""

    event: Event
    explanation: Explanation


class Trouble(Struct, kw_only=True):
    """All replies of one cause, said in one direction, with the same side to move: one row of a summary.

    `delayed` counts deferrals and temporary refusals, `refused` bounces and permanent refusals. `domains` and
    `peers` count the most frequent ones, `codes` replies by "550 5.1.1". Times as in `Event.time`. The words are
    those of the first reply. `given_up` tells how often a name was too rare to be kept on.
    """

    cause: str
    direction: Direction
    side: Side
    confidence: Confidence
    retry: Retry
    persistence: Persistence
    meaning: str
    action: str
    delayed: int = 0
    refused: int = 0
    first: str = ""
    last: str = ""
    codes: dict[str, int] = field(default_factory=dict)
    domains: dict[str, int] = field(default_factory=dict)
    peers: dict[str, int] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)
    given_up: int = 0

    @property
    def count(self) -> int:
        """All replies of the row."""
        return self.delayed + self.refused

    def add(self, fate: Fate, time: str, code: str, domain: str, peer: str) -> None:
        """Count one reply; what is "" is not counted by name."""
        if fate == "delayed":
            self.delayed += 1
        else:
            self.refused += 1
        if time:
            if time < self.first or not self.first:
                self.first = time
            if time > self.last:
                self.last = time
        if code:
            self.codes[code] = self.codes.get(code, 0) + 1
        if domain:
            self.domains[domain] = self.domains.get(domain, 0) + 1
        if peer:
            self.peers[peer] = self.peers.get(peer, 0) + 1
        self._bound()

    def add_many(
        self,
        fate: Fate,
        count: int,
        times: tuple[str, str],
        codes: Mapping[str, int],
        domains: Mapping[str, int],
        peers: Mapping[str, int],
    ) -> None:
        """Count many replies of one fate at once; `times` are those of the first and the last."""
        if fate == "delayed":
            self.delayed += count
        else:
            self.refused += count
        self.first = _earlier(self.first, times[0])
        self.last = max(self.last, times[1])
        for mine, names in ((self.codes, codes), (self.domains, domains), (self.peers, peers)):
            for name, often in names.items():
                if name:
                    mine[name] = mine.get(name, 0) + often
        self._bound()

    def lacks_example_of(self, domain: str) -> bool:
        """Tell whether a line of that domain would be a new example."""
        return len(self.examples) < EXAMPLES and all(domain_of(one.event) != domain for one in self.examples)

    def merge(self, other: Trouble) -> None:
        """Add the counts of another row of the same cause, direction and side."""
        self.delayed += other.delayed
        self.refused += other.refused
        self.first = _earlier(self.first, other.first)
        self.last = max(self.last, other.last)
        for mine, others in (
            (self.codes, other.codes),
            (self.domains, other.domains),
            (self.peers, other.peers),
        ):
            for name, count in others.items():
                mine[name] = mine.get(name, 0) + count
        for one in other.examples:
            if self.lacks_example_of(domain_of(one.event)):
                self.examples.append(one)
        self.given_up += other.given_up
        self._bound()

    def _bound(self) -> None:
        for counts in (self.codes, self.domains, self.peers):
            if len(counts) > 2 * NAMES:
                self.given_up += give_up(counts)


class DomainCount(Struct):
    """What became of the mail of one domain."""

    delivered: int = 0
    delayed: int = 0
    refused: int = 0

    def add(self, fate: Fate, count: int = 1) -> None:
        """Count messages of one fate."""
        match fate:
            case "delivered":
                self.delivered += count
            case "delayed":
                self.delayed += count
            case "refused":
                self.refused += count
            case "":
                pass

    def merge(self, other: DomainCount) -> None:
        """Add the counts of another."""
        self.delivered += other.delivered
        self.delayed += other.delayed
        self.refused += other.refused


class Summary(Struct, kw_only=True):
    """The counts of one log or several.

    `systems` counts lines by the system that wrote them; `foreign` lines that belong to no known system, `broken`
    lines that are no text, `cut` lines longer than the bound; `unread` holds a few of those that were not read, for
    a person to look at. `first` and `last` are the earliest and the latest time of a line that told a fate. `hours`
    counts by "2026-11-23T15". `given_up` tells how often a domain was too rare to be kept on, or an hour too much.
    """

    octets: int = 0
    lines: int = 0
    foreign: int = 0
    broken: int = 0
    cut: int = 0
    unread: list[str] = field(default_factory=list)
    systems: dict[str, int] = field(default_factory=dict)
    results: dict[str, int] = field(default_factory=dict)
    first: str = ""
    last: str = ""
    troubles: dict[tuple[str, Direction, Side], Trouble] = field(default_factory=dict)
    domains: dict[str, DomainCount] = field(default_factory=dict)
    hours: dict[str, DomainCount] = field(default_factory=dict)
    given_up: int = 0

    def add_line(self, system: str, count: int = 1) -> None:
        """Count lines of a system."""
        self.lines += count
        self.systems[system] = self.systems.get(system, 0) + count

    def add_unread(self, raw: str) -> None:
        """Count a line that no reader takes; an empty one is a line and nothing else."""
        self.lines += 1
        if not raw.strip():
            return
        if _CONTROLS.isdisjoint(raw):
            self.foreign += 1
        else:
            self.broken += 1
        if len(self.unread) < UNREAD:
            self.unread.append(raw[:_LINE])

    def add(self, event: Event, explanation: Explanation | None) -> None:
        """Count what an event tells of a fate; its line was counted by `add_line`.

        The explanation is that of the event's text, None where it tells of no delay and no refusal.
        """
        if event.result:
            self.results[event.result] = self.results.get(event.result, 0) + 1
        fate = fate_of(event, explanation)
        if event.result or fate:
            self.add_time(event.time)
        if not fate:
            return
        domain = domain_of(event)
        self.add_domain(fate, domain)
        self.add_hour(fate, event.time[:_HOUR])
        if fate != "delivered" and explanation is not None:
            row = self.row(explanation)
            row.add(fate, event.time, label(event, explanation), domain, peer_name(event.peer))
            if row.lacks_example_of(domain):
                row.examples.append(Example(_short(event), explanation))

    def add_time(self, time: str) -> None:
        """Take a time of a line that told a fate."""
        if time:
            self.first = _earlier(self.first, time)
            self.last = max(self.last, time)

    def add_domain(self, fate: Fate, domain: str, count: int = 1) -> None:
        """Count messages of one fate by domain; "" is not counted."""
        if not domain:
            return
        counts = self.domains.get(domain)
        if counts is None:
            counts = self.domains[domain] = DomainCount()
            if len(self.domains) > 2 * DOMAINS:
                self._bound()
        counts.add(fate, count)

    def add_hour(self, fate: Fate, hour: str, count: int = 1) -> None:
        """Count messages of one fate by hour, as "2026-11-23T15"; what is no hour is not counted."""
        if len(hour) != _HOUR:
            return
        counts = self.hours.get(hour)
        if counts is None:
            if len(self.hours) >= HOURS:
                self.given_up += 1
                return
            counts = self.hours[hour] = DomainCount()
        counts.add(fate, count)

    def row(self, explanation: Explanation) -> Trouble:
        """Give the row that a reply belongs to, a new one if it is the first of its kind."""
        key = (explanation.cause, explanation.direction, explanation.side)
        row = self.troubles.get(key)
        if row is None:
            row = self.troubles[key] = Trouble(
                cause=explanation.cause,
                direction=explanation.direction,
                side=explanation.side,
                confidence=explanation.confidence,
                retry=explanation.retry,
                persistence=explanation.persistence,
                meaning=explanation.meaning,
                action=explanation.action,
            )
        return row

    def merge(self, other: Summary) -> None:
        """Add the counts of another log, or of a later piece of the same; `other` is not to be used afterwards."""
        self.octets += other.octets
        self.lines += other.lines
        self.foreign += other.foreign
        self.broken += other.broken
        self.cut += other.cut
        self.unread = (self.unread + other.unread)[:UNREAD]
        for mine, others in ((self.systems, other.systems), (self.results, other.results)):
            for name, count in others.items():
                mine[name] = mine.get(name, 0) + count
        self.add_time(other.first)
        self.add_time(other.last)
        for key, row in other.troubles.items():
            if key in self.troubles:
                self.troubles[key].merge(row)
            else:
                self.troubles[key] = row
        _add_up(self.domains, other.domains)
        _add_up(self.hours, other.hours)
        self.given_up += other.given_up
        self._bound()

    def _bound(self) -> None:
        if len(self.domains) > 2 * DOMAINS:
            ranked = sorted(self.domains, key=lambda name: -_total(self.domains[name]))
            for name in ranked[DOMAINS:]:
                del self.domains[name]
            self.given_up += len(ranked) - DOMAINS
        if len(self.hours) > HOURS:
            beyond = sorted(self.hours)[HOURS:]
            for name in beyond:
                del self.hours[name]
            self.given_up += len(beyond)


def domain_of(event: Event) -> str:
    """Give the domain that an event counts for; none for the null reverse-path."""
    domain = event.domain
    return "" if domain == NULL else domain[:_NAME]


def fate_of(event: Event, explanation: Explanation | None) -> Fate:
    """Tell what an event means for its message: delivered, delayed, refused, or nothing."""
    match event.result:
        case "delivered":
            return "delivered"
        case "deferred":
            return "delayed"
        case "bounced":
            return "refused"
        case "rejected":
            return _by_class(event, explanation) or "refused"
        case "":
            # A reply that stands alone; in a log, what becomes of the message is told by another line.
            return _by_class(event, explanation) if event.system == "plain" else ""
        case "accepted" | "held" | "discarded":
            return ""


def _by_class(event: Event, explanation: Explanation | None) -> Fate:
    digit = str(event.code or event.enhanced or event.status)[:1]
    if digit in ("4", "5"):
        return "delayed" if digit == "4" else "refused"
    if digit in ("2", "3") or explanation is None:
        return ""
    match explanation.persistence:
        case "temporary":
            return "delayed"
        case "permanent":
            return "refused"
        case "success" | "unknown":
            return ""


def label(event: Event, explanation: Explanation) -> str:
    """Write the code of a reply as "550 5.1.1", with what there is of it."""
    code = event.code or explanation.code or 0
    enhanced = event.enhanced or explanation.enhanced or event.status
    return f"{code} {enhanced}".rstrip() if code else enhanced


def peer_name(peer: str) -> str:
    """Give a peer without its port."""
    return (peer[: peer.rfind("]") + 1] or peer)[:_NAME]


def give_up(counts: dict[str, int]) -> int:
    """Keep the most frequent names; tell how many were given up."""
    ranked = sorted(counts, key=lambda name: -counts[name])
    for name in ranked[NAMES:]:
        del counts[name]
    return len(ranked) - NAMES


def _short(event: Event) -> Event:
    if len(event.text) <= _TEXT:
        return event
    return structs.replace(event, text=event.text[:_TEXT])


def _add_up(mine: dict[str, DomainCount], others: dict[str, DomainCount]) -> None:
    for name, counts in others.items():
        known = mine.get(name)
        if known is None:
            mine[name] = counts
        else:
            known.merge(counts)


def _total(counts: DomainCount) -> int:
    return counts.delivered + counts.delayed + counts.refused


def _earlier(one: str, other: str) -> str:
    return min(one, other) if one and other else one or other
