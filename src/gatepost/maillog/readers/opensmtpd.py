"""Read OpenSMTPD's log lines, of its three generations.

Since 6.4 "0123456789abcdef mta delivery evpid=…", from 5.9 "… mta event=delivery evpid=…", before "relay: Ok for …".
An envelope id is the message id and eight digits more (smtpd.conf(5), `evpid_to_msgid` in smtpd.h).
"""

from __future__ import annotations

import re
from typing import Final

from gatepost.maillog.event import Event, Result
from gatepost.maillog.frame import Frame
from gatepost.maillog.pieces import bare, code_and_enhanced, seconds_of, stage_of
from gatepost.reply.explanation import Direction

SYSTEM: Final = "opensmtpd"
_SESSIONS: Final = 4096  # remembered at once; a busy server has some hundred open
_SESSION: Final = re.compile(r"([0-9a-f]{16}) (smtp|mta|mda) (?:event=)?([a-z-]{2,32}) ?")
_OLD: Final = re.compile(
    r"(relay|delivery): (Ok|TempFail|PermFail|Loop|RemoteTempFail) for ([0-9a-f]{16}): ([\s\S]*)"
)
_OLD_COMMAND: Final = re.compile(
    r'smtp-in: Failed command on session ([0-9a-f]{16}): "([^"]{0,1024})" => ([\s\S]*)'
)
_OLD_MESSAGE: Final = re.compile(
    r"smtp-in: Accepted message ([0-9a-f]{8}) on session ([0-9a-f]{16}): ([\s\S]*)"
)
_OLD_ERROR: Final = re.compile(r"smtp-out: Error on session ([0-9a-f]{16}): ([\s\S]*)")
_OTHER: Final = re.compile(
    r"(?:smtp-in|smtp-out|mda|mta|info|warn|fatal|debug|control|queue|scheduler|lookup)[: ]"
)
_FIELD: Final = re.compile(
    r'([a-z-]{2,16})=("[^"]{0,2048}"?|<[^>]{0,1024}>?|[^\s,]{0,1024}(?: \([^)\s]{1,255}\))?)'
)
_RESULTS: Final[dict[str, Result]] = {
    "Ok": "delivered",
    "TempFail": "deferred",
    "RemoteTempFail": "deferred",
    "PermFail": "bounced",
    "Loop": "bounced",
}


class Opensmtpd:
    """Read the lines of OpenSMTPD's smtpd."""

    system = SYSTEM

    def __init__(self) -> None:
        self._peers: dict[str, str] = {}  # of the sessions that are open

    def read(self, frame: Frame) -> Event | None:
        """Tell what a line says; a line without a program is taken when it has one of OpenSMTPD's own forms."""
        if frame.program not in ("smtpd", ""):
            return None
        message = frame.message
        found = _SESSION.match(message)
        if found is not None:
            return self._session(frame, found[1], found[2], found[3], message[found.end() :])
        if (found := _OLD.match(message)) is not None:
            told, _, stat = found[4].partition(", stat=")
            fields = _fields(told) | {"result": found[2], "stat": stat}
            return _delivery(frame, "mta" if found[1] == "relay" else "mda", fields, "", found[3])
        if (found := _OLD_COMMAND.match(message)) is not None:
            return _refusal(frame, found[1], found[2], found[3], "")
        if (found := _OLD_MESSAGE.match(message)) is not None:
            return _accepted(frame, found[2], _fields(found[3]) | {"msgid": found[1]}, "")
        if (found := _OLD_ERROR.match(message)) is not None:
            return _event(frame, link=found[1], text=found[2], direction="local")
        if frame.program and _OTHER.match(message) is not None:
            return _event(frame)
        return None

    def _session(self, frame: Frame, session: str, role: str, what: str, rest: str) -> Event:
        if what == "delivery":
            told, _, stat = rest.partition(" stat=")
            stat = stat.removeprefix('"').removesuffix('"')
            return _delivery(frame, role, _fields(told) | {"stat": stat}, session, "")
        fields = _fields(rest)
        if what in ("connected", "connecting"):
            if len(self._peers) >= _SESSIONS:
                del self._peers[next(iter(self._peers))]
            self._peers[session] = _peer(fields)
        peer = self._peers.get(session, "")
        if role == "smtp" and what == "failed-command":
            return _refusal(frame, session, fields.get("command", ""), fields.get("result", ""), peer)
        if role == "smtp" and what == "message":
            return _accepted(frame, session, fields, peer)
        if what == "disconnected":
            self._peers.pop(session, None)
        if what == "error" or (
            what == "disconnected" and fields.get("reason", "quit") not in ("quit", "done")
        ):
            return _broken(frame, session, role, rest.partition("reason=")[2].strip('"'), peer)
        if what == "authentication" and fields.get("result", "ok") != "ok":
            text = f"authentication {fields['result']}"
            return _event(
                frame, link=session, text=text, direction="sent", stage="auth", result="rejected", peer=peer
            )
        return _event(
            frame,
            key=fields.get("evpid", "")[:8],
            link=session,
            peer=peer,
            sender=_sender(fields),
            recipient=bare(fields.get("to", "")),
        )


def _event(
    frame: Frame,
    *,
    key: str = "",
    link: str = "",
    result: Result = "",
    direction: Direction = "unknown",
    stage: str = "unknown",
    text: str = "",
    code: int = 0,
    enhanced: str = "",
    peer: str = "",
    sender: str = "",
    recipient: str = "",
    size: int | None = None,
    delay: float | None = None,
) -> Event:
    return Event(
        system=SYSTEM,
        program=frame.program,
        time=frame.time,
        host=frame.host,
        key=key,
        link=link,
        result=result,
        direction=direction,
        stage=stage,
        text=text,
        code=code,
        enhanced=enhanced,
        peer=peer,
        sender=sender,
        recipient=recipient,
        size=size,
        delay=delay,
    )


def _delivery(frame: Frame, role: str, fields: dict[str, str], session: str, evpid: str) -> Event:
    text = fields.get("stat", "")
    code, enhanced = code_and_enhanced(text) if role == "mta" else (0, "")
    result = _RESULTS.get(fields.get("result", ""), "")
    return _event(
        frame,
        key=(evpid or fields.get("evpid", ""))[:8],
        link=session,
        result=result,
        direction="received" if code else "local",
        stage="content" if code and result == "delivered" else "unknown",
        text=text,
        code=code,
        enhanced=enhanced,
        peer=_peer(fields),
        sender=_sender(fields),
        recipient=bare(fields.get("to", "")),
        delay=seconds_of(fields.get("delay", "")),
    )


def _broken(frame: Frame, session: str, role: str, reason: str, peer: str) -> Event:
    code, enhanced = code_and_enhanced(reason)
    direction: Direction = "received" if code and role == "mta" else "local"
    return _event(
        frame, link=session, text=reason, direction=direction, code=code, enhanced=enhanced, peer=peer
    )


def _refusal(frame: Frame, session: str, command: str, reply: str, peer: str) -> Event:
    code, enhanced = code_and_enhanced(reply)
    recipient = sender = ""
    verb = command[:10].upper()
    if verb.startswith("RCPT TO:"):
        recipient = _path(command)
    elif verb.startswith("MAIL FROM:"):
        sender = _path(command) or "<>"
    return _event(
        frame,
        link=session,
        result="rejected",
        direction="sent",
        stage="content" if command in ("", ".") else stage_of(command),
        text=reply,
        code=code,
        enhanced=enhanced,
        peer=peer,
        sender=sender,
        recipient=recipient,
    )


def _path(command: str) -> str:
    return command.partition("<")[2].partition(">")[0]


def _accepted(frame: Frame, session: str, fields: dict[str, str], peer: str) -> Event:
    size = fields.get("size", "")
    return _event(
        frame,
        key=fields.get("msgid", ""),
        link=session,
        result="accepted",
        direction="sent",
        stage="content",
        peer=peer or _peer(fields),
        sender=_sender(fields),
        recipient=bare(fields.get("to", "")).replace("<>", ""),
        size=int(size) if size.isdecimal() and len(size) < 19 else None,
    )


def _sender(fields: dict[str, str]) -> str:
    return bare(fields["from"]) or "<>" if "from" in fields else ""


def _peer(fields: dict[str, str]) -> str:
    if "relay" in fields:
        return fields["relay"]
    host, address = fields.get("host", ""), fields.get("address", "")
    return f"{host} [{address}]" if host and address else host or address


def _fields(text: str) -> dict[str, str]:
    """Split `name=value`, values with blanks quoted; of a name given twice the first counts."""
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(text):
        fields.setdefault(name, value.strip('"'))
    return fields
