"""Read the logs of Rspamd: the line of a scan, `rspamd_task_write_log`, from its own file or through syslog.

Rspamd advises; the mail server refuses. So a refusal here is told as sent, at the content, with the reply that a
module forced where the line has one, and otherwise the one that Rspamd gives by default. The greylist action alone
refuses nothing: the module that puts off forces a soft reject.
"""

from __future__ import annotations

import re
from typing import Final

from gatepost.maillog.event import Event, Result
from gatepost.maillog.frame import Frame
from gatepost.maillog.pieces import bare, code_and_enhanced

_LINE: Final = re.compile(
    r"(?:([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9:.]{8,15}) )?"
    r"(?:#[0-9]{1,10}\([^)]{1,40}\) |\([^)]{1,40}\) )?<([^>]{0,64})>; "
)
_TASK: Final = "rspamd_task_write_log: "
_VERDICT: Final = re.compile(
    r"\(([^():]{1,64}): ([TFS]) \(([a-z ]{1,32})\): \[(-?[0-9.]{1,12}|nan)/(-?[0-9.]{1,12}|nan)\]"
)
_FORCED: Final = re.compile(r"forced: ([a-z ]{1,32}?)(?: \"([^\n]{0,1000}?)\")?(?=[;,]|$)")
_FIELD: Final = re.compile(
    r"(?:^|[ ,;(])(id|qid|queue-id|ip|from|len|rcpts|time): (<[^>]{0,1000}>|[^,;\s]{1,1000})"
)
_FATES: Final[dict[str, Result]] = {
    "reject": "rejected",
    "soft reject": "rejected",
    "discard": "discarded",
    "quarantine": "held",
}
# What Rspamd's milter answers where no module says otherwise (`reject_message`, and the text of a soft reject).
_WORDS: Final = {"reject": "Spam message rejected", "soft reject": "Try again later"}


class Rspamd:
    """Read lines of Rspamd. `key` is the mail server's queue id, `link` Rspamd's own tag."""

    system = "rspamd"

    def read(self, frame: Frame) -> Event | None:
        """Tell what a line says; None when it is not Rspamd's."""
        message = frame.message
        if frame.program:
            if not frame.program.startswith("rspamd"):
                return None
        elif "; " not in message[:90]:
            return None
        found = _LINE.match(message)
        if found is None:
            return Event(system="rspamd", time=frame.time, host=frame.host) if frame.program else None
        date, clock, tag = found.groups()
        time = f"{date}T{clock}" if date else frame.time
        at = message.find(_TASK, found.end(), found.end() + 64)
        if at < 0:
            key = ""
            if "queue-id: " in message:
                key = _fields(message, found.end()).get("queue-id", "")
            return Event(system="rspamd", time=time, host=frame.host, key=key, link=tag)
        return _task(message, at + len(_TASK), tag, time, frame.host)


def _task(message: str, start: int, tag: str, time: str, host: str) -> Event:
    """Read the line of a scan."""
    fields = _fields(message, start)
    verdict = _VERDICT.search(message, start)
    action = verdict[3] if verdict is not None else ""
    forced = _FORCED.search(message, start)
    text = ""
    result = _FATES.get(action, "")
    if result:
        text = forced[2] or "" if forced is not None else ""
        if not text:
            text = _WORDS.get(action, action)
            if verdict is not None and action == "reject":
                text = f"{text} [{verdict[4]}/{verdict[5]}]"
    code, enhanced = code_and_enhanced(text)
    size, seconds = fields.get("len", ""), fields.get("time", "").removesuffix("ms")
    recipients = fields.get("rcpts", "")
    return Event(
        system="rspamd", time=time, host=host, key=fields.get("qid", ""), link=tag, result=result,
        direction="sent" if result == "rejected" else "local" if result else "unknown",
        stage="content" if result else "unknown", text=text, code=code, enhanced=enhanced,
        status="4.0.0" if action == "soft reject" and not code else "", peer=fields.get("ip", ""),
        sender=fields.get("from", ""), recipient=recipients if "," not in recipients else "",
        message_id=fields.get("id", ""), size=int(size) if size.isdecimal() and len(size) < 16 else None,
        delay=_milliseconds(seconds),
    )  # fmt: skip


def _fields(message: str, start: int) -> dict[str, str]:
    return {name: bare(value) for name, value in _FIELD.findall(message[start : start + 16384])}


def _milliseconds(text: str) -> float | None:
    return float(text) / 1000 if text.replace(".", "", 1).isdecimal() and len(text) < 16 else None
