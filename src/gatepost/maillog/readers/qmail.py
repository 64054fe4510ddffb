"""Read qmail's log lines: those of qmail-send, and of what stands in front of qmail-smtpd.

They come through multilog with a TAI64N label, through syslog with seconds since 1970, or through tai64nlocal. A
delivery's result names only its number: which message and recipient that is, earlier lines tell, so maps (bounded)
keep what is open. In reasons `qmail-send.c` writes "_" for a blank and "/" for the end of a line.
"""

from __future__ import annotations

import re
from typing import Final, TypeVar

from gatepost.maillog.event import Event, Result
from gatepost.maillog.frame import Frame
from gatepost.maillog.pieces import code_and_enhanced, moment
from gatepost.reply.explanation import Direction

SYSTEM: Final = "qmail"
Value = TypeVar("Value")
_OPEN: Final = 8192  # deliveries and messages remembered; conf-spawn allows 500 deliveries at once
_PROGRAMS: Final = (
    *("qmail", "rblsmtpd", "tcpserver", "spamdyke", "simscan", "vchkpw", "vpopmail", "chkuser", "splogger"),
    *("sslserver", "multilog", "notqmail"),
)
_LABEL: Final = re.compile(r"@([0-9a-f]{16})([0-9a-f]{8}) ")
_SECONDS: Final = re.compile(r"([0-9]{9,11})\.([0-9]{1,9}) ")
_LOCAL: Final = re.compile(
    r"(20[0-9]{2}-[01][0-9]-[0-3][0-9]) ([0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{1,9}) "
)
# tai_now.c: the label counts from 2^62, and ten seconds were between TAI and UTC in 1970.
_TAI: Final = (1 << 62) + 10

_INFO: Final = re.compile(
    r"info msg ([0-9]{1,20}): bytes ([0-9]{1,18}) from <([^>]{0,1024})> qp ([0-9]{1,20})"
)
_START: Final = re.compile(
    r"starting delivery ([0-9]{1,20}): msg ([0-9]{1,20}) to (local|remote) (\S{1,1024})"
)
_DONE: Final = re.compile(r"delivery ([0-9]{1,20}): (success|deferral|failure): ?([\s\S]*)")
_MESSAGE: Final = re.compile(
    r"(?:new|end) msg ([0-9]{1,20})$|(?:double |triple )?bounce msg ([0-9]{1,20}) qp"
)
_STATUS: Final = re.compile(r"status: (?:local|exiting|remote)|status: [a-z]")
_RESULTS: Final[dict[str, Result]] = {"success": "delivered", "deferral": "deferred", "failure": "bounced"}

_SAID: Final = "Remote host said: "
_PEER: Final = re.compile(
    r"(?:Connected to )?([0-9A-Fa-f.:]{3,45}|[\w.-]{1,255}) (?:accepted |does not |failed |but )"
)
# qmail-remote.c: what stands before the reply tells the step.
_STEPS: Final = (
    ("does not like recipient", "rcpt"),
    ("sender was rejected", "mail"),
    ("failed on DATA command", "data"),
    ("failed after I sent the message", "content"),
    ("accepted message", "content"),
    ("greeting failed", "connect"),
    ("my name was rejected", "helo"),
    ("unable to authenticate", "auth"),
    ("TLS", "starttls"),
    ("establish an SMTP connection", "connect"),
)
# A slash is the end of a line where another line of the reply follows it, else one of the reply's own.
_LINE_END: Final = re.compile(r"/(?=[2-5][0-9]{2}[ \-])")
_MARK: Final = re.compile(r"\(#([245]\.[0-9]{1,3}\.[0-9]{1,3})\)")

_RBL: Final = re.compile(
    r"(?:rblsmtpd: )?(\[?[0-9A-Fa-f.:]{3,45}\]?) pid [0-9]{1,10}(?: (\S{1,255}))?: "
    r"([45][0-9]{2} [\s\S]*)"
)
_CHKUSER: Final = re.compile(
    r"(?:.{0,64}?: )?CHKUSER (rejected|accepted|relaying) ?([a-z]{0,12}): from <([^:>]{0,1024})[^>]{0,512}> "
    r"remote <([^>]{0,512})> rcpt <([^>]{0,1024})> : ([\s\S]*)"
)
_SPAMDYKE: Final = re.compile(
    r"(?:spamdyke(?:\[[0-9]{1,10}\])?: )?((?:FILTER_|DENIED_|ALLOWED|TIMEOUT)[A-Z_]{0,40}) from: (\S{0,1024}) "
    r"to: (\S{0,1024}) origin_ip: (\S{1,64}) origin_rdns: (\S{1,255})([\s\S]*)"
)
_SIMSCAN: Final = re.compile(
    r"simscan:\[[0-9]{1,10}\]:([A-Z ]{4,24})(?: \([^)]{0,40}\))?:([0-9.]{1,12})s:([^:]{0,512}):([\s\S]*)"
)
_PASSWORD: Final = re.compile(
    r"vchkpw-(?:smtp|submission)s?: ((?:password fail|vpopmail user not found|null password)[\s\S]*)"
)


class Qmail:
    """Read the lines of qmail and of its companions, joining a delivery with its message and recipient."""

    system = SYSTEM

    def __init__(self) -> None:
        self._deliveries: dict[str, tuple[str, str]] = {}  # number: message, recipient
        self._senders: dict[str, str] = {}  # message: reverse-path

    def read(self, frame: Frame) -> Event | None:
        """Tell what a line says; a line without a program is taken when it has one of qmail's own forms."""
        program = frame.program
        if program and not program.startswith(_PROGRAMS):
            return None
        message = frame.message
        time = frame.time
        labelled = False
        if message[:1] in "@12":
            stamped, at = _time(message)
            if stamped:
                time, message, labelled = stamped, message[at:], True
        if program.startswith("vchkpw-"):
            message = f"{program}: {message}"
        event = self._queue(frame, time, message) or _front(frame, time, message)
        if event is None and (program or (labelled and _STATUS.match(message) is not None)):
            event = _event(frame, time)
        return event

    def _queue(self, frame: Frame, time: str, message: str) -> Event | None:
        """Read a line of qmail-send."""
        if (found := _DONE.match(message)) is not None:
            number, outcome, words = found.groups()
            key, recipient = self._deliveries.pop(number, ("", ""))
            return _delivery(
                frame, time, _RESULTS[outcome], words, key, number, recipient, self._senders.get(key, "")
            )
        if (found := _START.match(message)) is not None:
            number, key, _, recipient = found.groups()
            _remember(self._deliveries, number, (key, recipient))
            return _event(
                frame, time, key=key, link=number, recipient=recipient, sender=self._senders.get(key, "")
            )
        if (found := _INFO.match(message)) is not None:
            key, size, sender, _ = found.groups()
            _remember(self._senders, key, sender or "<>")
            return _event(frame, time, key=key, sender=sender or "<>", size=int(size), result="accepted")
        if (found := _MESSAGE.match(message)) is not None:
            key = found[1] or found[2]
            if found[1]:  # the number is an inode's, and is used again
                self._senders.pop(key, None)
            return _event(frame, time, key=key)
        return None


def _remember(kept: dict[str, Value], key: str, value: Value) -> None:
    if len(kept) >= _OPEN:
        del kept[next(iter(kept))]
    kept[key] = value


def _time(message: str) -> tuple[str, int]:
    """Give the time that stands before a message, and where the message begins; "" and 0 where none stands."""
    if (found := _LABEL.match(message)) is not None:
        seconds = int(found[1], 16) - _TAI
        fraction = f"{int(found[2], 16):09}"
    elif (found := _SECONDS.match(message)) is not None:
        seconds, fraction = int(found[1]), found[2]
    elif (found := _LOCAL.match(message)) is not None:
        return f"{found[1]}T{found[2]}", found.end()
    else:
        return "", 0
    time = moment(seconds)
    return (f"{time}.{fraction}+00:00", found.end()) if time else ("", 0)


def _event(
    frame: Frame,
    time: str,
    *,
    key: str = "",
    link: str = "",
    result: Result = "",
    direction: Direction = "unknown",
    stage: str = "unknown",
    text: str = "",
    status: str = "",
    peer: str = "",
    sender: str = "",
    recipient: str = "",
    size: int | None = None,
) -> Event:
    code, enhanced = code_and_enhanced(text)
    return Event(
        system=SYSTEM,
        program=frame.program,
        time=time,
        host=frame.host,
        key=key,
        link=link,
        result=result,
        direction=direction,
        stage=stage,
        text=text,
        code=code,
        enhanced=enhanced,
        status=status,
        peer=peer,
        sender=sender,
        recipient=recipient,
        size=size,
    )


def _delivery(
    frame: Frame,
    time: str,
    result: Result,
    words: str,
    key: str,
    number: str,
    recipient: str,
    sender: str,
) -> Event:
    """Read what became of a delivery; the words are those of qmail-remote, or of the local delivery's program."""
    words = words.replace("_", " ")
    before, said, reply = words.partition(_SAID)
    stage = next((step for phrase, step in _STEPS if phrase in before), "unknown")
    peer = _PEER.match(before)
    direction: Direction = "local"
    status = ""
    if said:
        text, direction = _reply(reply), "received"
    else:
        text = words.rstrip("/ ").replace("./", ". ")
        mark = _MARK.search(text)
        status = mark[1] if mark is not None else ""
    return _event(
        frame,
        time,
        key=key,
        link=number,
        result=result,
        direction=direction,
        stage=stage,
        text=text,
        status=status,
        peer=peer[1] if peer is not None else "",
        sender=sender,
        recipient=recipient,
    )


def _reply(words: str) -> str:
    """Give a reply as it was said: its lines joined by blanks, without what qmail-remote puts behind it."""
    for mark in ("/Giving up on ", "/I'm not going to try again; "):
        words = words.partition(mark)[0]
    return _LINE_END.sub(" ", words.rstrip("/ "))


def _front(frame: Frame, time: str, message: str) -> Event | None:
    """Read what stands in front of qmail-smtpd: a blocklist, the check of users, filters."""
    if (found := _RBL.match(message)) is not None:
        # rblsmtpd.c greets, and refuses each RCPT and DATA.
        return _event(
            frame, time, result="rejected", direction="sent", stage="rcpt", text=found[3], peer=found[1]
        )
    if "CHKUSER " in message and (found := _CHKUSER.match(message)) is not None:
        verdict, what, sender, remote, recipient, reason = found.groups()
        refused = verdict == "rejected"
        return _event(
            frame,
            time,
            result="rejected" if refused else "",
            direction="sent",
            stage="mail" if what == "sender" else "rcpt",
            text=reason if refused else "",
            peer=_client(remote),
            sender=sender or "<>",
            recipient=recipient,
        )
    if "origin_ip: " in message and (found := _SPAMDYKE.match(message)) is not None:
        return _spamdyke(frame, time, found)
    if message.startswith("simscan:") and (found := _SIMSCAN.match(message)) is not None:
        return _simscan(frame, time, found)
    if message.startswith("vchkpw-") and (found := _PASSWORD.match(message)) is not None:
        return _event(
            frame,
            time,
            result="rejected",
            direction="sent",
            stage="auth",
            text=found[1],
            peer=found[1].rpartition(":")[2],
        )
    return None


def _client(remote: str) -> str:
    """Give name and address of "helo:name:address"."""
    name, _, address = remote.rpartition(":")
    name = name.rpartition(":")[2]
    return address if name in ("", "unknown") else f"{name} [{address}]"


def _spamdyke(frame: Frame, time: str, found: re.Match[str]) -> Event:
    verdict, sender, recipient, address, name, rest = found.groups()
    reason = rest.partition(" reason: ")[2]
    result: Result = (
        "rejected" if verdict.startswith("DENIED_") else "accepted" if verdict == "ALLOWED" else ""
    )
    text = ""
    if verdict.startswith(("DENIED_", "TIMEOUT")):
        told = "" if reason in ("", "(empty)") else f" ({reason})"
        text = f"{verdict.removeprefix('DENIED_').replace('_', ' ').lower()}{told}"
    return _event(
        frame,
        time,
        result=result,
        direction="sent",
        stage="rcpt",
        text=text,
        peer=address if name == "(unknown)" else f"{name} [{address}]",
        sender="<>" if sender == "(unknown)" else sender,
        recipient="" if recipient == "(unknown)" else recipient,
    )


def _simscan(frame: Frame, time: str, found: re.Match[str]) -> Event:
    """Read simscan's verdict: seconds, what was found or the subject, then address, reverse-path, recipients."""
    verdict, _, what, rest = found.groups()
    refused = verdict.startswith(("SPAM REJECT", "VIRUS", "ATTACH"))
    fields = rest.split(":")
    return _event(
        frame,
        time,
        result="rejected" if refused else "",
        direction="sent",
        stage="content",
        text=f"{verdict.lower()}: {what}" if refused else "",
        peer=fields[-3] if len(fields) > 2 else "",
        sender=(fields[-2] or "<>") if len(fields) > 1 else "",
        recipient=fields[-1],
    )
