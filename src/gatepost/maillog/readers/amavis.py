"""Read the logs of amavis: "Passed" and "Blocked" lines, and what the mail server behind it answered.

The words in braces tell what was done ({RejectedInbound,Quarantined}: amavisd-new 2.8 and later, `log_templ`); until
2.7 the verdict alone stands there. What passed tells no fate, as the mail server goes on with it.
"""

from __future__ import annotations

import re
from typing import Final

from gatepost.maillog.event import Event, Result
from gatepost.maillog.frame import Frame
from gatepost.maillog.pieces import bare, code_and_enhanced

_LINE: Final = re.compile(r"\(([0-9]{1,10}-[0-9]{1,8}(?:-[0-9]{1,8})?)\) ")
_VERDICT: Final = re.compile(
    r"(Passed|Blocked) ([A-Z][A-Z-]{1,24}(?:-[0-9]{1,2})?(?: \([^\n]{0,1000}?\))?)(?: \{([A-Za-z,]{0,200})\})?,? "
)
_PATH: Final = re.compile(
    r"(?:\[([0-9A-Fa-f.:]{2,45})\](?::[0-9]{1,5})? )?(?:\[[^\]]{0,45}\] )?<([^>]{0,1000})> -> "
    r"<([^>]{0,1000})>(,<)?"
)
_FIELD: Final = re.compile(
    r"(Queue-ID|Message-ID|mail_id|queued_as|size|quarantine): (<[^>]{0,1000}>|[^,\s]{1,1000})"
)
_TIME: Final = re.compile(r" ([0-9]{1,9}) ms\b")
_REPLY: Final = re.compile(r"[Ff]rom MTA\(([^)]{0,200})\): ([245][0-9]{2}[ \-][^\n]{0,2000})")


class Amavis:
    """Read lines of amavis. `key` is the server's queue id, `link` that after re-queueing; else amavis's own."""

    system = "amavis"

    def read(self, frame: Frame) -> Event | None:
        """Tell what a line says; None when it is not of amavis."""
        message = frame.message
        if frame.program:
            if not frame.program.startswith("amavis"):
                return None
        elif message[:1] != "(":
            return None
        found = _LINE.match(message)
        if found is None:
            return Event(system="amavis", time=frame.time, host=frame.host) if frame.program else None
        link = found[1]
        verdict = _VERDICT.match(message, found.end())
        if verdict is not None:
            return _verdict(message, verdict, link, frame)
        reply = _REPLY.search(message, found.end()) if "MTA(" in message else None
        if reply is None:
            return Event(system="amavis", time=frame.time, host=frame.host, key=link, link=link)
        text = reply[2].strip()
        code, enhanced = code_and_enhanced(text)
        path = _PATH.search(message, found.end())
        return Event(
            system="amavis", time=frame.time, host=frame.host, key=link, link=link, direction="received",
            text=text, code=code, enhanced=enhanced, peer=reply[1],
            sender=(path[2] or "<>") if path is not None else "",
            recipient=path[3] if path is not None and not path[4] else "",
        )  # fmt: skip


def _verdict(message: str, verdict: re.Match[str], link: str, frame: Frame) -> Event:
    """Read what was decided about a message."""
    done, category, acts = verdict[1], verdict[2], verdict[3] or ""
    path = _PATH.search(message, verdict.end())
    fields = {
        name: bare(value) for name, value in _FIELD.findall(message[verdict.end() : verdict.end() + 8192])
    }
    result: Result = "" if done == "Passed" else _fate(acts, fields)
    reply = _REPLY.search(message, verdict.end()) if "MTA(" in message else None
    text, code, enhanced = "", 0, ""
    if reply is not None and result:
        text = reply[2].strip()
        code, enhanced = code_and_enhanced(text)
    elif result:
        text = f"{done} {category}"
    refusing = result == "rejected"
    taken = _TIME.search(message, verdict.end())
    size = fields.get("size", "")
    return Event(
        system="amavis", time=frame.time, host=frame.host, key=fields.get("Queue-ID", link),
        link=fields.get("queued_as", link), result=result,
        direction="sent" if refusing else "local" if result else "unknown", stage="content" if result else "unknown",
        text=text, code=code, enhanced=enhanced, status="4.0.0" if "TempFailed" in acts and not code else "",
        peer=(path[1] or "") if path is not None else "", sender=(path[2] or "<>") if path is not None else "",
        recipient=path[3] if path is not None and not path[4] else "", message_id=fields.get("Message-ID", ""),
        size=int(size) if size.isdecimal() and len(size) < 16 else None,
        delay=int(taken[1]) / 1000 if taken is not None else None,
    )  # fmt: skip


def _fate(acts: str, fields: dict[str, str]) -> Result:
    """Tell what became of a message that was blocked."""
    if "Rejected" in acts or "TempFailed" in acts:
        return "rejected"
    if "Bounced" in acts and "NoBounce" not in acts:
        return "bounced"
    return "held" if "Quarantined" in acts or "quarantine" in fields else "discarded"
