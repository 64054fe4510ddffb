"""Read the logs of Secure Messaging Gateway 7, the later GWAVA: smg-smtp and smg-scanner.

A line is "[thread] date time (PART)<connection> text" (KB 7024849); lines of the dialogue begin with who talks to
whom, "[g->c]" for gateway to client. The other letters are taken as they come: what the gateway says is sent.
"""

from __future__ import annotations

import re
from typing import Final

from gatepost.maillog.dialogue import Dialogues, fate, is_reply
from gatepost.maillog.event import Event
from gatepost.maillog.frame import Frame
from gatepost.reply.explanation import Direction

_LINE: Final = re.compile(
    r"\[([0-9]{1,20})\] ([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?) "
    r"\(([A-Za-z0-9_-]{1,16})\)<([^>]{0,64})> ?"
)
_TALK: Final = re.compile(r"\[([a-z]{1,8})-?>([a-z]{1,8})\] ?")
_ADDRESS: Final = re.compile(r"\b(?:IP address|address:) ([0-9A-Fa-f.:]{3,45}|x\.x\.x\.x)(?=\s|$)")
_BROKEN: Final = re.compile(r"Socket (?:\w{1,12} )?error\b|Connection (?:timed out|reset|refused|lost)")
_MOST: Final = 2048


class Smg:
    """Read lines of Secure Messaging Gateway. `key` is the connection."""

    system = "smg"

    def __init__(self) -> None:
        self._dialogues = Dialogues()
        self._addresses: dict[str, str] = {}

    def read(self, frame: Frame) -> Event | None:
        """Tell what a line says; None when it is not of Secure Messaging Gateway."""
        message = frame.message
        if message[:1] != "[":
            return None
        found = _LINE.match(message)
        if found is None:
            return None
        _, date, clock, part, key = found.groups()
        time = f"{date}T{clock}"
        words = message[found.end() :]
        talk = _TALK.match(words)
        if talk is not None:
            return self._talk(key, time, part, talk, words[talk.end() :])
        address = _ADDRESS.search(words[:200])
        if address is not None and key:
            if len(self._addresses) >= _MOST and key not in self._addresses:
                del self._addresses[next(iter(self._addresses))]
            self._addresses[key] = address[1]
        peer = self._addresses.get(key, "")
        if _BROKEN.match(words):
            return Event(
                system="smg", program=part, time=time, key=key, peer=peer, direction="local", text=words.strip()
            )  # fmt: skip
        return Event(system="smg", program=part, time=time, key=key, peer=peer)

    def _talk(self, key: str, time: str, part: str, talk: re.Match[str], words: str) -> Event:
        """Read a line of the dialogue."""
        speaker, listener = talk[1], talk[2]
        ours = speaker.startswith("g")
        other = listener if ours else speaker
        peer = self._addresses.get(key, "") if other.startswith("c") else ""
        dialogue = self._dialogues.of(f"{key} {other}")
        if not is_reply(words):
            dialogue.command(words)
            return Event(system="smg", program=part, time=time, key=key, peer=peer)
        answer = dialogue.reply(words)
        if answer is None:
            return Event(system="smg", program=part, time=time, key=key, peer=peer)
        direction: Direction = "sent" if ours else "received"
        # A connection that is dropped at once hears no more than this.
        stage = "connect" if answer.stage == "unknown" and answer.text[4:].startswith("IP ") else answer.stage
        return Event(
            system="smg", program=part, time=time, key=key, peer=peer, direction=direction, stage=stage,
            text=answer.text, code=answer.code, enhanced=answer.enhanced, result=fate(direction, stage, answer.code),
            sender=answer.sender, recipient=answer.recipient,
        )  # fmt: skip
