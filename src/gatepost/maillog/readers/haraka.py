"""Read the logs of Haraka 2.8 and 3: "[LEVEL] [uuid] [origin] message", and the logfmt and JSON forms of the same.

What a plugin refused stands in the lines of the core ("recipient <...> code=DENY msg=..."), what a remote said in
those of outbound ("bouncing mail: 550 ..."). Where the dialogue itself is logged (level PROTOCOL), it gives the step
only, as the other lines tell the fate once already.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from gatepost.maillog.dialogue import Dialogues, is_reply
from gatepost.maillog.event import Event, Result
from gatepost.maillog.frame import Frame
from gatepost.maillog.pieces import bare, code_and_enhanced, stage_of

_LINE: Final = re.compile(
    r"(?:\x1b\[[0-9;]{1,8}m)?(?:([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9:.]{8,18})Z? {1,2})?"
    r"\[(DATA|PROTOCOL|DEBUG|INFO|NOTICE|WARN|ERROR|CRIT|ALERT|EMERG)\] \[([0-9A-Fa-f-]{0,36}[.0-9]{0,16})\] "
    r"\[([^\]]{1,64})\] ?"
)
_LOGFMT: Final = re.compile(
    r"level=\"?([A-Z]{4,8})\"? uuid=\"?([0-9A-Fa-f-]{0,36}[.0-9]{0,16})\"? source=\"?([^\s\"]{1,64})\"? ?"
)
_FIELD: Final = re.compile(r"([A-Za-z_]{1,32})=(\"(?:[^\"\\]++|\\.)*\"|[^\s\"]*+)")
_TALK: Final = re.compile(r"([CS]): ")
_STATE: Final = re.compile(r" state=[0-9]{1,3}$")
_RECIPIENT: Final = re.compile(r"recipient (<[^>]{0,1000}>|\S{1,1000}) (deferred|rejected): ")
_TEMPORARY: Final = re.compile(r"Temp failing \S{1,300} for [0-9.]{1,16} seconds: (?:Error: )?")
_BOUNCING: Final = re.compile(r"bouncing mail: (?:Error: )?")
_UPSTREAM: Final = re.compile(r"(?:Too many failures \()?(?:Upstream error: )?(?=[245][0-9]{2}[ \-])")
_SOME: Final = ("Some recipients failed", "Some recipients temp failed")
_ADDRESSED: Final = re.compile(r"(sender|recipient) (<[^>]{0,1000}>|\S{1,1000})(?= |$)")
_DENIED: Final = frozenset(("DENY", "DENYSOFT", "DENYDISCONNECT", "DENYSOFTDISCONNECT"))
# Hooks whose refusal no other line of the core tells.
_HOOKS: Final = {
    "connect": "connect",
    "connect_init": "connect",
    "lookup_rdns": "connect",
    "helo": "helo",
    "ehlo": "helo",
    "data": "data",
    "unrecognized_command": "unknown",
}
_MOST: Final = 2048


class Haraka:
    """Read lines of Haraka. `key` is the transaction ("uuid.1"), `link` the connection."""

    system = "haraka"

    def __init__(self) -> None:
        self._dialogues = Dialogues()
        self._stages: dict[str, str] = {}

    def read(self, frame: Frame) -> Event | None:
        """Tell what a line says; None when it is not Haraka's."""
        message = frame.message
        first = message[:1]
        if first == "{":
            return self._json(message, frame.time)
        if first == "l":
            found = _LOGFMT.match(message)
            if found is None:
                return None
            fields = _fields(message[found.end() :])
            level, key, origin = found.groups()
            return self._line(level, key, origin, fields.get("message", ""), fields, frame.time)
        if first != "[" and not first.isdigit() and first != "\x1b":
            return None
        found = _LINE.match(message)
        if found is None:
            return None
        date, clock, level, key, origin = found.groups()
        time = f"{date}T{clock}" if date else frame.time
        words = message[found.end() :].strip().removesuffix("\x1b[39m")
        return self._line(level, key, origin, words, None, time)

    def _json(self, message: str, time: str) -> Event | None:
        if '"uuid"' not in message or '"source"' not in message:
            return None
        try:
            told: Any = msgspec.json.decode(message)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        if not isinstance(told, dict):
            return None
        fields = {str(name): str(value) for name, value in told.items()}
        level, key, origin = (fields.pop(name, "") for name in ("level", "uuid", "source"))
        return self._line(
            level, key, origin, fields.get("message", ""), fields, fields.get("timestamp", time)
        )

    def _line(
        self, level: str, key: str, origin: str, words: str, fields: dict[str, str] | None, time: str
    ) -> Event:
        link = key.partition(".")[0] if key != "-" else ""
        key = key if key != "-" else ""
        talk = _TALK.match(words) if level == "PROTOCOL" else None
        if talk is not None:
            return self._talk(key, link, origin, talk[1], words[talk.end() :], time)
        event = None
        if origin == "outbound":
            event = self._outbound(key, words, fields)
        elif (
            "code=" in words
            or "retval=" in words
            or (fields is not None and fields.keys() & {"code", "retval"})
        ):
            event = _refused(words, fields)
        if event is None:
            return Event(system="haraka", program=origin, time=time, key=key, link=link)
        return msgspec.structs.replace(event, program=origin, time=time, key=key, link=link)

    def _talk(self, key: str, link: str, origin: str, who: str, words: str, time: str) -> Event:
        """Follow the dialogue; the lines of the core and of outbound tell the fate."""
        outbound = origin == "outbound"
        name = f"{key if outbound else link} {outbound}"
        dialogue = self._dialogues.of(name)
        if who == "C":
            for line in _STATE.sub("", words).split("\\n"):
                if line:
                    dialogue.command(line)
            return Event(system="haraka", program=origin, time=time, key=key, link=link)
        answer = None
        for line in words.split("\\n"):
            if is_reply(line):
                answer = dialogue.reply(line)
        if answer is None:
            return Event(system="haraka", program=origin, time=time, key=key, link=link)
        if outbound and answer.code >= 400:
            if len(self._stages) >= _MOST:
                del self._stages[next(iter(self._stages))]
            self._stages[key] = answer.stage
        return Event(
            system="haraka", program=origin, time=time, key=key, link=link, stage=answer.stage, text=answer.text,
            direction="received" if outbound else "sent", code=answer.code, enhanced=answer.enhanced,
            sender=answer.sender, recipient=answer.recipient,
        )  # fmt: skip

    def _outbound(self, key: str, words: str, fields: dict[str, str] | None) -> Event | None:
        """Read a line of outbound: a delivery, a recipient refused, a message put off or given up."""
        if words.startswith("delivered file=") or (fields is not None and "delivered file" in fields):
            fields = fields or _fields(words)
            delay = fields.get("delay", "")
            host, address = fields.get("host", ""), fields.get("ip", "")
            text = fields.get("response", "")
            code, enhanced = code_and_enhanced(text)
            return Event(
                system="haraka", result="delivered", direction="received", stage="content", text=text, code=code,
                enhanced=enhanced, peer=f"{host} [{address}]" if host and address else host or address,
                delay=float(delay) if delay.replace(".", "", 1).isdecimal() and len(delay) < 16 else None,
            )  # fmt: skip
        found = _RECIPIENT.match(words)
        if found is not None:
            result: Result = "deferred" if found[2] == "deferred" else "bounced"
            text = words[found.end() :]
            code, enhanced = code_and_enhanced(text)
            return Event(
                system="haraka", result=result, direction="received", stage=self._stages.pop(key, "rcpt"), text=text,
                code=code, enhanced=enhanced, recipient=bare(found[1]),
            )  # fmt: skip
        if words.startswith("Double bounce: "):
            return Event(system="haraka", result="discarded")
        found = _TEMPORARY.match(words)
        result = "deferred"
        if found is None:
            found = _BOUNCING.match(words)
            result = "bounced"
        if found is None:
            return None
        reason = words[found.end() :]
        if reason.startswith(_SOME):
            return None  # told recipient by recipient
        reply = _UPSTREAM.match(reason)
        if reply is None:
            return Event(system="haraka", result=result, direction="local", text=reason)
        text = reason[reply.end() :].removesuffix(")" if reason.startswith("Too many") else "")
        code, enhanced = code_and_enhanced(text)
        return Event(
            system="haraka", result=result, direction="received", stage=self._stages.pop(key, "unknown"), text=text,
            code=code, enhanced=enhanced,
        )  # fmt: skip


def _refused(words: str, fields: dict[str, str] | None) -> Event | None:
    """Read a line of the core that holds the verdict of a plugin."""
    if fields is None:
        fields = _fields(words)
    verdict = fields.get("code") or fields.get("retval", "")
    text = fields.get("msg", "")
    stage, sender, recipient = "unknown", bare(fields.get("sender", "")), ""
    if "retval" in fields:
        hook = fields.get("hook", "")
        if hook not in _HOOKS:
            return None
        stage = _HOOKS[hook]
    elif (addressed := _ADDRESSED.match(words)) is not None:
        stage = stage_of("mail" if addressed[1] == "sender" else "rcpt")
        if stage == "mail":
            sender = bare(addressed[2])
        else:
            recipient = bare(addressed[2])
    elif words.startswith(("queue", "message", "data_post")) or "mid" in fields:
        stage = "content"
        if verdict == "OK" and words.startswith("queue"):
            return Event(system="haraka", result="accepted", direction="sent", stage="content")
    else:
        return None
    if verdict not in _DENIED:
        return None
    code, enhanced = code_and_enhanced(text)
    return Event(
        system="haraka", result="rejected", direction="sent", stage=stage, text=text or verdict, code=code,
        enhanced=enhanced, status="" if code else "4.0.0" if "SOFT" in verdict else "", sender=sender,
        recipient=recipient,
    )  # fmt: skip


def _fields(words: str) -> dict[str, str]:
    return {
        name: value[1:-1].replace('\\"', '"') if value[:1] == '"' else value
        for name, value in _FIELD.findall(words[:8192])
    }
