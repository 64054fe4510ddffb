"""Read the logs of hMailServer: quoted columns parted by tabs, the dialogue of its server and client.

"SMTPD" lines are the server's: what is sent there are our replies; "SMTPC" lines the client's. A reply of several
lines has "[nl]" between them. "APPLICATION" lines tell of deliveries in words.
"""

from __future__ import annotations

import re
from typing import Final

from gatepost.maillog.dialogue import Dialogues, fate, is_reply
from gatepost.maillog.event import Event, Result
from gatepost.maillog.frame import Frame
from gatepost.reply.explanation import Direction

_PARTS: Final = frozenset(
    (
        "SMTPD",
        "SMTPC",
        "APPLICATION",
        "TCPIP",
        "ERROR",
        "DEBUG",
        "POP3D",
        "POP3C",
        "IMAPD",
        "SPAMASSASSIN",
        "BACKUP",
        "EVENT",
    )
)
_DELIVERY: Final = re.compile(
    r"SMTPDeliverer - Message ([0-9]{1,12}): (?:(Delivering message from) (\S{0,320}) to ([^\s.]\S{0,320}?)\. |"
    r"([^\n]{0,1000}))"
)
_LATER: Final = re.compile(r"could not be delivered.{0,40}[Ss]cheduling|rescheduled|later delivery")
_NEVER: Final = re.compile(r"could not be delivered|Giving up|Returning message|undeliverable", re.IGNORECASE)


class Hmailserver:
    """Read lines of hMailServer. `key` is the session, or the number of the message."""

    system = "hmailserver"

    def __init__(self) -> None:
        self._dialogues = Dialogues()

    def read(self, frame: Frame) -> Event | None:
        """Tell what a line says; None when it is not hMailServer's."""
        message = frame.message
        if message[:1] != '"' or "\t" not in message[:24]:
            return None
        cells = [cell.strip().removeprefix('"').removesuffix('"') for cell in message.split("\t", 5)]
        part = cells[0]
        if part not in _PARTS:
            return None
        if part in ("SMTPD", "SMTPC") and len(cells) == 6:
            return self._dialogue(part, cells)
        if part == "APPLICATION" and len(cells) >= 4:
            return _application(_time(cells[2]), "\t".join(cells[3:]))
        stamp = next((cell for cell in cells if cell[4:5] == "-" and cell[13:14] == ":"), "")
        return Event(system="hmailserver", program=part, time=_time(stamp))

    def _dialogue(self, part: str, cells: list[str]) -> Event:
        """Read a line of a dialogue."""
        _, thread, session, stamp, peer, words = cells
        time = _time(stamp)
        who, _, said = words.partition(": ")
        dialogue = self._dialogues.of(f"{part} {session}")
        ours = who == "SENT"
        answer = None
        for line in said.split("[nl]"):
            if (ours == (part == "SMTPD")) and is_reply(line):
                answer = dialogue.reply(line)
            elif ours != (part == "SMTPD"):
                dialogue.command(line)
        if answer is None:
            return Event(system="hmailserver", program=part, time=time, key=session, link=thread, peer=peer)
        direction: Direction = "sent" if ours else "received"
        if answer.stage == "quit":
            self._dialogues.end(f"{part} {session}")
        return Event(
            system="hmailserver", program=part, time=time, key=session, link=thread, peer=peer, direction=direction,
            result=fate(direction, answer.stage, answer.code), stage=answer.stage, text=answer.text,
            code=answer.code, enhanced=answer.enhanced, sender=answer.sender, recipient=answer.recipient,
        )  # fmt: skip


def _application(time: str, words: str) -> Event:
    """Read a line of the delivery; the replies are in the lines of the dialogue."""
    found = _DELIVERY.match(words)
    if found is None:
        return Event(system="hmailserver", program="APPLICATION", time=time)
    rest = found[5] or ""
    result: Result = ""
    if _LATER.search(rest):
        result = "deferred"
    elif _NEVER.search(rest):
        result = "bounced"
    sender = ("<>" if found[3] in ("", "<Empty>") else found[3]) if found[2] else ""
    return Event(
        system="hmailserver", program="APPLICATION", time=time, key=found[1], result=result,
        direction="local" if result else "unknown", text=rest.strip() if result else "", sender=sender,
        recipient=found[4] or "",
    )  # fmt: skip


def _time(stamp: str) -> str:
    return f"{stamp[:10]}T{stamp[11:]}" if stamp[4:5] == "-" and stamp[10:11] == " " else ""
