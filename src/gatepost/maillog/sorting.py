"""The lines of Postfix told apart many at once: those that tell no fate, deliveries, and lines of trouble.

One expression goes over a whole piece of a log. Each form in it is one that `readers.postfix` or
`readers.postfix_server` takes, and never more: what is not surely one is given out as a line, for the readers.
Nothing is counted here, and nothing explained.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from msgspec import Struct

# Delivery, message taken in, or another line: (stamp, domain, ""), (stamp, "", ""), ("", "", line with its end).
Row = tuple[bytes, bytes, bytes]

_DAY: Final = (
    r"(?:(?:Jan|Mar|May|Jul|Aug|Oct|Dec)[ ](?:[ ][1-9]|[12][0-9]|3[01])"
    r"|(?:Apr|Jun|Sep|Nov)[ ](?:[ ][1-9]|[12][0-9]|30)|Feb[ ](?:[ ][1-9]|[12][0-9]))"
)
_CLOCK: Final = r"[0-2][0-9]:[0-5][0-9]:[0-6][0-9]"
_DATE: Final = r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T"
_OFFSET: Final = r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
_STAMP: Final = rf"(?:{_DAY}[ ]{_CLOCK}|{_DATE}{_CLOCK}(?:\.[0-9]{{1,9}}+)?{_OFFSET})"
_HOST: Final = r"[!#-'*-9;<>-Z\\^-~]{1,255}+"  # without what ends a tag
_INSTANCE: Final = r"postfix[A-Za-z0-9_-]{0,20}+/(?:[A-Za-z0-9._-]{1,20}/)?"
_BEHIND: Final = rf"[ ]{_HOST}[ ]{_INSTANCE}"
_KEY: Final = r"[0-9A-Z][0-9A-Za-z]{3,23}+"
# Sets of what may stand there, and not of what may not: the engine is twice as fast with these.
_PATH: Final = r"[ -;=?-~]{0,1024}+"  # without angle brackets
_WORDS: Final = r"[ -+\--~]{0,1024}+"  # without a comma
_PEER_SET: Final = r"[!-Z\\-~]{0,255}+\[[!-\\^-~]{0,255}+\]"
_PID: Final = r"\[[0-9]{1,10}\]:[ ]"

# Each way begins with a letter that rules the others out: that is what the engine looks at first.
_QUIET: Final = rf"""
    smtpd{_PID}(?:[a-zA-Z]++[ ]|warning:[ ]hostname[ ]).*+
  | qmgr{_PID}{_KEY}:[ ](?:removed|from=<{_PATH}>,[ ]size=[0-9]{{1,18}}+,[ ]nrcpt=.*+)
  | cleanup{_PID}{_KEY}:[ ](?:message-id=|(?:info|warning|prepend|replace):[ ](?:header|body)[ ]).*+
  | postscreen{_PID}[a-zA-Z]++[ ].*+
  | bounce{_PID}(?![0-9A-Za-z]++:[ ]to=<).*+
  | anvil{_PID}(?![0-9A-Za-z]++:[ ]to=<).*+
  | dnsblog{_PID}[a-zA-Z]++[ ].*+
  | tlsproxy{_PID}[a-zA-Z]++[ ].*+
  | (?:submissions?|smtps)/smtpd{_PID}(?:[a-zA-Z]++[ ]|warning:[ ]hostname[ ]).*+
  | (?:scache|tlsmgr|master|verify|trivial-rewrite|local|virtual|pipe){_PID}(?![0-9A-Za-z]++:[ ]to=<).*+
"""
# Beside deliveries they are few, and come after them.
_QUIET_AGENT: Final = rf"(?:smtp|lmtp){_PID}(?:[a-zA-Z_]++[ ]|warning:[ ]|{_KEY}:[ ](?!to=<)).*+"
_ACCEPTED: Final = rf"""
    smtpd{_PID}{_KEY}:[ ]client={_PEER_SET}.*+
  | (?:submissions?|smtps)/smtpd{_PID}{_KEY}:[ ]client={_PEER_SET}.*+
  | pickup{_PID}{_KEY}:[ ]uid=[0-9]{{1,10}}+[ ]from=<{_PATH}>.*+
"""
# What may be left out stands as one of two ways, since these cost less than a group that may be repeated.
_FACTS: Final = (
    rf"(?:orig_to=<{_PATH}>,[ ]|)relay=%s,[ ](?:conn_use=[0-9]{{1,9}}+,[ ]|)delay=[0-9.]{{1,15}}+,[ ]"
    rf"(?:delays=[0-9./-]{{1,60}}+,[ ]|)(?:tls=[ -+\--~]{{0,200}}+,[ ]|)dsn=%s,[ ]status="
)
_DSN: Final = r"[245]\.[0-9]{1,3}\.[0-9]{1,3}"
_AGENT: Final = r"(?:smtp|lmtp|local|virtual|pipe|relay|error|retry)"
_SENT: Final = (
    rf"{_AGENT}{_PID}{_KEY}:[ ]to=<[!-;=?A-~]{{0,500}}+@([!-;=?A-~]{{1,255}}+)>,[ ]"
    + _FACTS % (_WORDS, _DSN)
    + r"sent[ ]\("
)
# Up to the end of the line, where the next hop does not say "Ok, discarded": it threw the message away.
_TAKEN: Final = r"[ -+\--~]*+(?:,(?![ ]discarded)[ -+\--~]*+)*"

# The frame of a line, to be looked for in all others of a piece.
_FRAME: Final = re.compile(
    rf"(?:({_DAY}[ ]){_CLOCK}|({_DATE}){_CLOCK}(\.[0-9]{{1,9}}+)?({_OFFSET}))[ ]({_HOST})[ ]postfix/".encode(),
    re.VERBOSE,
)
_SAMPLE: Final = 1 << 16
_HOUR_BSD: Final = len("Nov 23 15")
_HOUR: Final = len("2026-11-23T15")
_SECOND: Final = len("2026-11-23T15:05:55")


def rows(data: bytes) -> tuple[list[Row], int]:
    """Take whole lines apart: a row for each that is not a line of Postfix that tells no fate.

    There must be no CR and no NUL in them. Rows that hold nothing may be among them. The number tells how much of a
    stamp is common to all of one hour, or to fewer.
    """
    stamp, behind = _frame(data)
    found: list[Row] = _expression(stamp, behind).findall(data)
    if stamp is _STAMP:
        return found, _SECOND
    return found, _HOUR if data[:2] == b"20" else _HOUR_BSD


@lru_cache(maxsize=64)
def _expression(stamp: str, behind: str) -> re.Pattern[bytes]:
    return re.compile(
        rf"(?:{stamp}{behind}(?:{_QUIET})\n)*(?:({stamp}){behind}(?:{_ACCEPTED}|{_SENT}{_TAKEN})\n"
        rf"|{stamp}{behind}{_QUIET_AGENT}\n|(.*\n)|\Z)".encode(),
        re.VERBOSE,
    )


def _frame(data: bytes) -> tuple[str, str]:
    """Write expressions for the stamp of a piece's lines and what stands behind it.

    They are those of one host and one day if all is of these: a third faster than any stamp and host at all. A line
    of another is then given out, which costs only time.
    """
    found = _FRAME.match(data)
    if found is None:
        return _STAMP, _BEHIND
    day, date, fraction, offset, host = found.groups()
    named = data.count(b" %b postfix/" % host, 0, _SAMPLE)
    last = data.rfind(b"\n", 0, -1) + 1
    if not data.startswith(day or date, last) or named * 32 < data.count(b"\n", 0, _SAMPLE) * 31:
        return _STAMP, _BEHIND
    stamp = re.escape((day or date).decode()) + _CLOCK
    if fraction:
        stamp += rf"\.[0-9]{{{len(fraction) - 1}}}"
    return stamp + re.escape((offset or b"").decode()), rf"[ ]{re.escape(host.decode())}[ ]postfix/"


_ANY: Final = rf"({_STAMP}){_BEHIND}"
_PEER: Final = r"([^\s\[]{0,255}\[[^\]\s]{0,255}\])(?::[0-9]{1,5})?"
_FAILED: Final = re.compile(
    rf"{_ANY}{_AGENT}{_PID}{_KEY}:[ ]to=<({_PATH})>,[ ]"
    + _FACTS % (f"({_WORDS})", f"({_DSN})")
    + r"(deferred|bounced)[ ]\(",
    re.VERBOSE,
)
# The peer that a text begins to speak of: so do nearly all.
_TOLD: Final = re.compile(
    r"(host |connect to |lost connection with |conversation with )([^\s\[]{1,255}\[[^\]\s]{1,255}\])"
)
_REFUSED: Final = re.compile(
    rf"{_ANY}(smtpd|postscreen|cleanup){_PID}{_KEY}:[ ]"
    rf"((?:milter-)?reject:[ ][A-Z-]{{3,20}})[ ]from[ ]{_PEER}:[ ]",
    re.VERBOSE,
)
_ENVELOPE: Final = re.compile(r"; from=<([^<>]{0,1024}+)>,?(?: to=<([^<>]{0,1024}+)>,?)? proto=")
_LOGIN: Final = re.compile(
    rf"{_ANY}smtpd{_PID}warning:[ ]{_PEER}:[ ](?=SASL[ ][A-Za-z0-9_-]{{1,40}}[ ]authentication[ ]failed)",
    re.VERBOSE,
)


class Line(Struct, frozen=True, gc=False):
    """A line of trouble taken apart. Lines of the same `kind` whose texts and peers are alike mean the same.

    The kind is what the line is about, the code of the reply, and how the text begins where it names the peer.

    `domain` is the one it counts for, of `addresses` those that it names; `peer` is without a port, and what stands
    before its address is left out of the text. It is `presumed` where another may be meant, whom the text names.
    """

    kind: str
    stamp: str
    domain: str
    addresses: tuple[str, ...]
    text: str
    peer: str
    presumed: bool = False


def apart(raw: str) -> Line | None:
    """Take a line of trouble apart: a deferral, a bounce, a refusal, a failed login; None for any other."""
    if " status=" in raw:
        found = _FAILED.match(raw)
        if found is not None:
            stamp, recipient, relay, dsn, status = found.groups()
            domain = recipient.rpartition("@")[2].lower()
            text = raw[found.end() :]
            reply = text.partition(" said: " if " said: " in text else " to me: ")[2]
            kind = status + dsn + reply[:3]
            told = _TOLD.match(text)
            if told is not None:
                opening, peer = told.groups()
                return Line(
                    kind + opening, stamp, domain, (recipient,), text[told.end(1) + peer.index("[") :], peer
                )
            peer = relay[: relay.rfind("]") + 1] if "[" in relay else ""
            return Line(kind, stamp, domain, (recipient,), text, peer, presumed=True)
        return None
    found = _REFUSED.match(raw)
    if found is not None:
        stamp, daemon, action, peer = found.groups()
        at = raw.find("; from=<", found.end())
        envelope = _ENVELOPE.match(raw, at) if at >= 0 else None
        if envelope is None:
            return None
        sender, recipient = envelope[1], envelope[2] or ""
        domain = sender.rpartition("@")[2].lower()
        text = raw[found.end() : at]
        return Line(daemon + action + text[:3], stamp, domain, (recipient, sender), text, peer)
    found = _LOGIN.match(raw)
    if found is not None:
        stamp, peer = found.groups()
        return Line("login", stamp, "", (), raw[found.end() :], peer)
    return None
