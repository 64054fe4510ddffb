"""Follow SMTP dialogues that a log writes down command by command, so that each reply gets its step and envelope.

Replies answer commands in their order, pipelined or not (RFC 2920 §3.1), and a reply of several lines is one reply.
Readers of systems that log the dialogue itself share this; it knows no system's lines. Memory is bounded: of too
many sessions at once the oldest is forgotten, of too many commands without reply the rest.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Final

from msgspec import Struct

from gatepost.maillog.event import Result
from gatepost.maillog.pieces import bare, code_and_enhanced, stage_of
from gatepost.reply.explanation import Direction

SESSIONS: Final = 2048
_COMMANDS: Final = 256
_LINES: Final = 64
_WORDS: Final = 4096
_ADDRESS: Final = re.compile(r"(?:FROM|TO) ?: ?(<[^>]{0,1000}>|\S{1,1000})", re.IGNORECASE)
_REPLY: Final = re.compile(r"[2-5][0-9]{2}(?:[ \-]|$)")
# Where no command is known: what only one step is answered with (RFC 5321 §4.3.2, RFC 4954 §6).
_BY_CODE: Final = {
    220: "connect",
    221: "quit",
    235: "auth",
    334: "auth",
    354: "data",
    534: "auth",
    535: "auth",
}


class Answer(Struct, frozen=True):
    """A whole reply, on one line, with the step it answers and the envelope so far."""

    text: str
    code: int
    enhanced: str
    stage: str
    sender: str
    recipient: str


class Dialogue:
    """One session: the commands that wait for a reply, the envelope, the lines of a reply that goes on."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, str]] = deque()
        self._lines: list[str] = []
        self._started = False
        self._sender = ""
        self._recipient = ""
        self._recipients = 0

    def begin(self) -> None:
        """Note that the connection is new: the next reply is the greeting."""
        self.__init__()  # type: ignore[misc]
        self._waiting.append(("connect", ""))
        self._started = True

    def command(self, words: str) -> None:
        """Note a command of the client."""
        waiting = self._waiting
        if len(waiting) >= _COMMANDS or (waiting and waiting[0][0] == "content"):
            return  # before the reply to the content there can be content only
        if waiting and waiting[0] == ("auth", "more"):
            return  # what a challenge is answered with
        if not self._started:
            waiting.clear()
        self._started = True
        stage = stage_of(words[:16])
        address = ""
        if stage in ("mail", "rcpt"):
            found = _ADDRESS.search(words[:1100])
            address = bare(found[1]) if found is not None else ""
            if stage == "mail":
                self._sender, self._recipient, self._recipients = address, "", 0
        if stage != "data" or words[:4].upper() == "DATA":
            waiting.append((stage, address))

    def reply(self, line: str) -> Answer | None:
        """Take one line of a reply; give the reply when that was its last line."""
        line = line[:_WORDS].strip()
        if line[3:4] == "-":
            if len(self._lines) < _LINES:
                self._lines.append(line)
            return None
        text = one_line([*self._lines, line]) if self._lines else line
        self._lines.clear()
        code, enhanced = code_and_enhanced(text)
        stage, address = self._waiting.popleft() if self._waiting else ("", "")
        if not stage:
            stage = _BY_CODE.get(code, "unknown")
        if stage == "rcpt" and code // 100 == 2:
            self._recipients += 1
            self._recipient = address if self._recipients == 1 else ""
        elif stage == "data" and code == 354:
            self._waiting.appendleft(("content", ""))
        elif code == 334:
            self._waiting.appendleft(("auth", "more"))
            address = ""
        # What answers MAIL is about the sender.
        recipient = {"mail": "", "rcpt": address}.get(stage, self._recipient)
        return Answer(text, code, enhanced, stage, self._sender, recipient)


class Dialogues:
    """The sessions of a log, by whatever it calls them."""

    def __init__(self) -> None:
        self._sessions: dict[str, Dialogue] = {}

    def of(self, name: str) -> Dialogue:
        """Give the session of that name, which may be new."""
        session = self._sessions.get(name)
        if session is None:
            if len(self._sessions) >= SESSIONS:
                del self._sessions[next(iter(self._sessions))]
            session = self._sessions[name] = Dialogue()
        return session

    def end(self, name: str) -> None:
        """Forget a session."""
        self._sessions.pop(name, None)


def is_reply(words: str) -> bool:
    """Tell whether words have the form of a line of a reply."""
    return _REPLY.match(words) is not None


def one_line(lines: list[str]) -> str:
    """Join the lines of a reply, "550-5.1.1 a" and "550 5.1.1 b", without saying the codes again."""
    first = lines[0].strip()
    code, enhanced = code_and_enhanced(first)
    if not code:
        return " ".join(lines)
    head = first[:3]
    joined = [f"{head} {first[4:].strip()}".rstrip()]
    for other in lines[1:]:
        line = other.strip()
        if line[:3] == head and line[3:4] in ("", " ", "-"):
            line = line[4:].lstrip()
            if enhanced:
                line = line.removeprefix(enhanced).lstrip()
        if line:
            joined.append(line)
    return " ".join(joined)


def fate(direction: Direction, stage: str, code: int) -> Result:
    """Tell what a reply makes of a message: what we refused or accepted, what the next hop did."""
    kind = code // 100
    if stage == "quit" or kind in (0, 3):
        return ""
    if kind == 2:
        if stage != "content":
            return ""
        return "accepted" if direction == "sent" else "delivered"
    if direction == "sent":
        return "rejected"
    if stage == "starttls" or (stage == "helo" and code in (500, 502, 504)):
        return ""  # the client goes on without (RFC 3207 §4, RFC 5321 §4.1.1.1)
    return "deferred" if kind == 4 or stage == "auth" else "bounced"
