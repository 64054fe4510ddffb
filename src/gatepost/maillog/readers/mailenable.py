"""Read the SMTP activity log of MailEnable: columns parted by tabs, a command and its reply on each line.

The columns are time, SMTP-IN or SMTP-OU, the file of the message, the socket, the other host, the command, the
command as given, the reply, octets in and out, and the user (MailEnable's guide, "SMTP logs").
"""

from __future__ import annotations

import re
from typing import Final

from gatepost.maillog.dialogue import fate
from gatepost.maillog.event import Event
from gatepost.maillog.frame import Frame
from gatepost.maillog.pieces import bare, code_and_enhanced, stage_of
from gatepost.reply.explanation import Direction

_ADDRESS: Final = re.compile(r"(?:FROM|TO) ?: ?(<[^>]{0,1000}>|\S{1,1000})", re.IGNORECASE)
_STAMP: Final = re.compile(
    r"(?:([0-9]{1,2})/([0-9]{1,2})/((?:20)?[0-9]{2})|([0-9]{4})-([0-9]{2})-([0-9]{2})) ([0-9:]{7,8})"
)
_COLUMNS: Final = 8
_MOST: Final = 2048


class Mailenable:
    """Read lines of MailEnable. `key` is the file of the message, else the socket."""

    system = "mailenable"

    def __init__(self) -> None:
        # By socket: the reverse-path and the last recipient.
        self._envelopes: dict[str, tuple[str, str]] = {}

    def read(self, frame: Frame) -> Event | None:
        """Tell what a line says; None when it is not MailEnable's."""
        message = frame.message
        at = message.find("\tSMTP-", 0, 40)
        if at < 0:
            return None
        cells = message.split("\t")
        if cells[1] not in ("SMTP-IN", "SMTP-OU") or len(cells) < _COLUMNS:
            return None
        stamp, part, name, socket, peer, command, given, text = (cell.strip() for cell in cells[:_COLUMNS])
        time, key = _time(stamp), name or socket
        code, enhanced = code_and_enhanced(text)
        stage = stage_of(command) if command else "connect" if code in (220, 421, 554) else "unknown"
        if stage == "data" and code != 354:
            stage = "content"
        sender, recipient = self._envelopes.get(socket, ("", ""))
        found = _ADDRESS.search(given[:1100]) if stage in ("mail", "rcpt") else None
        if found is not None:
            sender, recipient = (bare(found[1]), "") if stage == "mail" else (sender, bare(found[1]))
            if socket not in self._envelopes and len(self._envelopes) >= _MOST:
                del self._envelopes[next(iter(self._envelopes))]
            self._envelopes[socket] = (sender, recipient)
        elif stage == "quit":
            self._envelopes.pop(socket, None)
        if not code:
            return Event(system="mailenable", program=part, time=time, key=key, link=socket, peer=peer)
        direction: Direction = "sent" if part == "SMTP-IN" else "received"
        return Event(
            system="mailenable", program=part, time=time, key=key, link=socket, peer=peer, direction=direction,
            result=fate(direction, stage, code), stage=stage, text=text, code=code, enhanced=enhanced, sender=sender,
            recipient=recipient,
        )  # fmt: skip


def _time(stamp: str) -> str:
    """Read "11/23/26 15:05:55", month first, and the ISO form."""
    found = _STAMP.match(stamp)
    if found is None:
        return ""
    month, day, year, iso_year, iso_month, iso_day, clock = found.groups()
    clock = clock.rjust(8, "0")
    if iso_year:
        return f"{iso_year}-{iso_month}-{iso_day}T{clock}"
    return f"20{year[-2:]}-{int(month):02}-{int(day):02}T{clock}"
