"""Read Gatepost's own journal: one JSON object a line, as docs/journal.md has it.

The journal's own types are not used, as its package stands above this one: what is read here is the public format,
and types and fields that are not known are passed over.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from gatepost.maillog.event import Event, Result
from gatepost.maillog.frame import Frame
from gatepost.maillog.pieces import moment
from gatepost.reply.explanation import Direction

_RECEIVED: Final[dict[str, Result]] = {
    "relay": "accepted",
    "quarantine": "held",
    "discard": "discarded",
    "reject": "rejected",
    "defer": "rejected",
}
_OUTCOMES: Final[dict[str, Result]] = {"delivered": "delivered", "deferred": "deferred", "failed": "bounced"}


class _Reply(Struct, frozen=True):
    code: int = 0
    enhanced: str = ""
    text: str = ""


class _Disposition(Struct, frozen=True):
    action: str = ""


class _Record(Struct, frozen=True):
    type: str
    time: float
    session: str
    message: str = ""
    peer: str = ""
    stage: str = ""
    command: str = ""
    reply: _Reply | None = None
    disposition: _Disposition | None = None
    reverse_path: str | None = None
    recipients: tuple[str, ...] = ()
    size: int | None = None
    message_id: str = ""
    notice_of: str = ""
    outcome: str = ""
    local: bool | str = False  # of a session its own address
    seconds: float | None = None
    reason: str = ""
    notice: str = ""


_decode: Final = msgspec.json.Decoder(_Record).decode


class Gatepost:
    """Read the records of our journal."""

    system = "gatepost"

    def read(self, frame: Frame) -> Event | None:
        """Tell what a record says; None when the line is no record."""
        message = frame.message
        if not message.startswith('{"type":"') or '"session":"' not in message:
            return None
        try:
            record = _decode(message)
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
            return None
        reply = record.reply
        match record.type:
            case "session-opened" if reply is not None:
                return _event(record, "rejected" if reply.code >= 400 else "", stage="connect")
            case "reply-sent" if reply is not None:
                return _event(record, "rejected" if reply.code >= 400 else "", stage=record.stage)
            case "reception" if reply is not None:
                action = record.disposition.action if record.disposition is not None else ""
                result = _RECEIVED.get(action, "") if reply.code < 400 else "rejected"
                return _event(record, result, stage="content")
            case "attempt" if reply is not None:
                direction: Direction = "local" if record.local is True else "received"
                result = _OUTCOMES.get(record.outcome, "")
                return _event(record, result, stage=record.stage, direction=direction)
            case "failed":
                # What was refused for good is told by the attempt; what ran out of time by this record alone.
                late = not record.reason.startswith("refused")
                return _event(
                    record, "bounced" if late else "", text=record.reason if late else "", direction="local"
                )
            case "held":
                return _event(record, "held", text=record.reason, direction="local")
            case _:
                return _event(record, "")


def _event(
    record: _Record,
    result: Result,
    *,
    stage: str = "unknown",
    text: str = "",
    direction: Direction = "sent",
) -> Event:
    reply = record.reply
    code, enhanced = 0, ""
    if reply is not None and (result or reply.code >= 400):
        enhanced = reply.enhanced
        code = 0 if direction == "local" or not 200 <= reply.code <= 599 else reply.code
        words = (str(code) if code else "", enhanced if code else "", reply.text.replace("\n", " "))
        text = " ".join(filter(None, words))
    recipient = record.recipients[0] if record.recipients else ""
    if not recipient and record.command[:8].upper() == "RCPT TO:":
        recipient = record.command[8:].partition(">")[0].strip().removeprefix("<")
    return Event(
        system="gatepost",
        time=_time(record.time),
        key=record.message or record.session,
        link=record.notice or record.notice_of or (record.session if record.message else ""),
        result=result,
        direction=direction if text else "unknown",
        stage=stage or "unknown",
        text=text,
        code=code,
        enhanced=enhanced if code else "",
        status="" if code else enhanced,
        peer=record.peer,
        sender="" if record.reverse_path is None else record.reverse_path or "<>",
        recipient=recipient,
        message_id=record.message_id,
        size=record.size,
        delay=record.seconds,
    )


def _time(seconds: float) -> str:
    if not 0 <= seconds < 1e12:
        return ""
    time = moment(int(seconds))
    return f"{time}.{int(seconds * 1000) % 1000:03}+00:00" if time else ""
