"""Read the SMTP session logs of MDaemon: a day, a time, the session in brackets, and what was said.

"-->" is what MDaemon sends, "<--" what it receives; so a reply behind "-->" is ours, one behind "<--" a remote's.
Older versions have no session in brackets: then one dialogue stands after the other.
"""

from __future__ import annotations

import re
from typing import Final

from gatepost.maillog.dialogue import Dialogues, fate, is_reply
from gatepost.maillog.event import Event
from gatepost.maillog.frame import Frame
from gatepost.reply.explanation import Direction

_LINE: Final = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,3})?): "
    r"(?:(?:[0-9]{2}: )?\[([0-9]{1,12})(?::[0-9]{1,6})?\] )?"
)
_HOST: Final = re.compile(
    r"(?:Accepting SMTP connection from|Attempting SMTP connection to|Connection established.{0,80}?(?:-->|to)) "
    r"\[?([^\s\]]{1,255}?)\]?(?::[0-9]{1,5})?(?=[\s,\]]|$)"
)
_BROKEN: Final = re.compile(
    r"(?:\* ?)?(?:Socket error|Winsock error|Connection (?:timed out|refused|reset|lost|closed by)|Timed? ?out|"
    r"SSL negotiation failed|Unable to connect)", re.IGNORECASE,
)  # fmt: skip
_BEGIN: Final = re.compile(r"Session [0-9]{1,12}|-{10}|Accepting SMTP|Attempting SMTP")
_MOST: Final = 2048


class Mdaemon:
    """Read lines of MDaemon. `key` is the session."""

    system = "mdaemon"

    def __init__(self) -> None:
        self._dialogues = Dialogues()
        self._peers: dict[str, str] = {}

    def read(self, frame: Frame) -> Event | None:
        """Tell what a line says; None when it is not MDaemon's."""
        message = frame.message
        if message[3:4] != " " or message[8:9] != "-":
            return None
        found = _LINE.match(message)
        if found is None:
            return None
        date, clock, key = found[1], found[2], found[3] or ""
        time, words = f"{date}T{clock}", message[found.end() :].strip()
        mark, said = words[:4], words[4:].strip()
        if mark in ("--> ", "<-- "):
            return self._talk(key, time, mark, said)
        host = _HOST.match(words)
        if host is not None:
            if key not in self._peers and len(self._peers) >= _MOST:
                del self._peers[next(iter(self._peers))]
            self._peers[key] = host[1]
        if _BEGIN.match(words):
            self._dialogues.end(key)
        peer = self._peers.get(key, "")
        if _BROKEN.match(words):
            return Event(
                system="mdaemon", time=time, key=key, peer=peer, direction="local", text=words.removeprefix("* ")
            )  # fmt: skip
        return Event(system="mdaemon", time=time, key=key, peer=peer)

    def _talk(self, key: str, time: str, mark: str, said: str) -> Event:
        peer = self._peers.get(key, "")
        dialogue = self._dialogues.of(key)
        answer = None
        if is_reply(said):
            answer = dialogue.reply(said)
        else:
            dialogue.command(said)
        if answer is None:
            return Event(system="mdaemon", time=time, key=key, peer=peer)
        direction: Direction = "sent" if mark == "--> " else "received"
        return Event(
            system="mdaemon", time=time, key=key, peer=peer, direction=direction, stage=answer.stage,
            text=answer.text, code=answer.code, enhanced=answer.enhanced,
            result=fate(direction, answer.stage, answer.code), sender=answer.sender, recipient=answer.recipient,
        )  # fmt: skip
