"""Octets of a log to its summary. What Postfix writes goes the fast way, the rest line by line; both count the same.

The fast way is one expression over a whole piece. It passes over lines that tell no fate, takes deliveries apart, and
gives every other line out. Lines that tell of trouble are explained once for all that are alike. Sans I/O.
"""

from __future__ import annotations

import codecs
import datetime as dt
import re
from functools import lru_cache
from typing import Final

from msgspec import Struct

from gatepost.maillog.event import Event
from gatepost.maillog.frame import unframe
from gatepost.maillog.likeness import BOUND as ALIKE
from gatepost.maillog.likeness import Likeness
from gatepost.maillog.lines import BOUND, Lines, text_of
from gatepost.maillog.reading import Reading
from gatepost.maillog.summary import Fate, Summary, domain_of, fate_of, label, peer_name
from gatepost.maillog.wanted import Wanted
from gatepost.reply.explain import explain
from gatepost.reply.explanation import Context, Explanation

_TROUBLES: Final = frozenset(("deferred", "bounced", "rejected"))
_VERDICTS: Final = 20_000
_HEAD: Final = 4  # octets that tell whether a log is UTF-16
_ENTRY: Final = b"__CURSOR="  # of `journalctl -o export`: an entry is several lines
_DISCARDED: Final = b"Ok, discarded"

# --- the lines of Postfix, as `readers.postfix` and `readers.postfix_server` read them ---
# Each form is one of those that the readers take, and never more: what is not surely one is given out as a line.
_DAY: Final = (
    r"(?:(?:Jan|Mar|May|Jul|Aug|Oct|Dec)[ ](?:[ ][1-9]|[12][0-9]|3[01])"
    r"|(?:Apr|Jun|Sep|Nov)[ ](?:[ ][1-9]|[12][0-9]|30)|Feb[ ](?:[ ][1-9]|[12][0-9]))"
)
_CLOCK: Final = r"[0-2][0-9]:[0-5][0-9]:[0-6][0-9]"
_BSD: Final = rf"{_DAY}[ ]{_CLOCK}"
_ISO: Final = (
    rf"20[0-9]{{2}}-[01][0-9]-[0-3][0-9]T{_CLOCK}(?:\.[0-9]{{1,9}}+)?(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})"
)
_KEY: Final = r"(?![a-z]{1,20}:)[0-9A-Za-z]{4,24}+"
_HOST: Final = r"[!#-'*-9;<>-Z\\^-~]{1,255}+"  # without what ends a tag
_INSTANCE: Final = r"postfix[A-Za-z0-9_-]{0,20}+/(?:[A-Za-z0-9._-]{1,20}/)?+"
_PID: Final = r"\[[0-9]{1,10}\]:[ ]"
_QUIET: Final = rf"""
    smtpd{_PID}(?:[a-zA-Z]++[ ]|warning:[ ]hostname[ ]).*+
  | qmgr{_PID}{_KEY}:[ ](?:removed|from=<[^<>\n]{{0,1024}}+>,[ ]size=[0-9]{{1,18}}+,[ ]nrcpt=.*+)
  | cleanup{_PID}{_KEY}:[ ](?:message-id=|(?:info|warning|prepend|replace):[ ](?:header|body)[ ]).*+
  | (?:smtp|lmtp|local|virtual|pipe|error){_PID}(?:[a-zA-Z_]++[ ]|{_KEY}:[ ](?!to=<)).*+
  | (?:postscreen|dnsblog|tlsproxy){_PID}[a-zA-Z]++[ ].*+
  | smtps/smtpd{_PID}[a-zA-Z]++[ ].*+
  | submissions?/smtpd{_PID}[a-zA-Z]++[ ].*+
  | (?:bounce|anvil|scache|tlsmgr|master|verify|trivial-rewrite){_PID}(?![0-9A-Za-z]++:[ ]to=<).*+
"""
_ACCEPTED: Final = rf"""
    (?:smtps/|submissions?/)?smtpd{_PID}{_KEY}:[ ]client=[^\s\[]{{0,255}}+\[[^\]\s]{{0,255}}+\].*+
  | pickup{_PID}{_KEY}:[ ]uid=[0-9]{{1,10}}+[ ]from=<[^<>\n]{{0,1024}}+>.*+
"""
_FACTS: Final = (
    r"(?:orig_to=<[^<>\n]{0,1024}+>,[ ])?relay=%s,[ ](?:conn_use=[0-9]{1,9}+,[ ])?"
    r"delay=[0-9.]{1,15}+(?:,[ ]delays=[0-9./-]{1,60}+)?(?:,[ ]tls=[^,\n]{0,200}+)?"
    r",[ ]dsn=%s,[ ]status="
)
_AGENT: Final = r"(?:smtp|lmtp|local|virtual|pipe|relay)"
_SENT: Final = (
    rf"{_AGENT}{_PID}{_KEY}:[ ]to=<[!-;=?A-~]{{0,500}}+@([!-;=?A-~]{{1,255}}+)>,[ ]"
    + _FACTS % (r"[^,\n]{0,1024}+", r"[245](?:\.[0-9]{1,3}){2}")
    + r"sent[ ]\(%s.*+"
)


# The frame of a line, to be looked for in all others of a piece.
_FRAME: Final = re.compile(
    rf"(?:({_DAY})[ ]{_CLOCK}"
    rf"|(20[0-9]{{2}}-[01][0-9]-[0-3][0-9]T){_CLOCK}(\.[0-9]{{1,9}}+)?(Z|[+-][0-9]{{2}}:[0-9]{{2}}))"
    rf"[ ]({_HOST})[ ]postfix/".encode(),
    re.VERBOSE,
)
_HOUR: Final = {"bsd": len("Nov 23 15"), "iso": len("2026-11-23T15")}
_SAMPLE: Final = 1 << 16


@lru_cache(maxsize=64)
def _expression(frame: str, *, careful: bool) -> re.Pattern[bytes]:
    """Build what takes a piece apart: rows of stamp, domain, and what is neither quiet nor a delivery.

    A row with a domain is a delivery, one with only a stamp a message taken in. `frame` is a stamp, what stands
    behind it, and a mark between the two. The careful one looks at the words of the next hop too, that it did not
    throw the message away.
    """
    stamp, behind = frame.split(_MARK)
    sent = _SENT % (r"(?!.*Ok,[ ]discarded)" if careful else "")
    return re.compile(
        rf"(?:{stamp}{behind}(?:{_QUIET})\n)*+(?:({stamp}){behind}(?:{_ACCEPTED}|{sent})\n|(.*\n)|\Z)".encode(),
        re.VERBOSE,
    )


_MARK: Final = "\0"
_ANY_FRAME: Final = {
    form: f"{stamp}{_MARK}[ ]{_HOST}[ ]{_INSTANCE}" for form, stamp in (("bsd", _BSD), ("iso", _ISO))
}


def _frame(data: bytes, form: str) -> str:
    """Write the expression for the frame of a piece's lines: that of one host and one day, if all are of these.

    It is passed over a third faster than any frame at all, and what has another costs only time.
    """
    found = _FRAME.match(data)
    if found is None:
        return _ANY_FRAME[form]
    day, date, fraction, offset, host = found.groups()
    begin = day or date
    last = data.rfind(b"\n", 0, -1) + 1
    named = data.count(b" %b postfix/" % host, 0, _SAMPLE)
    if not data.startswith(begin, last) or named * 32 < data.count(b"\n", 0, _SAMPLE) * 31:
        return _ANY_FRAME[form]
    stamp = re.escape(begin.decode()) + ("[ ]" if day else "") + _CLOCK
    if fraction:
        stamp += rf"\.[0-9]{{{len(fraction) - 1}}}"
    return f"{stamp}{re.escape((offset or b'').decode())}{_MARK}[ ]{re.escape(host.decode('latin-1'))}[ ]postfix/"


_ANY_STAMP: Final = rf"({_BSD}|{_ISO})[ ]{_HOST}[ ]{_INSTANCE}"
_PEER: Final = r"([^\s\[]{0,255}\[[^\]\s]{0,255}\])(?::[0-9]{1,5})?"
_FAILED: Final = re.compile(
    rf"{_ANY_STAMP}{_AGENT[:-1]}|error|retry){_PID}{_KEY}:[ ]to=<([^<>]{{0,1024}}+)>,[ ]"
    + _FACTS % (r"([^,]{0,1024}+)", r"([245](?:\.[0-9]{1,3}){2})")
    + r"(deferred|bounced)[ ]\(",
    re.VERBOSE,
)
_REFUSED: Final = re.compile(
    rf"{_ANY_STAMP}(smtpd|postscreen|cleanup){_PID}{_KEY}:[ ]"
    rf"((?:milter-)?reject:[ ][A-Z-]{{3,20}})[ ]from[ ]{_PEER}:[ ]",
    re.VERBOSE,
)
_ENVELOPE: Final = re.compile(r"; from=<([^<>]{0,1024}+)>,?(?: to=<([^<>]{0,1024}+)>,?)? proto=")
_LOGIN: Final = re.compile(
    rf"{_ANY_STAMP}smtpd{_PID}warning:[ ]{_PEER}:[ ](?=SASL[ ][A-Za-z0-9_-]{{1,40}}[ ]authentication[ ]failed)",
    re.VERBOSE,
)


class Verdict(Struct, frozen=True):
    """What a line of trouble comes to, and all lines like it.

    `word` tells which word of the text names the peer; -1 where another place of the line does.
    """

    result: str
    fate: Fate
    code: str
    word: int
    explanation: Explanation


class Verdicts:
    """What lines of trouble came to, by what is common to those that are alike; it may serve many logs."""

    def __init__(self) -> None:
        self.likeness = Likeness()
        self._known: dict[tuple[str, ...], Verdict | None] = {}

    def get(self, key: tuple[str, ...]) -> Verdict | None:
        """Give the verdict on lines of that kind, None where there is none yet."""
        return self._known.get(key)

    def put(self, key: tuple[str, ...], verdict: Verdict) -> None:
        """Keep a verdict; when there are too many, all are made anew as they are needed."""
        if len(self._known) >= _VERDICTS:
            self._known.clear()
        self._known[key] = verdict


class Line(Struct, frozen=True):
    """A line of trouble taken apart: what is common to all like it, and what is its own."""

    key: tuple[str, ...]
    stamp: str
    domain: str
    addresses: tuple[str, ...]
    text: str
    peer: str


class Sieve:
    """Take the octets of one log, or of a piece of it that begins and ends with whole lines."""

    def __init__(self, today: dt.date, wanted: Wanted, verdicts: Verdicts | None = None) -> None:
        self.summary = Summary()
        self._today = today
        self._reading = Reading(today)
        self._wanted = wanted
        self._verdicts = verdicts or Verdicts()
        self._lines = Lines()
        self._rest = b""
        self._begun = False
        self._by_line = False  # from now on: the log is of another kind
        self._within = False  # `_lines` holds the beginning of a long line
        self._times: dict[str, str] = {}

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
        self.summary.cut += self._lines.cut
        return self.summary

    def _begin(self, data: bytes) -> bytes:
        self._begun = True
        self._by_line = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return data.removeprefix(codecs.BOM_UTF8)

    def _give(self, data: bytes) -> None:
        for raw in self._lines.receive(data):
            self._line(raw)

    def _line(self, raw: str) -> None:
        """Count a line, the slow way."""
        event = self._reading.read(raw)
        if event is None:
            self.summary.add_unread(raw)
            return
        self.summary.add_line(event.system)
        explanation = explained(event) if event.result in _TROUBLES or event.system == "plain" else None
        if self._wanted.everything or self._wanted.admits(event, explanation):
            self.summary.add(event, explanation)

    def _piece(self, data: bytes) -> None:
        """Count whole lines, the fast way where the piece allows it."""
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n")
        if data.startswith(_ENTRY) or b"\n" + _ENTRY in data:
            self._by_line = True
            self._give(data)
            self._give(self._rest)
            self._rest = b""
        elif b"\0" in data or b"\r" in data or _has_long(data) or b" postfix" not in data:
            self._give(data)
        else:
            self._sort(data, "iso" if data[:2] == b"20" else "bsd")

    def _sort(self, data: bytes, form: str) -> None:
        summary = self.summary
        lines = data.count(b"\n")
        before = summary.lines
        rows = _expression(_frame(data, form), careful=_DISCARDED in data).findall(data)
        if not self._wanted.everything:
            rows = [row for row in rows if row[2] or self._admits(*row[:2])]
        delivered: dict[tuple[bytes, bytes], int] = {}
        stamps: set[bytes] = set()
        hour = _HOUR[form]
        accepted = 0
        for stamp, domain, line in rows:
            if domain:
                key = (stamp[:hour], domain)
                delivered[key] = delivered.get(key, 0) + 1
                stamps.add(stamp)
            elif stamp:
                accepted += 1
                stamps.add(stamp)
            elif line:
                self._trouble(line[:-1])
        quiet = lines - (summary.lines - before)
        if quiet:
            summary.add_line("postfix", quiet)
        if stamps:
            times = [self._time(stamp.decode()) for stamp in stamps]
            summary.add_time(min(times))
            summary.add_time(max(times))
        count_in(summary.results, "accepted", accepted)
        count_in(summary.results, "delivered", sum(delivered.values()))
        for (stamp, domain), count in delivered.items():
            text = stamp.decode() if form == "iso" else self._time(f"{stamp.decode()}:00:00")[:13]
            summary.add_fate("delivered", text, domain.decode().lower(), count)

    def _admits(self, stamp: bytes, domain: bytes) -> bool:
        """Tell whether a delivery, or a message taken in, is wanted."""
        wanted = self._wanted
        return (
            wanted.admits_meaning(None)
            and wanted.admits_time(self._time(stamp.decode()) if stamp else "")
            and (not wanted.domains or wanted.admits_domain(domain.decode()))
        )

    def _time(self, stamp: str) -> str:
        """Give the time of a stamp as the frame has it."""
        if stamp[0] == "2":
            return stamp.replace("Z", "+00:00")
        day = self._times.get(stamp[:6])
        if day is None:
            day = unframe(f"{stamp} a b: ", self._today).time[:11]
            self._times[stamp[:6]] = day
        return day + stamp[7:]

    # --- lines of trouble ---

    def _trouble(self, octets: bytes) -> None:
        """Count a line that tells of trouble, or of something else: by one like it if there was one."""
        raw = text_of(octets)
        line = self._apart(raw) if len(raw) <= ALIKE and octets.isascii() else None
        if line is None:
            self._line(raw)
            return
        verdict = self._verdicts.get(line.key)
        if verdict is None:
            self._learn(raw, line)
            return
        summary, wanted = self.summary, self._wanted
        time = self._time(line.stamp)
        row = summary.row(verdict.explanation)
        if not wanted.everything and not (
            wanted.admits_time(time)
            and wanted.admits_domain(*line.addresses)
            and wanted.admits_meaning(verdict.explanation)
        ):
            summary.add_line("postfix")
            return
        if row.lacks_example_of(line.domain):
            self._line(raw)
            return
        summary.add_line("postfix")
        count_in(summary.results, verdict.result, 1)
        summary.add_time(time)
        summary.add_fate(verdict.fate, time[:13], line.domain)
        peer = line.peer if verdict.word < 0 else line.text.split(" ", verdict.word + 1)[verdict.word]
        row.add(verdict.fate, time, verdict.code, line.domain, peer_name(peer))

    def _apart(self, raw: str) -> Line | None:
        likeness = self._verdicts.likeness
        key: tuple[str, ...]
        found = _FAILED.match(raw)
        if found is not None:
            stamp, recipient, relay, dsn, status = found.groups()
            text = raw[found.end() :]
            key = (status, dsn, likeness[relay], *likeness.pattern(text))
            domain = recipient.rpartition("@")[2].lower()
            return Line(key, stamp, domain, (recipient,), text, relay if "[" in relay else "")
        found = _REFUSED.match(raw)
        if found is not None:
            stamp, daemon, action, peer = found.groups()
            at = raw.find("; from=<", found.end())
            envelope = _ENVELOPE.match(raw, at) if at >= 0 else None
            if envelope is None:
                return None
            text = raw[found.end() : at]
            key = (daemon, action, likeness[peer], *likeness.pattern(text))
            sender, recipient = envelope[1], envelope[2] or ""
            return Line(key, stamp, sender.rpartition("@")[2].lower(), (recipient, sender), text, peer)
        found = _LOGIN.match(raw)
        if found is not None:
            stamp, peer = found.groups()
            text = raw[found.end() :]
            key = ("login", likeness[peer], *likeness.pattern(text))
            return Line(key, stamp, "", (), text, peer)
        return None

    def _learn(self, raw: str, line: Line) -> None:
        """Count a line the slow way, and keep what it came to for those like it."""
        self._line(raw)
        event = self._reading.read(raw)
        if event is None or event.system != "postfix" or event.result not in _TROUBLES:
            return
        explanation = explained(event)
        fate = fate_of(event, explanation)
        if not fate or domain_of(event) != line.domain:
            return
        peer = peer_name(event.peer)
        words = [peer_name(word) for word in line.text.split(" ")]
        word = -1
        if peer in words and "[" in peer:
            word = words.index(peer)
        elif peer != peer_name(line.peer):
            return
        self._verdicts.put(
            line.key, Verdict(event.result, fate, label(event, explanation), word, explanation)
        )


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
