"""Read the logs of GWAVA 4 and 6: the support logs, one `<ln>` element a line, of the SMTP scanner and its engine.

The text inside is not escaped, so no reader of XML is used. Marks tell who talks to whom (KB 7020516): `>` GWAVA
sends, `<` it receives, `=` with a server outside, `-` with the server inside. `>` or `<` alone is talk between
GWAVA's own parts, whose 200 and 300 are no SMTP replies and are never taken for them.
"""

from __future__ import annotations

import re
from typing import Final

from gatepost.maillog.dialogue import Dialogues, fate, is_reply
from gatepost.maillog.event import Event
from gatepost.maillog.frame import Frame
from gatepost.reply.explanation import Direction

_LINE: Final = re.compile(
    r"<ln><p>([^<]{0,64})</p><l>([0-9]{0,3})</l><d>([0-9]{4})-([A-Za-z]{3})-([0-9]{1,2})</d><t>([0-9:.]{0,16})</t><i>"
)
_MONTHS: Final = {
    name: f"{number:02}"
    for number, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), 1
    )
}
_TALK: Final = re.compile(r"(<=|=>|<-|->) ?")
# One of the marks as an exporter may have written it.
_ESCAPES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_BROKEN: Final = re.compile(r"Socket (?:read|write|connect|open|accept)? ?error\b")


class Gwava:
    """Read lines of GWAVA. `key` is the thread or connection, which is used again after a while."""

    system = "gwava"

    def __init__(self) -> None:
        self._dialogues = Dialogues()

    def read(self, frame: Frame) -> Event | None:
        """Tell what a line says; None when it is not GWAVA's."""
        message = frame.message
        if not message.startswith("<ln>"):
            return Event(system="gwava") if message.startswith("DNS->RBL lookup: ") else None
        found = _LINE.match(message)
        if found is None:
            return None
        key, _, year, month, day, clock = found.groups()
        number = _MONTHS.get(month.upper())
        time = f"{year}-{number}-{int(day):02}T{clock}" if number is not None else ""
        end = message.rfind("</i>", found.end())
        words = message[found.end() : end if end >= 0 else len(message)]
        if "&" in words[:8]:
            for written, sign in _ESCAPES:
                words = words.replace(written, sign)
        talk = _TALK.match(words)
        if talk is not None:
            return self._talk(key, time, talk[1], words[talk.end() :])
        if _BROKEN.match(words):
            return Event(system="gwava", time=time, key=key, direction="local", text=words.strip())
        return Event(system="gwava", time=time, key=key)

    def _talk(self, key: str, time: str, mark: str, words: str) -> Event:
        """Read what was said on the wire; the same thread talks to the outside and to the inside."""
        inside = "-" in mark
        peer = "internal server" if inside else "external server"
        dialogue = self._dialogues.of(f"{key} {peer}")
        if not is_reply(words):
            dialogue.command(words)
            return Event(system="gwava", time=time, key=key, peer=peer)
        answer = dialogue.reply(words)
        if answer is None:
            return Event(system="gwava", time=time, key=key, peer=peer)
        direction: Direction = "sent" if mark.endswith(">") else "received"
        if answer.stage == "quit":
            self._dialogues.end(f"{key} {peer}")
        # A connection that is dropped at once hears no more than "554 IP address ... rejected".
        stage = "connect" if answer.stage == "unknown" and answer.text[4:].startswith("IP ") else answer.stage
        return Event(
            system="gwava", time=time, key=key, peer=peer, direction=direction, stage=stage, text=answer.text,
            code=answer.code, enhanced=answer.enhanced, result=fate(direction, stage, answer.code),
            sender=answer.sender, recipient=answer.recipient,
        )  # fmt: skip
