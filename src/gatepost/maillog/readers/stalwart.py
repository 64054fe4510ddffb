"""Read the logs of Stalwart: lines of time, level, words, the event's name in brackets, and "key = value" pairs.

The name of the event tells what happened (`crates/trc/src/event`), the keys `code` and `details` hold the reply.
JSON events, as its webhooks and exporters write them, hold the same.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from gatepost.maillog.event import Event, Result
from gatepost.maillog.frame import Frame
from gatepost.maillog.pieces import bare
from gatepost.reply.explanation import Direction

_LINE: Final = re.compile(
    r"(?:([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18})(Z|[+-][0-9]{2}:?[0-9]{2})? )?"
    r"(?:ERROR|WARN|INFO|DEBUG|TRACE) ([^(]{1,100}) \(([a-z0-9-]{2,40}\.[a-z0-9-]{2,60})\) ?"
)
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]{0,8}m")
_FIELD: Final = re.compile(r"(?:^|, )([a-zA-Z]{1,32}) = (\"(?:[^\"\\]++|\\.)*\"|\[[^\]]*+\]|[^,]*+)")
_LISTED: Final = re.compile(r"\"((?:[^\"\\]++|\\.)*)\"|([^\s,\[\]]++)")
# What happened: at which step, by a remote's reply or by ourselves.
_SENDING: Final[dict[str, tuple[str, Direction, Result]]] = {
    "delivery.delivered": ("content", "received", "delivered"),
    "delivery.rcpt-to-rejected": ("rcpt", "received", "bounced"),
    "delivery.rcpt-to-failed": ("rcpt", "received", "deferred"),
    "delivery.mail-from-rejected": ("mail", "received", "bounced"),
    "delivery.message-rejected": ("content", "received", "bounced"),
    "delivery.ehlo-rejected": ("helo", "received", "deferred"),
    "delivery.greeting-failed": ("connect", "received", "deferred"),
    "delivery.auth-failed": ("auth", "received", "deferred"),
    "delivery.start-tls-error": ("starttls", "local", "deferred"),
    "delivery.implicit-tls-error": ("starttls", "local", "deferred"),
    "delivery.connect-error": ("connect", "local", "deferred"),
    "delivery.mx-lookup-failed": ("connect", "local", "deferred"),
    "delivery.ip-lookup-failed": ("connect", "local", "deferred"),
    "delivery.null-mx": ("connect", "local", "bounced"),
    "delivery.failed": ("unknown", "local", "deferred"),
    "delivery.concurrency-limit-exceeded": ("unknown", "local", "deferred"),
    "delivery.rate-limit-exceeded": ("unknown", "local", "deferred"),
    "delivery.double-bounce": ("unknown", "local", "discarded"),
    "queue.rate-limit-exceeded": ("unknown", "local", "deferred"),
    "queue.concurrency-limit-exceeded": ("unknown", "local", "deferred"),
    "queue.message-queued": ("content", "sent", "accepted"),
    "queue.authenticated-message-queued": ("content", "sent", "accepted"),
}
_RECEIVING: Final = {
    "smtp.mailbox-does-not-exist": "rcpt",
    "smtp.relay-not-allowed": "rcpt",
    "smtp.rcpt-to-greylisted": "rcpt",
    "smtp.too-many-recipients": "rcpt",
    "smtp.too-many-invalid-rcpt": "rcpt",
    "smtp.rcpt-to-missing": "data",
    "smtp.mail-from-unauthenticated": "mail",
    "smtp.mail-from-unauthorized": "mail",
    "smtp.mail-from-not-allowed": "mail",
    "smtp.message-too-large": "content",
    "smtp.loop-detected": "content",
    "smtp.invalid-ehlo": "helo",
    "smtp.rate-limit-exceeded": "unknown",
    "smtp.concurrency-limit-exceeded": "connect",
    "smtp.auth-not-allowed": "auth",
    "smtp.auth-mechanism-not-supported": "auth",
    "smtp.auth-exchange-too-long": "auth",
    "milter.action-reject": "content",
    "milter.action-temp-fail": "content",
    "milter.action-discard": "content",
}
_FOR_NOW: Final = ("greylisted", "rate-limit", "concurrency", "temp-fail")


class Stalwart:
    """Read lines of Stalwart. `key` is the queue id, `link` the id of the session."""

    system = "stalwart"

    def read(self, frame: Frame) -> Event | None:
        """Tell what a line says; None when it is not Stalwart's."""
        message = frame.message
        if "\x1b" in message:
            message = _COLOUR.sub("", message)
        first = message[:1]
        if first == "{":
            return _json(message)
        if first not in "EWIDT2":
            return None
        found = _LINE.match(message)
        if found is None:
            return None
        stamp, offset, words, kind = found.groups()
        time = f"{stamp}{'+00:00' if offset == 'Z' else offset or ''}" if stamp else frame.time
        if kind not in _SENDING and kind not in _RECEIVING:
            return Event(system="stalwart", program=kind.partition(".")[0], time=time, host=frame.host)
        fields = {name: _unquoted(value) for name, value in _FIELD.findall(message[found.end() :][:16384])}
        return _event(kind, words, fields, time)


def _json(message: str) -> Event | None:
    if '"type"' not in message or '"data"' not in message:
        return None
    try:
        told: Any = msgspec.json.decode(message)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    kind, data = told.get("type"), told.get("data")
    if not isinstance(kind, str) or "." not in kind or not isinstance(data, dict):
        return None
    time = str(told.get("createdAt") or told.get("timestamp") or "")
    time = f"{time[:-1]}+00:00" if time.endswith("Z") else time
    fields = {str(name): _plain(value) for name, value in data.items()}
    if kind not in _SENDING and kind not in _RECEIVING:
        return Event(system="stalwart", program=kind.partition(".")[0], time=time)
    return _event(kind, kind.partition(".")[2].replace("-", " "), fields, time)


def _event(kind: str, words: str, fields: dict[str, str], time: str) -> Event:
    details = " ".join(
        (fields.get("details") or fields.get("reason") or fields.get("causedBy") or "").split()
    )
    digits = fields.get("code", "")
    code = int(digits) if digits.isdecimal() and len(digits) == 3 and 200 <= int(digits) <= 599 else 0
    enhanced = ""
    found = re.match(r"(?:[2-5][0-9]{2}[ \-])?([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])", details)
    if code and found is not None:
        enhanced = found[1]
    text = details
    if code and not details.startswith(str(code)):
        text = f"{code} {details}".rstrip()
    status = ""
    if kind in _SENDING:
        stage, direction, result = _SENDING[kind]
        if code >= 400 and direction != "sent":
            direction = "received"
            result = (
                "deferred"
                if code < 500
                else result
                if result == "bounced" or stage in ("auth", "helo")
                else "bounced"
            )
        if result == "accepted":
            text, code, enhanced = "", 0, ""
    else:
        stage, direction, result = _RECEIVING[kind], "sent", "rejected"
        if kind.endswith("discard"):
            result = "discarded"
        if not code and any(word in kind for word in _FOR_NOW):
            status = "4.0.0"
    if not text and result not in ("delivered", "accepted"):
        text = words
    host, address = fields.get("hostname", ""), fields.get("remoteIp", "")
    elapsed = fields.get("elapsed", "").removesuffix("ms")
    size = fields.get("size", "")
    return Event(
        system="stalwart", program=kind.partition(".")[0], time=time, key=fields.get("queueId", ""),
        link=fields.get("spanId", ""), result=result, direction=direction, stage=stage, text=text, code=code,
        enhanced=enhanced, status=status, peer=f"{host} [{address}]" if host and address else host or address,
        sender=bare(fields.get("from", "")) or ("<>" if "from" in fields else ""),
        recipient=_single(fields.get("to", "")),
        message_id=bare(fields.get("messageId", "")), size=int(size) if size.isdecimal() and len(size) < 16 else None,
        delay=int(elapsed) / 1000 if result == "delivered" and elapsed.isdecimal() and len(elapsed) < 13 else None,
    )  # fmt: skip


def _unquoted(value: str) -> str:
    if value[:1] == '"':
        return value[1:-1].replace('\\"', '"').replace("\\r", "").replace("\\n", " ")
    return value.strip()


def _plain(value: object) -> str:
    match value:
        case str():
            return value
        case list():
            return "[" + ", ".join(str(one) for one in value[:100]) + "]"
        case None | dict():
            return ""
        case _:
            return str(value)


def _single(value: str) -> str:
    """Give the recipient where there is one."""
    if not value.startswith("["):
        return bare(value)
    listed = _LISTED.findall(value[:2000])
    return bare(listed[0][0] or listed[0][1]) if len(listed) == 1 else ""
