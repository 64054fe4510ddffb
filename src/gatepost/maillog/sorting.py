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
# Sets of what may stand there, and not of what may not: the engine is twice as fast with these. It is faster still
# with sets of three ranges or more, since it makes tables of them: so there is a TAB in some.
_PATH: Final = r"[ -;=?-~]{0,1024}+"  # without angle brackets
_WORDS: Final = r"[\t -+\--~]{0,1024}+"  # without a comma
_PEER: Final = r"[!-Z\\-~]{0,255}+\[[!-\\^-~]{0,255}+\]"
_PID: Final = r"\[[0-9]{1,10}+\]:[ ]"
_NO_FATE: Final = r"(?![0-9A-Za-z]++:[ ]to=<)"

# The first letter rules most ways out: that is what the engine looks at. What is most stands first.
_QUIET: Final = rf"""
    smtpd{_PID}[a-zA-Z]++[ ].*+
  | qmgr{_PID}{_KEY}:[ ](?:removed|from=<{_PATH}>,[ ]size=[0-9]{{1,18}}+,[ ]nrcpt=.*+)
  | cleanup{_PID}{_KEY}:[ ]message-id=.*+
  | postscreen{_PID}[a-zA-Z]++[ ].*+
  | bounce{_PID}{_NO_FATE}.*+
  | anvil{_PID}{_NO_FATE}.*+
  | dnsblog{_PID}[a-zA-Z]++[ ].*+
  | tlsproxy{_PID}[a-zA-Z]++[ ].*+
  | cleanup{_PID}{_KEY}:[ ](?:info|warning|prepend|replace):[ ](?:header|body)[ ].*+
  | s(?:mtpd{_PID}warning:[ ]hostname[ ]|(?:ubmissions?|mtps)/smtpd{_PID}(?:[a-zA-Z]++[ ]|warning:[ ]hostname[ ])).*+
  | (?:scache|tlsmgr|master|verify|trivial-rewrite|local|virtual|pipe){_PID}{_NO_FATE}.*+
"""
# Beside deliveries they are few, and come after them.
_QUIET_AGENT: Final = rf"(?:smtp|lmtp){_PID}(?:[a-zA-Z_]++[ ]|warning:[ ]|{_KEY}:[ ](?!to=<)).*+"
_ACCEPTED: Final = rf"""
    smtpd{_PID}{_KEY}:[ ]client={_PEER}.*+
  | s(?:ubmissions?|mtps)/smtpd{_PID}{_KEY}:[ ]client={_PEER}.*+
  | pickup{_PID}{_KEY}:[ ]uid=[0-9]{{1,10}}+[ ]from=<{_PATH}>.*+
"""
# What may be left out stands as one of two ways, since these cost less than a group that may be repeated.
_FACTS: Final = (
    rf"(?:orig_to=<{_PATH}>,[ ]|)relay=%s,[ ](?:conn_use=[0-9]{{1,9}}+,[ ]|)delay=[0-9.]{{1,15}}+,[ ]"
    rf"(?:delays=[0-9./-]{{1,60}}+,[ ]|)(?:tls=[\t -+\--~]{{0,200}}+,[ ]|)dsn=%s,[ ]status="
)
_DSN: Final = r"[245]\.[0-9]{1,3}+\.[0-9]{1,3}+"
_AGENT: Final = r"(?:smtp|lmtp|local|virtual|pipe|relay|error|retry)"
_SENT: Final = (
    rf"{_AGENT}{_PID}{_KEY}:[ ]to=<[!-;=?A-~]{{0,500}}+@([!-;=?A-~]{{1,255}}+)>,[ ]"
    + _FACTS % (_WORDS, _DSN)
    + r"sent[ ]\("
)
# Up to the end of the line, where the next hop does not say "Ok, discarded": it threw the message away.
_TAKEN: Final = r"[\t -+\--~]*+(?:\n|(?:,(?![ ]discarded)[\t -+\--~]*+)*\n)"

# The frame of a line, to be looked for in all others of a piece.
_FRAME: Final = re.compile(
    rf"(?:({_DAY}[ ]){_CLOCK}|({_DATE}){_CLOCK}(\.[0-9]{{1,9}}+)?({_OFFSET}))[ ]({_HOST})[ ]postfix/".encode(),
    re.VERBOSE,
)
_SAMPLE: Final = 1 << 14
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
    return found, _HOUR if data[:1] == b"2" else _HOUR_BSD


def hour_of(stamp: str) -> int:
    """Tell how many characters of a stamp tell its hour."""
    return _HOUR if stamp[0] == "2" else _HOUR_BSD


@lru_cache(maxsize=64)
def _expression(stamp: str, behind: str) -> re.Pattern[bytes]:
    return re.compile(
        rf"(?:{stamp}{behind}(?:{_QUIET})\n)*(?:({stamp}){behind}(?:(?:{_ACCEPTED})\n|{_SENT}{_TAKEN})"
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


# --- lines of trouble ---

_PEER_NAME: Final = 255
# Together not longer than a peer may be that is counted.
_NAME: Final = r"[!-Z\\-~]{0,180}+"
_ADDRESS: Final = r"\[[!-\\^-~]{0,70}+\]"
_PORT: Final = r"(?::[0-9]{1,5}|)"
_LOCAL: Final = r"(?:[ -;=?-~]{0,1024}@|)"
_DOMAIN: Final = r"[ -;=?A-~]{0,255}+"
_PLAIN: Final = r"[\t -:<-~]*+"  # without a semicolon
_FAILED: Final = (
    rf"{_AGENT}{_PID}{_KEY}:[ ]to=<({_LOCAL})({_DOMAIN})>,[ ]"
    + _FACTS % (f"({_WORDS})", f"({_DSN})")
    + rf"""(deferred|bounced)[ ]\(
    (?:(host[ ]|connect[ ]to[ ]|lost[ ]connection[ ]with[ ]|conversation[ ]with[ ])
       (?=({_NAME}{_ADDRESS}))({_NAME})|)
    ((?:{_ADDRESS}|)(?:[ ](?:said|refused[ ]to[ ]talk[ ]to[ ]me):[ ]([0-9]{{3}})|).*+)"""
)
_REFUSED: Final = rf"""
    (smtpd|postscreen|cleanup){_PID}{_KEY}:[ ]
    ((?:milter-|)reject:[ ][A-Z-]{{3,20}})[ ]from[ ](({_NAME}){_ADDRESS}){_PORT}:[ ]
    (?=([0-9]{{3}}|))({_PLAIN}(?:;(?![ ]from=<){_PLAIN})*);[ ]
    from=<({_LOCAL})({_DOMAIN})>,?(?:[ ]to=<({_PATH})>,?|)[ ]proto=.*+
"""
_LOGIN: Final = rf"""
    smtpd{_PID}warning:[ ](({_NAME}){_ADDRESS}){_PORT}:[ ]
    (SASL[ ][A-Za-z0-9_-]{{1,40}}[ ]authentication[ ]failed.*+)
"""
_TROUBLE: Final = re.compile(rf"({_STAMP}){_BEHIND}(?:{_FAILED}|{_REFUSED}|{_LOGIN})\n|.*\n", re.VERBOSE)
# A line taken apart: its stamp, then what each form has, "" where it is of another; `Line.of` names them.
Parts = tuple[str, ...]
FAILED: Final = slice(1, 11)
REFUSED: Final = slice(11, 20)
LOGIN: Final = slice(20, 23)
STATUS: Final = 5
ACTION: Final = 12
TEXTS: Final = (9, 16, 22)


class Line(Struct, frozen=True, gc=False):
    """A line of trouble taken apart.

    `domain` is the one it counts for as it is written, of `addresses` those that it names; `peer` is without a port.
    Where the text begins to speak of the peer, that is left out of it up to the address. The peer is `presumed` where
    another may be meant, whom the text names. `code` is that of the reply, where it stands in its usual place.
    """

    stamp: str
    domain: str
    addresses: tuple[str, ...]
    text: str
    peer: str
    code: str = ""
    presumed: bool = False

    @staticmethod
    def of(parts: Parts) -> Line | None:
        """Name the parts of a line; None where it has none of the forms."""
        stamp = parts[0]
        if parts[STATUS]:
            local, domain, relay, _, _, opening, peer, _, text, code = parts[FAILED]
            presumed = not opening
            if presumed:
                peer = peer_of(relay)
            return Line(stamp, domain, (local + domain,), text, peer, code, presumed)
        if parts[ACTION]:
            _, _, peer, _, code, text, local, domain, recipient = parts[REFUSED]
            return Line(stamp, domain, (recipient, local + domain), text, peer, code)
        if parts[LOGIN][2]:
            peer, _, text = parts[LOGIN]
            return Line(stamp, "", (), text, peer)
        return None


def peer_of(relay: str) -> str:
    """Give the peer that a relay names, as it is counted; "" where it names no address."""
    return relay[: relay.rfind("]") + 1][:_PEER_NAME]


def troubles(lines: str) -> list[Parts]:
    """Take lines of trouble in ASCII apart, each with its end: deferrals, bounces, refusals, failed logins."""
    return _TROUBLE.findall(lines)
