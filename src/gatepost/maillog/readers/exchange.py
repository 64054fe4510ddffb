"""Read the CSV logs of Exchange: SMTP send and receive protocol logs, message tracking, message traces.

It knows the form of the lines and which column is what, from `#Fields:` or from the line itself; the dialogue of a
protocol log is followed by `maillog.dialogue`, and what a tracking row tells is read by `exchange_tracking`. The
forms are those of Exchange 2007 to 2019 and Exchange Online (Microsoft Learn: "Protocol logging in Exchange Server",
"Message tracking", "Get-MessageTrace").
"""

from __future__ import annotations

import csv
import re
from typing import Final

from gatepost.maillog.dialogue import Dialogues, fate, is_reply
from gatepost.maillog.event import Event
from gatepost.maillog.frame import Frame
from gatepost.maillog.readers.exchange_tracking import column, is_tracking, track
from gatepost.reply.explanation import Direction

# date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context
_COLUMNS: Final = 9
# A line of a protocol log told by itself: the time, a session of 16 hexadecimal digits, a number, two endpoints.
_LINE: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,16}Z?,(?:\"[^\"]*\"|[^,\"]*),([0-9A-Fa-f]{16}),[0-9]{1,9},[^,]*,[^,]*,([-+*<>]),"
)
_COMMENTS: Final = (
    "#Software: Microsoft Exchange",
    "#Version: ",
    "#Log-type: ",
    "#Date: ",
    "#Fields: ",
    "#TYPE ",
)
_FAILURES: Final = re.compile(
    r"fail|error|timed? ?out|denied|refused|reject|unable|not be (?:established|resolved)|Tarpit",
    re.IGNORECASE,
)
_TARPIT: Final = re.compile(r"Tarpit for '[^']*'(?: due to '([^']*)')?")


class Exchange:
    """Read lines of Exchange. `key` is the session of a protocol log, the internal message id of a tracking row."""

    system = "exchange"

    def __init__(self) -> None:
        self._columns: dict[str, int] = {}
        self._tracking = False
        self._dialogues = Dialogues()

    def read(self, frame: Frame) -> Event | None:
        """Tell what a line says; None when it is not Exchange's."""
        message = frame.message
        first = message[:1]
        if first == "\ufeff":
            message = message[1:]
            first = message[:1]
        if first.isdigit():
            if message[10:11] != "T" or "," not in message[19:36]:
                return self._row(message) if self._tracking and "," in message else None
            found = _LINE.match(message)
            if found is not None:
                return self._dialogue(message, found)
            return self._row(message)
        if first == "#":
            return self._comment(message)
        if (self._tracking or (first == '"' and '","' in message[:200])) and "," in message:
            return self._row(message)
        if not frame.program and "ecipient" in message[:600] and "essage" in message[:600]:
            return self._row(message)  # a header without quotes
        return None

    def _comment(self, message: str) -> Event | None:
        if not message.startswith(_COMMENTS):
            return None
        if message.startswith("#Fields: "):
            if "," not in message:
                return None  # a log of the web server, in columns parted by blanks
            self._learn(message[len("#Fields: ") :].split(","))
        return Event(system="exchange")

    def _learn(self, names: list[str]) -> None:
        columns = {column(name): number for number, name in enumerate(names[:200])}
        self._tracking = is_tracking(columns)
        self._columns = columns if self._tracking else {}

    def _row(self, message: str) -> Event | None:
        """Read a row of columns: a header that names them, or a tracking row."""
        cells = _cells(message)
        if not cells or len(cells) < 4:
            return None
        if not self._tracking or cells[0][:1].isalpha():
            columns = {column(name): number for number, name in enumerate(cells[:200])}
            if is_tracking(columns):
                self._learn(cells)
                return Event(system="exchange")
        if self._tracking and abs(len(cells) - len(self._columns)) > 1:
            return track(cells, {})
        return track(cells, self._columns if self._tracking else {})

    def _dialogue(self, message: str, found: re.Match[str]) -> Event | None:
        """Read a line of a protocol log: what was said, by whom, or what was noted."""
        cells = _cells(message)
        if cells is None or len(cells) < _COLUMNS - 1:
            return None
        session, mark = found[1], found[2]
        # A comma in what was said, where the log was written without quotes.
        data = cells[7] if len(cells) <= _COLUMNS else ",".join(cells[7:-1])
        context = cells[8] if len(cells) == _COLUMNS else cells[-1]
        time, peer = _time(cells[0]), _host(cells[5])
        match mark:
            case "+":
                self._dialogues.of(session).begin()
            case "-":
                self._dialogues.end(session)
            case "*":
                return _note(time, session, peer, context or data)
            case _:
                if is_reply(data):
                    answer = self._dialogues.of(session).reply(data)
                    if answer is not None:
                        # Who logs a reply under ">" is the server, who logs one under "<" the client.
                        direction: Direction = "sent" if mark == ">" else "received"
                        return Event(
                            system="exchange", time=time, key=session, peer=peer, direction=direction,
                            result=fate(direction, answer.stage, answer.code), stage=answer.stage, text=answer.text,
                            code=answer.code, enhanced=answer.enhanced, sender=answer.sender,
                            recipient=answer.recipient,
                        )  # fmt: skip
                else:
                    self._dialogues.of(session).command(data)
        return Event(system="exchange", time=time, key=session, peer=peer)


def _note(time: str, session: str, peer: str, words: str) -> Event:
    """Read a note: of a connection that failed, of a delay on purpose, of permissions."""
    if _FAILURES.search(words[:1000]) is None:
        return Event(system="exchange", time=time, key=session, peer=peer)
    tarpit = _TARPIT.match(words)
    if tarpit is not None:  # the reply that is held back is logged when it is sent
        return Event(system="exchange", time=time, key=session, peer=peer)
    lower = words[:200].lower()
    stage = "starttls" if "tls" in lower else "connect" if "connect" in lower else "unknown"
    return Event(
        system="exchange",
        time=time,
        key=session,
        peer=peer,
        direction="local",
        stage=stage,
        text=words.strip(),
    )


def _cells(message: str) -> list[str] | None:
    if '"' not in message:
        return message.split(",")
    try:
        return next(csv.reader([message]), None)
    except csv.Error:
        return None


def _time(text: str) -> str:
    return f"{text[:-1]}+00:00" if text.endswith("Z") else text


def _host(endpoint: str) -> str:
    """Take the port off "192.0.2.25:25" and "[2001:db8::25]:25"."""
    host, colon, port = endpoint.rpartition(":")
    return host if colon and port.isdigit() and not host.endswith(":") else endpoint
