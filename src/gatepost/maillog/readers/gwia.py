"""Read the logs of GroupWise's Internet Agent (GWIA): lines of a time of day, a thread, and words.

GWIA makes up codes of its own that no remote ever said: 420 for a connection that broke, 450 for a host that is down,
550 for a host that is not known (KB 3020709, KB 7002712, KB 7007689). They are told as local. The log has no date in
its lines unless it is set so.
"""

from __future__ import annotations

import re
from typing import Final

from gatepost.maillog.dialogue import Dialogues, fate
from gatepost.maillog.event import Event, Result
from gatepost.maillog.frame import Frame
from gatepost.maillog.pieces import code_and_enhanced
from gatepost.reply.explanation import Direction

_LINE: Final = re.compile(
    r"(?:([01]?[0-9])[-/]([0-3]?[0-9])[-/]((?:20)?[0-9]{2}) )?([0-2][0-9]:[0-5][0-9]:[0-5][0-9]) "
    r"([0-9A-Fa-f]{2,16}) {1,8}"
)
_MESSAGE: Final = re.compile(r"(?:DMN: )?MSG ([0-9]{1,12}) {1,4}")
_WORDS: Final = re.compile(
    r"DMN: |MSG [0-9]|RTR: |POP3?: |IMAP4?: |LDAP: |Command: |Response: |Processing |Analyzing |Detected error |"
    r"Connected to |Accepted connection|SMTP session|TCP (?:read|write)|Send Failure|Sending |"
    r"Receiving |\*\*\* NEW LOG FILE"
)
_HOST: Final = re.compile(
    r"(?:Accepted connection:|SMTP session ended:|Connected to|Connection (?:to|from|with)) "
    r"\[?([^\s\[\]()]{1,255})\]?(?: [(\[]([^)\]]{1,255})[)\]])?"
)
_FAILURE: Final = re.compile(r"(?:Send Failure|Failure|Error sending|Delivery failure): ")
_OWN: Final = re.compile(
    r"420\b|4[0-9]{2} (?:Host down|TCP|Connection|No answer)|5[0-9]{2} (?:Host unknown|Unknown host|Host not found)",
    re.IGNORECASE,
)
_BROKEN: Final = re.compile(
    r"TCP (?:read|write|read/write) error|Connection (?:lost|refused|timed out)|Detected error on "
)
_EMBEDDED: Final = re.compile(r": ([245][0-9]{2} \S[^\n]*)")
_MOST: Final = 2048


class Gwia:
    """Read lines of GroupWise's Internet Agent. `key` is the message's number in the log, `link` the thread."""

    system = "gwia"

    def __init__(self) -> None:
        self._dialogues = Dialogues()
        # By thread: the message it is at, the reply it got last.
        self._messages: dict[str, str] = {}
        self._last: dict[str, str] = {}
        self._peers: dict[str, str] = {}

    def read(self, frame: Frame) -> Event | None:
        """Tell what a line says; None when it is not GWIA's."""
        message = frame.message
        if message[2:3] not in (":", "-", "/"):
            return None
        found = _LINE.match(message)
        if found is None:
            return None
        month, day, year, clock, thread = found.groups()
        words = message[found.end() :]
        if thread not in self._messages and not _WORDS.match(words):
            return None
        time = f"20{year[-2:]}-{int(month):02}-{int(day):02}T{clock}" if year else ""
        numbered = _MESSAGE.match(words)
        if numbered is not None:
            key = numbered[1]
            words = words[numbered.end() :]
            _put(self._messages, thread, key)
        else:
            words = words.removeprefix("DMN: ")
            key = self._messages.get(thread, "")
            if not key:
                _put(self._messages, thread, "")
        return self._words(words.strip(), key, thread, time)

    def _words(self, words: str, key: str, thread: str, time: str) -> Event:
        host = _HOST.match(words)
        if host is not None:
            peer = f"{host[1]} [{host[2]}]" if host[2] else host[1]
            _put(self._peers, thread, peer)
            # Commands are written down where they failed: the next reply need not be the greeting.
            self._dialogues.end(thread)
            return Event(system="gwia", time=time, key=key, link=thread, peer=peer)
        peer = self._peers.get(thread, "")
        if words.startswith("Command: "):
            self._dialogues.of(thread).command(words[len("Command: ") :])
        elif words.startswith("Response: "):
            answer = self._dialogues.of(thread).reply(words[len("Response: ") :])
            if answer is not None and answer.code:
                _put(self._last, key or thread, answer.text)
                own = _OWN.match(answer.text) is not None
                direction: Direction = "local" if own else "received"
                return Event(
                    system="gwia", time=time, key=key, link=thread, peer=peer, direction=direction,
                    stage=answer.stage, text=answer.text, code=answer.code, enhanced=answer.enhanced,
                    result=fate("received", answer.stage, answer.code), sender=answer.sender,
                    recipient=answer.recipient,
                )  # fmt: skip
        elif (failure := _FAILURE.match(words)) is not None:
            return self._failed(words[failure.end() :], key, thread, time, peer)
        elif _BROKEN.match(words) and not words.startswith("Detected"):
            return Event(
                system="gwia", time=time, key=key, link=thread, peer=peer, direction="local", text=words
            )  # fmt: skip
        elif (embedded := _EMBEDDED.search(words)) is not None:
            text = embedded[1]
            code, enhanced = code_and_enhanced(text)
            return Event(
                system="gwia", time=time, key=key, link=thread, peer=peer, text=text, code=code, enhanced=enhanced,
                direction="local" if _OWN.match(text) else "unknown",
            )  # fmt: skip
        return Event(system="gwia", time=time, key=key, link=thread, peer=peer)

    def _failed(self, text: str, key: str, thread: str, time: str, peer: str) -> Event:
        """Read the failure that closes an attempt; the reply before it may have told it already."""
        code, enhanced = code_and_enhanced(text)
        last = self._last.pop(key or thread, "")
        own = _OWN.match(text) is not None or not code
        result: Result = "deferred" if str(code)[:1] == "4" else "bounced"
        if last and last[:3] == text[:3]:
            result = ""
        stage = "connect" if own and code in (450, 550) else "unknown"
        return Event(
            system="gwia", time=time, key=key, link=thread, peer=peer, direction="local" if own else "received",
            stage=stage, text=text, code=code, enhanced=enhanced, result=result,
        )  # fmt: skip


def _put(known: dict[str, str], name: str, value: str) -> None:
    if name not in known and len(known) >= _MOST:
        del known[next(iter(known))]
    known[name] = value
