"""Read the syslog lines of Courier: what courieresmtpd refused, what its delivery modules got from remotes.

A remote's reply stands in a line of its own, before the one that says what became of the recipient
("status: deferred"); the two are joined here, so that a fate is told once and with the reply.
"""

from __future__ import annotations

import re
from typing import Final

from gatepost.maillog.event import Event, Result
from gatepost.maillog.frame import Frame
from gatepost.maillog.pieces import code_and_enhanced, stage_of
from gatepost.reply.explanation import Direction

_MODULES: Final = frozenset(("courieresmtp", "courierlocal", "courieruucp", "courierfax", "courierdsn"))
_OTHERS: Final = frozenset(("courierd", "courieresmtpd", "courierfilter"))
_FIELD: Final = re.compile(
    r"(?:^|,)(?:(id|from|addr|to|port|ident|size|module|host)=(<[^>]{0,1000}>|[^,:\s]{0,1000})|"
    r"(relay)=([^,\s]{0,80}?)(?=,|: |$))"
)
_FIELDS: Final = re.compile(
    r"(?:[a-z]{3,10},)?(?:,?[a-z]{2,6}=(?:<[^>]{0,1000}>|[^,<\s]{0,1000}?(?=,|: |:?$)))*"
)
_QUOTED: Final = re.compile(r",msg=\"([^\"]{0,1000})\"(?:,cmd: ([A-Za-z]{1,12}))?")
_STATUS: Final = re.compile(r",(success|status): ([A-Za-z]{1,16})")
_FATES: Final[dict[str, Result]] = {
    "failure": "bounced",
    "deferred": "deferred",
}
_MOST: Final = 2048


class Courier:
    """Read lines of Courier. `key` is the message id."""

    system = "courier"

    def __init__(self) -> None:
        # By message and recipient: the reply that the next line's status is about.
        self._said: dict[tuple[str, str], tuple[str, Direction]] = {}

    def read(self, frame: Frame) -> Event | None:
        """Tell what a line says; None when it is not Courier's."""
        program = frame.program
        if program not in _MODULES and program not in _OTHERS:
            return None
        message = frame.message
        end = _FIELDS.match(message)
        at = end.end() if end is not None else 0
        fields = {
            name or relay: value or address
            for name, value, relay, address in _FIELD.findall(message[:at][:8192])
        }
        rest = message[at:]
        if program == "courieresmtpd" and message.startswith("error,"):
            return _refused(fields, rest, frame)
        key = fields.get("id", "")
        if not key or program not in _MODULES:
            return Event(system="courier", program=program, time=frame.time, host=frame.host, key=key)
        return self._delivery(key, fields, rest, frame)

    def _delivery(self, key: str, fields: dict[str, str], rest: str, frame: Frame) -> Event:
        """Read a line about one recipient: what was answered, or what became of it."""
        recipient, size = _bare(fields.get("addr", "")), fields.get("size", "")
        result: Result = ""
        direction: Direction = "unknown"
        status = _STATUS.match(rest)
        if status is not None:
            result = "delivered" if status[1] == "success" else _FATES.get(status[2].lower(), "")
            text, direction = self._said.pop((key, recipient), ("", direction))
        else:
            text = rest.removeprefix(": ").strip()
            if text:
                # Without a code it is Courier's own: nobody was reached, or a program failed.
                direction = "received" if code_and_enhanced(text)[0] else "local"
                if len(self._said) >= _MOST:
                    del self._said[next(iter(self._said))]
                self._said[key, recipient] = (text, direction)
        code, enhanced = code_and_enhanced(text)
        return Event(
            system="courier", program=frame.program, time=frame.time, host=frame.host, key=key, result=result,
            direction=direction, text=text, code=code, enhanced=enhanced, sender=_reverse(fields.get("from", "")),
            recipient=recipient, size=int(size) if size.isdecimal() and len(size) < 16 else None,
        )  # fmt: skip


def _refused(fields: dict[str, str], rest: str, frame: Frame) -> Event:
    """Read what courieresmtpd refused a client."""
    quoted = _QUOTED.match(rest)
    if quoted is not None:
        text, stage = quoted[1], stage_of(quoted[2] or "")
    else:
        text = rest.removeprefix(": ").strip()
        stage = "rcpt" if "to" in fields else "mail" if "from" in fields else "unknown"
    code, enhanced = code_and_enhanced(text)
    return Event(
        system="courier", program=frame.program, time=frame.time, host=frame.host, direction="sent", stage=stage,
        result="rejected" if code else "", text=text, code=code, enhanced=enhanced,
        peer=fields.get("relay", "").removeprefix("::ffff:"), sender=_reverse(fields.get("from", "")),
        recipient=_bare(fields.get("to", "")),
    )  # fmt: skip


def _bare(address: str) -> str:
    return address.removeprefix("<").removesuffix(">")


def _reverse(address: str) -> str:
    return address if address == "<>" else _bare(address)
