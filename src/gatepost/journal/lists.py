"""What the journal tells of the lists in DNS: when each was ill, what was decided without it, and what by it before.

Between the journal's files and `gatepost lists`. A list that falls ill has gone wrong some time before that is seen,
at the earliest when its test points were last right. What it decided from then on is doubtful, and what was accepted
while it was left out was looked at by fewer. Only lines that can matter are decoded, and the rows of a spell are
bounded. Knows no settings and no clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Final, Literal

from msgspec import Struct

from gatepost.checks.evidence import Evidence, ListingEvidence, OutageEvidence
from gatepost.checks.finding import Finding, Result
from gatepost.journal.query import host_of
from gatepost.journal.reader import Skipped, decoded, files, whole_lines
from gatepost.journal.records import AnyRecord, ListChanged, Noted, Reception, Said

MAX_CHANGES: Final = 100_000  # of health; the newest are kept
MAX_ROWS: Final = 1_000  # decisions of each kind in one spell; further ones are counted

_CHANGES: Final = (b'"list-health"', b'"worker-started"', b'"worker-stopped"')
_DECISIONS: Final = (b'"check":"dnsbl"', b'"check":"link"')
_WORKER: Final = "worker "

State = Literal["well", "ill", "unknown"]
Key = tuple[str, int]


class Spell(Struct, frozen=True):
    """A time in which a list was ill for at least one worker, for addresses of IP `version` 4 or 6, and why.

    `version` is 0 for domains. Times are in seconds since 1970: `ended` is 0 while it lasts; `proven` is when its
    test points were last right before that, 0 when they never were.
    """

    list: str
    version: int
    began: float
    reason: str
    proven: float = 0.0
    ended: float = 0.0

    @property
    def doubtful_from(self) -> float:
        """From when on what the list decided may be wrong."""
        return self.proven or self.began


class Course(Struct, frozen=True):
    """How a list did: what it is now, since when and why, and when it was ill, the newest last."""

    state: State
    since: float
    reason: str
    spells: tuple[Spell, ...] = ()


class Decided(Struct, frozen=True):
    """A decision that a list had a part in, and what it said of the client."""

    record: Said | Reception
    listing: ListingEvidence


class Review(Struct, frozen=True):
    """What is worth a second look about a spell: `decided` by the list, perhaps wrongly, and `accepted` without it.

    `more_decided` and `more_accepted` count what was left out.
    """

    spell: Spell
    decided: tuple[Decided, ...] = ()
    accepted: tuple[Reception, ...] = ()
    more_decided: int = 0
    more_accepted: int = 0


class Tally(Struct):
    """How often a list named who was asked about, and how often it gave no answer or was left out."""

    named: int = 0
    silent: int = 0


def changes(directory: Path, skipped: Skipped) -> list[ListChanged | Noted]:
    """Read all changes of health, and the starts and stops of workers, in order of time."""
    kept: deque[ListChanged | Noted] = deque(maxlen=MAX_CHANGES)
    for record in _holding(directory, _CHANGES, None, None, skipped):
        if isinstance(record, (ListChanged, Noted)):
            kept.append(record)
    return sorted(kept, key=attrgetter("time"))


def courses(noted: Iterable[ListChanged | Noted]) -> dict[Key, Course]:
    """Follow each list, for each IP version, through its changes."""
    found: dict[Key, _Follower] = {}
    for record in noted:
        match record:
            case ListChanged():
                key = (record.list, record.version)
                found.setdefault(key, _Follower(*key)).changed(record)
            case Noted(event="worker-started" | "worker-stopped") if record.detail.startswith(_WORKER):
                number = record.detail.removeprefix(_WORKER)
                for follower in found.values():
                    follower.forgotten(int(number) if number.isdecimal() else -1, record.time)
            case _:
                pass
    return {key: follower.course() for key, follower in found.items()}


def tally(directory: Path, since: float, until: float, skipped: Skipped) -> tuple[int, dict[str, Tally]]:
    """Count the decisions of a time for which lists were asked, and what each list, by its name, had to say."""
    decisions = 0
    tallies: dict[str, Tally] = {}
    for record in _holding(directory, _DECISIONS, since, until, skipped):
        if not isinstance(record, (Said, Reception)) or not (asked := _asked(record)):
            continue
        decisions += 1
        evidence = [one for finding in asked for one in finding.evidence]
        for name in {one.list for one in evidence if isinstance(one, ListingEvidence)}:
            tallies.setdefault(name, Tally()).named += 1
        for name in {one.engine for one in evidence if isinstance(one, OutageEvidence)}:
            tallies.setdefault(name, Tally()).silent += 1
    return decisions, tallies


def reviews(directory: Path, spells: Sequence[Spell], now: float, skipped: Skipped) -> list[Review]:
    """Find the decisions that each spell makes doubtful, in order of time."""
    rows = [_Rows(spell, spell.ended or now) for spell in spells]
    if not rows:
        return []
    since = min(spell.doubtful_from for spell in spells)
    for record in _holding(directory, _DECISIONS, since, max(row.until for row in rows), skipped):
        if isinstance(record, (Said, Reception)):
            for row in rows:
                row.take(record)
    return [row.review() for row in rows]


class _Follower:
    """One list, for one IP version, on its way through the changes of all workers."""

    def __init__(self, name: str, version: int) -> None:
        self._of = (name, version)
        self._known: dict[int, ListChanged] = {}
        self._now = Course("unknown", 0.0, "")
        self._spells: list[Spell] = []
        self._open: Spell | None = None

    def changed(self, record: ListChanged) -> None:
        self._known[record.worker] = record
        if not record.well and self._open is not None:
            earlier = [moment for moment in (self._open.proven, record.proven) if moment]
            self._open = Spell(
                *self._of, self._open.began, self._open.reason, min(earlier, default=0.0), ended=0.0
            )
        elif not record.well:
            self._open = Spell(*self._of, record.time, record.reason, record.proven)
        self._settle(record.time, record.reason)

    def forgotten(self, worker: int, time: float) -> None:
        """Note that what a worker knew is gone with it."""
        if self._known.pop(worker, None) is not None:
            self._settle(time, "the gateway has not looked since it stopped or began anew")

    def _settle(self, time: float, reason: str) -> None:
        ill = next((known for known in self._known.values() if not known.well), None)
        if ill is None and self._open is not None:
            began = self._open
            self._spells.append(Spell(*self._of, began.began, began.reason, began.proven, time))
            self._open = None
        state: State = "unknown" if not self._known else "well" if ill is None else "ill"
        if state != self._now.state:
            self._now = Course(state, time, reason)

    def course(self) -> Course:
        spells = (*self._spells, self._open) if self._open is not None else tuple(self._spells)
        return Course(self._now.state, self._now.since, self._now.reason, spells)


class _Rows:
    """The rows of one spell, as they are found."""

    def __init__(self, spell: Spell, until: float) -> None:
        self.until = until
        self._spell = spell
        self._decided: list[Decided] = []
        self._accepted: list[Reception] = []
        self._more_decided = 0
        self._more_accepted = 0

    def take(self, record: Said | Reception) -> None:
        spell = self._spell
        if not spell.doubtful_from <= record.time <= self.until:
            return
        for one in [one for finding in _asked(record) for one in finding.evidence]:
            if isinstance(one, ListingEvidence) and one.list == spell.list:
                if _version(one.address) == spell.version:
                    self._decide(Decided(record, one))
                    return
            elif (
                isinstance(one, OutageEvidence)
                and one.engine == spell.list
                and isinstance(record, Reception)
                and record.reply.positive
                and record.time >= spell.began
                and spell.version in (0, _version(host_of(record.peer)))
            ):
                self._accept(record)
                return

    def _decide(self, decided: Decided) -> None:
        if len(self._decided) < MAX_ROWS:
            self._decided.append(decided)
        else:
            self._more_decided += 1

    def _accept(self, reception: Reception) -> None:
        if len(self._accepted) < MAX_ROWS:
            self._accepted.append(reception)
        else:
            self._more_accepted += 1

    def review(self) -> Review:
        return Review(
            self._spell,
            tuple(sorted(self._decided, key=attrgetter("record.time"))),
            tuple(sorted(self._accepted, key=attrgetter("time"))),
            self._more_decided,
            self._more_accepted,
        )


def states(found: Mapping[Key, Course]) -> dict[str, list[tuple[int, Course]]]:
    """Bring the courses of each list together, IPv4 first."""
    by_name: dict[str, list[tuple[int, Course]]] = {}
    for (name, version), course in sorted(found.items()):
        by_name.setdefault(name, []).append((version, course))
    return by_name


def _asked(record: Said | Reception) -> list[Finding]:
    return [
        finding
        for finding in record.findings
        if (finding.check == "dnsbl" and finding.result is not Result.SKIPPED)
        or (finding.check == "link" and any(map(_is_word, finding.evidence)))
    ]


def _is_word(evidence: Evidence) -> bool:
    return isinstance(evidence, (ListingEvidence, OutageEvidence))


def _version(about: str) -> int:
    if ":" in about:
        return 6
    return 4 if about.rpartition(".")[2].isdecimal() else 0


def _holding(
    directory: Path, marks: Sequence[bytes], since: float | None, until: float | None, skipped: Skipped
) -> Iterator[AnyRecord]:
    """Give the records of a time whose lines hold one of some octets, file by file."""
    first = 0.0 if since is None else since
    last = float("inf") if until is None else until
    for file in files(directory, since, until):
        for lines in whole_lines(file.path, skipped):
            for begin, end in _spans(lines, marks):
                record = decoded(lines[begin:end], skipped)
                if record is not None and first <= record.time <= last:
                    yield record


def _spans(lines: bytes, marks: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Give where the lines that hold one of the marks begin and end."""
    found: dict[int, int] = {}
    for mark in marks:
        at = lines.find(mark)
        while at >= 0:
            end = lines.find(b"\n", at) + 1
            found[lines.rfind(b"\n", 0, at) + 1] = end
            at = lines.find(mark, end)
    yield from sorted(found.items())
