r"""Read the logs of Exim: main, reject and panic log, from files or through syslog, and `exim -Mvl` message logs.

The forms are those of the Exim specification, chapter 52 "Log files", and of what Exim 3 to 4.98 write in practice:
with or without time zone, process id and fraction of a second, the remote's reply behind its host (until 4.84) or
straight after the command, a reply of several lines joined by a written "\n". What a reply means is not known here;
`exim_words` takes the text after the fields apart.
"""

from __future__ import annotations

import re
from typing import Final

from gatepost.maillog.event import Event, Result
from gatepost.maillog.frame import Frame
from gatepost.maillog.readers.exim_words import FIELDS, Said, refused, said

# The time as `log_timezone` and `log_selector = +millisec` write it, what syslog-ng may put behind it, `+pid`.
_STAMP: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?)(?: ([+-][0-9]{2})([0-9]{2}))?"
    r"(?: [a-z]{1,8} exim[0-9a-z]{0,8}\[[0-9]{1,10}\]:)?(?: \[[0-9]{1,10}\])? "
)
# A message id: 6-6-2 until 4.96, 6-11-4 since 4.97, in base 62.
_KEY: Final = re.compile(
    r"(?:\[[0-9]{1,10}\] )?([0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4}))(?: |$)"
)
# How lines without a message id begin. A line of another program with the same time before it has none of these.
_OPENING: Final = re.compile(
    r"(?:Warning: )?(?:[HFU]=\S|(?:temporarily )?rejected |no (?:host name|IP address) found |"
    r"SMTP (?:call|command|connection|data|error|protocol|syntax)\b|no MAIL in |unqualified (?:sender|recipient) |"
    r"TLS (?:error|session|client)|"
    r"(?:Start|End) queue run|exim[ /]|Exim |SIGHUP |daemon |[Cc]onnection from |refused |sender verify |unexpected |"
    r"host |DNS |dnslists? |cwd=|socket |pid |[\w.-]{1,40} authenticator (?:failed|not)|fixed_\w+ |Received from |"
    r"[Ff]ailed to |malware acl |spam acl |ident |syntactically |lowest |PANIC|string_|Tainted|Completed|Message |"
    r"\*\*\* Frozen|(?:[=*>-]>|\*\*|==|[<(]=) )"
)
_FLAGGED: Final = re.compile(r"(?:[=*>-]>|\*\*|==|[<(]=) |Completed")
_ADDRESS_END: Final = re.compile(r" (?:[RFPTHS]=|defer \(|routing defer|: |mua_wrapper )|: ")
_HOST: Final = re.compile(r" H=((?:[^\s\[(]\S*)?(?: ?\([^)]{0,255}\))?(?: ?\[[^\]\s]{0,80}\])?)")
# In other lines the host may stand at the beginning, or behind a preposition: "failed for (helo) [192.0.2.1]:25".
_CLIENT: Final = re.compile(
    r"(?:(?:^| )H=| (?:from|for) )((?:[^\s\[(<=]\S* )?(?:\([^)]{0,255}\) )?\[[^\]\s]{1,80}\])"
)
_ACCEPTED: Final = re.compile(r"<> |\"(?:[^\"\\]|\\.){0,320}\"@\S+|\S+")
_CONFIRMED: Final = re.compile(r" C=\"((?:[^\"\\]++|\\.)*)")
_DURATION: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)([wdhms])")
_SECONDS: Final = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
# The header section that the reject log keeps of a message: a letter for the kind of each field stands before it.
_HEADER: Final = re.compile(r"[A-Z* ] [!-9;-~]{1,80}:|\s|-{10}|Envelope-(?:from|to): |P Received: |$")
_FATES: Final[dict[str, Result]] = {
    "=>": "delivered",
    "->": "delivered",
    ">>": "delivered",
    "*>": "delivered",
    "**": "bounced",
    "==": "deferred",
}


class Exim:
    """Read lines of Exim. `key` is the message id."""

    system = "exim"

    def __init__(self) -> None:
        self._in_header = False

    def read(self, frame: Frame) -> Event | None:
        """Tell what a line says; None when it is not Exim's."""
        message, program = frame.message, frame.program
        if program:
            if "exim" not in program:
                return None
        elif message[4:5] != "-" and message[6:7] != "-":
            return self._header(message)
        time, start = frame.time, 0
        if message[4:5] == "-" and message[19:20] == " " and message[10:11] == " " and message[26:27] == "-":
            # The commonest form of all, without the cost of an expression.
            time, start = f"{message[:10]}T{message[11:19]}", 20
        elif (stamp := _STAMP.match(message)) is not None:
            date, clock, hours, minutes = stamp.groups()
            time = f"{date}T{clock}{hours}:{minutes}" if hours else f"{date}T{clock}"
            start = stamp.end()
        found = _KEY.match(message, start)
        if found is not None:
            key, start = found[1], found.end()
            if not time and not program and not _FLAGGED.match(message, start):
                return None
        elif not program and (not start or not _OPENING.match(message, start)):
            return self._header(message)
        else:
            key = ""
            if message[start : start + 1] == "[":  # the process id, where no message id follows
                start = message.find("] ", start, start + 14) + 2 or start
        self._in_header = False
        flag = message[start : start + 2]
        if flag in _FATES and message[start + 2 : start + 3] == " ":
            return _sent(message[start + 3 :], _FATES[flag], key, time, frame)
        if flag in ("<=", "(=") or message.startswith("Received from ", start):
            return _taken(message[start:], key, time, frame)
        return self._other(message[start:], key, time, frame)

    def _header(self, message: str) -> Event | None:
        """Pass over the header section that follows a refusal in the reject log."""
        if self._in_header and _HEADER.match(message):
            return Event(system="exim")
        self._in_header = False
        return None

    def _other(self, rest: str, key: str, time: str, frame: Frame) -> Event:
        if rest.startswith("Completed"):
            return Event(
                system="exim", program=frame.program, time=time, host=frame.host, key=key, delay=_delay(rest)
            )
        what = refused(rest)
        if what.result == "rejected":
            self._in_header = True
        peer = _CLIENT.search(rest) if what.text or what.result else None
        return Event(
            system="exim", program=frame.program, time=time, host=frame.host, key=key, result=what.result,
            direction=what.direction, stage=what.stage, text=what.text, code=what.code, enhanced=what.enhanced,
            status=what.status, peer=what.peer or (peer[1] if peer is not None else ""), sender=what.sender,
            recipient=what.recipient,
        )  # fmt: skip


def _sent(rest: str, result: Result, key: str, time: str, frame: Frame) -> Event:
    """Read a line of a delivery: address, fields, and after a colon why it failed."""
    # A blackhole's name ends with what else ends an address.
    end = _ADDRESS_END.search(rest, len(":blackhole:") if rest.startswith(":blackhole:") else 0)
    stop = end.start() if end is not None else len(rest)
    recipient = _recipient(rest[:stop])
    fields = rest[stop:]
    what: Said
    if result == "delivered":
        if rest.startswith((":blackhole:", "/dev/null", "blackhole ")):
            result = "discarded"
        at = fields.find(' C="')
        reply = _CONFIRMED.match(fields, at) if at >= 0 else None
        what = said(reply[1].replace('\\"', '"'), confirmed=True) if reply is not None else said("")
    else:
        fields, text = _parted(fields)
        what = said(text)
    host = _HOST.search(fields)
    return Event(
        system="exim", program=frame.program, time=time, host=frame.host, key=key, result=result,
        direction=what.direction, stage=what.stage, text=what.text, code=what.code, enhanced=what.enhanced,
        peer=what.peer or (host[1].rstrip(" :") if host is not None else ""), sender=_bracketed(fields, " F=<"),
        recipient=recipient, size=_size(fields), delay=_delay(fields),
    )  # fmt: skip


def _taken(rest: str, key: str, time: str, frame: Frame) -> Event:
    """Read the line of a message that was accepted; the subject and what follows are the sender's words."""
    rest = rest[len("Received from ") :] if rest.startswith("R") else rest[3:]
    sender = _ACCEPTED.match(rest)
    subject = rest.find(' T="')
    fields = rest if subject < 0 else rest[:subject]
    host = _HOST.search(fields)
    to = rest.rfind(" for ")
    recipient = rest[to + 5 :] if to > 0 and (" " not in rest[to + 5 :]) else ""
    return Event(
        system="exim", program=frame.program, time=time, host=frame.host, key=key, result="accepted",
        direction="sent", stage="content", link=_value(fields, " R="), message_id=_value(fields, " id="),
        sender=sender[0].strip() if sender is not None else "", peer=host[1].strip() if host is not None else "",
        recipient=recipient, size=_size(fields),
    )  # fmt: skip


def _recipient(text: str) -> str:
    """Give the address that was delivered to; the one it came from, where it was a file, a pipe or a local part."""
    if text.endswith(">"):
        address, _, origin = text.rpartition(" <")
        address = address.partition(" (")[0]
        if "@" not in address or address[:1] in '|/>:"':
            return origin[:-1]
        return address.partition(" <")[0]
    return text


def _parted(rest: str) -> tuple[str, str]:
    """Part the fields behind an address from the text behind them."""
    at = rest.find("SMTP error from remote ")
    if at < 0:
        at = _end_of_fields(rest, 0)
    fields, text = rest[:at], rest[at:].lstrip(" :")
    # The words for an error number stand before the host: "defer (110): Connection timed out H=mx [192.0.2.1]: ...".
    behind = text.find(" H=", 0, 80) if fields.endswith(")") else -1
    if behind >= 0:
        at = _end_of_fields(text, behind)
        fields += text[behind:at]
        text = text[:behind] + text[at:].rstrip()
    return fields, text.strip()


def _end_of_fields(text: str, start: int) -> int:
    found = FIELDS.match(text, start)
    return found.end() if found is not None else start


def _bracketed(fields: str, name: str) -> str:
    at = fields.find(name)
    if at < 0:
        return ""
    at += len(name)
    end = fields.find(">", at)
    return fields[at:end] or "<>" if end >= 0 else ""


def _value(fields: str, name: str) -> str:
    at = fields.find(name)
    if at < 0:
        return ""
    at += len(name)
    end = fields.find(" ", at)
    return fields[at:] if end < 0 else fields[at:end]


def _size(fields: str) -> int | None:
    digits = _value(fields, " S=")
    return int(digits) if digits.isdecimal() and len(digits) < 16 else None


def _delay(text: str) -> float | None:
    """Give the time in the queue, in seconds; it is written "1d2h3m4s"."""
    written = _value(text, " QT=")[:64]
    if not written:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(written))
