"""Octets of a log to its summary. What Postfix writes goes the fast way, the rest line by line; both count the same.

The fast way is one expression over a whole piece. It passes over lines that tell no fate, takes deliveries apart, and
gives every other line out. Lines that tell of trouble are explained once for all that are alike. Sans I/O.
"""

from __future__ import annotations

import codecs
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Final

from msgspec import Struct

from gatepost.maillog.event import Event, Result
from gatepost.maillog.frame import unframe
from gatepost.maillog.likeness import BOUND as ALIKE
from gatepost.maillog.likeness import Likeness, Pattern
from gatepost.maillog.lines import BOUND, Lines, text_of
from gatepost.maillog.reading import Reading
from gatepost.maillog.sorting import (
    ACTION,
    FAILED,
    LOGIN,
    REFUSED,
    STATUS,
    TEXTS,
    Line,
    Parts,
    hour_of,
    peer_of,
    rows,
    troubles,
)
from gatepost.maillog.summary import EXAMPLES, Fate, Summary, domain_of, fate_of, label, peer_name
from gatepost.maillog.wanted import Wanted
from gatepost.reply.explain import explain, speakers_of
from gatepost.reply.explanation import Context, Direction, Explanation, Side

_TROUBLES: Final = frozenset(("deferred", "bounced", "rejected"))
_BATCH: Final = 32 << 20  # octets of lines whose names are kept until they are counted
_VERDICTS: Final = 20_000
_NAMES: Final = 20_000  # of hosts
_NAME: Final = 255  # characters of a peer
_HOUR: Final = 13  # characters of a time to the hour
_HEAD: Final = 4  # octets that tell whether a log is UTF-16
_ENTRY: Final = b"__CURSOR="  # of `journalctl -o export`: an entry is several lines
# What troubles are counted by: cause, direction, side, result, fate, code; and of each its stamp, domain and peer.
Row = tuple[str, Direction, Side]
Place = tuple[str, Direction, Side, Result, Fate, str]
_Trouble = tuple[str, str, str]
# What is common to lines that are alike: the form of the line, who its peer is known to be, and the pattern of its
# text; for a text that goes on with the peer's name, the pattern of that.
Kind = tuple[str, str, str, str, str | tuple[str, ...], Pattern]


class Verdict(Struct, frozen=True):
    """What a line of trouble comes to, and all lines like it.

    `word` tells which word of the text names the peer; -1 where another place of the line does.
    """

    row: Row
    place: Place
    word: int
    explanation: Explanation


class Verdicts:
    """What lines of trouble came to, by what is common to those that are alike; it may serve many logs."""

    def __init__(self) -> None:
        self.likeness = Likeness()
        self.known: dict[Kind, Verdict] = {}
        self.speakers = Speakers(self.likeness)

    def put(self, kind: Kind, verdict: Verdict) -> None:
        """Keep a verdict; when there are too many, all are made anew as they are needed."""
        if len(self.known) >= _VERDICTS:
            self.known.clear()
        self.known[kind] = verdict


class Speakers(dict[str, tuple[str, ...]]):
    """Who a host is known to be, by its name; names that are alike are looked at once."""

    def __init__(self, likeness: Likeness) -> None:
        super().__init__()
        self._likeness = likeness
        self._alike: dict[Pattern, tuple[str, ...]] = {}

    def __missing__(self, name: str) -> tuple[str, ...]:
        """Find it out, and keep it."""
        if len(self) >= _NAMES:
            self.clear()
            self._alike.clear()
        pattern = self._likeness[name]
        found = self._alike.get(pattern)
        if found is None:
            found = self._alike[pattern] = speakers_of(name)
        self[name] = found
        return found


class Sieve:
    """Take the octets of one log, or of a piece of it that begins and ends with whole lines."""

    def __init__(self, today: dt.date, wanted: Wanted, verdicts: Verdicts | None = None) -> None:
        self.summary = Summary()
        self._today = today
        self._reading = Reading(today)
        self._wanted = wanted
        self._everything = wanted.everything
        self._verdicts = verdicts or Verdicts()
        self._lines = Lines()
        self._rest = b""
        self._begun = False
        self._by_line = False  # from now on: the log is of another kind
        self._within = False  # `_lines` holds the beginning of a long line
        self._days: dict[str, str] = {}
        # What is counted by the batch, since it is much the same names that come again and again.
        self._delivered = Counter[bytes]()
        self._troubles: dict[Place, list[_Trouble]] = defaultdict(list)
        # How a line is put down whose kind is known, and whose row has all the examples it will have.
        self._settled: dict[Kind, Callable[[_Trouble], None]] = {}
        self._uncounted = 0

    def receive(self, data: bytes) -> None:
        """Take the next octets and count the lines that they complete."""
        self.summary.octets += len(data)
        if self._rest:
            data = self._rest + data
            self._rest = b""
        if not self._begun:
            if len(data) < _HEAD:
                self._rest = data
                return
            data = self._begin(data)
        if self._by_line:
            self._give(data)
            return
        if self._within:
            end = data.find(b"\n") + 1
            self._give(data[:end] if end else data)
            if not end:
                return
            self._within = False
            data = data[end:]
        end = data.rfind(b"\n") + 1
        self._rest = data[end:]
        if end:
            self._piece(data[:end] if self._rest else data)
        if len(self._rest) > BOUND and not self._by_line:
            self._give(self._rest)
            self._rest = b""
            self._within = True

    def end(self) -> Summary:
        """Count the last line where it has no end; give the summary."""
        self._give(self._rest)
        self._rest = b""
        for raw in self._lines.end():
            self._line(raw)
        self._count_batch()
        self.summary.cut += self._lines.cut
        return self.summary

    def _begin(self, data: bytes) -> bytes:
        self._begun = True
        self._by_line = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return data.removeprefix(codecs.BOM_UTF8)

    def _give(self, data: bytes) -> None:
        for raw in self._lines.receive(data):
            self._line(raw)

    def _line(self, raw: str) -> Event | None:
        """Count a line, the slow way; give what it tells."""
        event = self._reading.read(raw)
        if event is None:
            self.summary.add_unread(raw)
            return None
        self.summary.add_line(event.system)
        explanation = explained(event) if event.result in _TROUBLES or event.system == "plain" else None
        if self._everything or self._wanted.admits(event, explanation):
            self.summary.add(event, explanation)
        return event

    def _piece(self, data: bytes) -> None:
        """Count whole lines, the fast way where the piece allows it."""
        plain = data.replace(b"\r\n", b"\n") if b"\r" in data else data
        if b" postfix" in plain and b"\r" not in plain and b"\0" not in plain and not _has_long(plain):
            if self._sort(plain):
                return
            # An entry of the journal is several lines, and may end in another piece: from there on line by line.
            at = 0 if data.startswith(_ENTRY) else data.find(b"\n" + _ENTRY) + 1
            if at:
                self._piece(data[:at])
            data, self._by_line = data[at:], True
        else:
            self._by_line = data.startswith(_ENTRY) or b"\n" + _ENTRY in data
        self._give(data)
        if self._by_line:
            self._give(self._rest)
            self._rest = b""

    def _sort(self, data: bytes) -> bool:
        """Count lines that are mostly of Postfix; False, with nothing counted, where there are other entries too."""
        found, hour = rows(data)
        if not found:
            return True
        others = [line for _, _, line in found if line]
        if any(line.startswith(_ENTRY) for line in others):
            return False
        if not self._everything:
            found = [row for row in found if not row[0] or self._admits(*row[:2])]
        sent = [domain for _, domain, _ in found if domain]
        summary = self.summary
        count_in(summary.results, "delivered", len(sent))
        stamps = [stamp for stamp, _, _ in found]
        count_in(summary.results, "accepted", len(stamps) - stamps.count(b"") - len(sent))
        self._delivered.update(sent)
        distinct = {*stamps} - {b""}
        if distinct:
            first, last = min(distinct), max(distinct)
            hours = {first[:hour]: len(sent)}
            if first[:hour] != last[:hour]:
                hours = Counter([stamp[:hour] for stamp, domain, _ in found if domain])
            for stamp, count in hours.items():
                if count:
                    summary.add_hour("delivered", self._time(stamp.decode())[:_HOUR], count)
            for time in self._first_and_last([*map(bytes.decode, distinct)]):
                summary.add_time(time)
        # Taking all ends out costs a quarter of counting them.
        ends = len(data) - len(data.replace(b"\n", b""))
        known = ends - len(others) + self._sort_others(others)
        if known:
            summary.add_line("postfix", known)
        self._uncounted += len(data)
        if self._uncounted > _BATCH:
            self._count_batch()
        return True

    def _count_batch(self) -> None:
        """Count the names that came since the last time."""
        for octets, count in self._delivered.items():
            self.summary.add_domain("delivered", octets.decode().lower(), count)
        domains: dict[Fate, list[str]] = defaultdict(list)
        for place, some in self._troubles.items():
            domains[place[4]] += self._add_troubles(place, some)
        for fate, names in domains.items():
            for name, count in Counter(names).items():
                self.summary.add_domain(fate, name, count)
        self._delivered.clear()
        self._troubles.clear()
        self._settled.clear()
        self._uncounted = 0

    def _first_and_last(self, stamps: Collection[str]) -> tuple[str, str]:
        """Give the first and the last time of some stamps, of which there is one at least."""
        first, last = min(stamps), max(stamps)
        if first[:3] == last[:3] and not (first[0] == "2" and "Z" in "".join(stamps)):
            stamps = (first, last)  # of one month or one century: they sort as their times do
        times = [*map(self._time, stamps)]
        return min(times), max(times)

    def _admits(self, stamp: bytes, domain: bytes) -> bool:
        """Tell whether a delivery, or a message taken in, is wanted."""
        wanted = self._wanted
        return (
            wanted.admits_meaning(None)
            and wanted.admits_time(self._time(stamp.decode()))
            and wanted.admits_domain(domain.decode())
        )

    def _time(self, stamp: str) -> str:
        """Give the time of a stamp as the frame has it, as much of it as there is."""
        if stamp[0] == "2":
            return stamp.replace("Z", "+00:00")
        day = self._days.get(stamp[:6])
        if day is None:
            day = unframe(f"{stamp[:6]} 00:00:00 a b: ", self._today).time[:11]
            self._days[stamp[:6]] = day
        return day + stamp[7:]

    # --- lines of trouble ---

    def _sort_others(self, lines: list[bytes]) -> int:
        """Count lines of trouble by those like them that were explained before, and all others the slow way.

        Gives the number of those whose line is not counted yet.
        """
        octets = b"".join(lines)
        if not octets.isascii() or max(map(len, lines), default=0) > ALIKE:
            some = [line if line.isascii() and len(line) <= ALIKE else b"\n" for line in lines]
            octets = b"".join(some)
        found = troubles(octets.decode())
        failed, refused, login = TEXTS
        likeness, speakers, settled = self._verdicts.likeness, self._verdicts.speakers, self._settled
        patterns = likeness.patterns([parts[failed] or parts[refused] or parts[login] for parts in found])
        known = 0
        for parts, pattern, line in zip(found, patterns, lines, strict=True):
            kind: Kind
            if parts[STATUS]:
                _, domain, relay, dsn, status, opening, peer, name, _, code = parts[FAILED]
                if not opening:
                    peer = peer_of(relay)
                    name = peer.partition("[")[0]
                # A reply stands for itself; what is told of a host has the host's name in it.
                whom = speakers[name] if code and opening == "host " else likeness[name]
                kind = (status, dsn, code, opening, whom, pattern)
            elif parts[ACTION]:
                daemon, action, peer, name, code, _, _, domain, _ = parts[REFUSED]
                kind = (daemon, action, code, "", speakers[name], pattern)
            elif pattern:
                peer, name, _ = parts[LOGIN]
                domain = ""
                kind = ("login", "", "", "", speakers[name], pattern)
            else:
                self._line(text_of(line[:-1]))
                continue
            put = settled.get(kind)
            if put is not None:
                put((parts[0], domain, peer))
                known += 1
            else:
                known += self._sort_one(line, parts, kind)
        return known

    def _sort_one(self, octets: bytes, parts: Parts, kind: Kind) -> bool:
        """Count a line of trouble; False where the line itself is counted already."""
        raw = octets[:-1].decode()
        line = Line.of(parts)
        verdict = self._verdicts.known.get(kind)
        if line is None or verdict is None:
            self._learn(raw, line, kind)
            return False
        if not (self._everything or self._admits_line(line, verdict)):
            return True
        row = self.summary.troubles.get(verdict.row)
        if row is None or row.lacks_example_of(line.domain.lower()):
            self._line(raw)
            return False
        peer = line.peer
        if verdict.word >= 0:
            peer = peer_name(line.text.split(" ", verdict.word + 1)[verdict.word])
        put = self._troubles[verdict.place].append
        put((line.stamp, line.domain, peer))
        # Lines that count for no domain give one example.
        settled = len(row.examples) >= EXAMPLES or not line.addresses
        if self._everything and verdict.word < 0 and settled:
            self._settled[kind] = put
        return True

    def _admits_line(self, line: Line, verdict: Verdict) -> bool:
        return (
            self._wanted.admits_time(self._time(line.stamp))
            and self._wanted.admits_domain(*line.addresses)
            and self._wanted.admits_meaning(verdict.explanation)
        )

    def _add_troubles(self, place: Place, lines: list[_Trouble]) -> list[str]:
        """Count lines of trouble; give the domains that they count for."""
        cause, direction, side, result, fate, code = place
        summary = self.summary
        stamps, names, peers = zip(*lines, strict=True)
        domains = [*map(str.lower, names)]
        first, last = self._first_and_last(stamps)
        row = summary.troubles[cause, direction, side]
        row.add_many(fate, len(lines), (first, last), {code: len(lines)}, Counter(domains), Counter(peers))
        count_in(summary.results, result, len(lines))
        summary.add_time(first)
        summary.add_time(last)
        end = hour_of(max(stamps)) if hour_of(min(stamps)) == hour_of(max(stamps)) else None
        for stamp, count in Counter([stamp[:end] for stamp in stamps]).items():
            summary.add_hour(fate, self._time(stamp)[:_HOUR], count)
        return domains

    def _learn(self, raw: str, line: Line | None, kind: Kind) -> None:
        """Count a line the slow way, and keep what it came to for those like it."""
        event = self._line(raw)
        if line is None or event is None or event.system != "postfix" or event.result not in _TROUBLES:
            return
        explanation = explained(event)
        fate = fate_of(event, explanation)
        if not fate or domain_of(event) != line.domain.lower():
            return
        code = str(event.code or "")
        if code and code != line.code and code not in self._verdicts.likeness.words:
            return  # a code that is not known by name, and so not told apart from others like it
        peer = peer_name(event.peer)
        words = [peer_name(word) for word in line.text.split(" ")]
        word = -1
        if line.presumed and "[" in peer and peer in words:
            word = words.index(peer)
        elif peer != line.peer:
            return
        row = (explanation.cause, explanation.direction, explanation.side)
        place = (*row, event.result, fate, label(event, explanation))
        self._verdicts.put(kind, Verdict(row, place, word, explanation))


def explained(event: Event) -> Explanation:
    """Explain the text of an event, said where and by whom the event tells."""
    return _explained(event.text, Context(direction=event.direction, stage=event.stage, peer=event.peer))


@lru_cache(maxsize=4096)
def _explained(text: str, context: Context) -> Explanation:
    return explain(text, context)


def count_in(counts: dict[str, int], name: str, count: int) -> None:
    """Add to a count by name; nothing is no entry."""
    if count:
        counts[name] = counts.get(name, 0) + count


def _has_long(data: bytes) -> bool:
    """Tell whether a line is longer than the bound, by looking at a few places only."""
    at = 0
    while len(data) - at > BOUND:
        end = data.rfind(b"\n", at, at + BOUND + 1)
        if end < 0:
            return True
        at = end + 1
    return False
