"""The server's side of the dialogue as one table: which command may come when, and where it leads.

`ServerProtocol` walks this table and nothing else decides about order; the picture in the documentation is
drawn from it. Knows no octets and no policy: a command that is legal here may still be refused above, and
then the state stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from gatepost.reply import catalogue
from gatepost.reply.entry import Entry
from gatepost.smtp.command import (
    Command,
    Data,
    Ehlo,
    Expn,
    Help,
    Mail,
    Noop,
    Quit,
    Rcpt,
    Rset,
    StartTls,
    Vrfy,
)


class State(StrEnum):
    """Where a session stands. Commands are read in START, READY, MAIL and RCPT only."""

    GREETING = "greeting"  # connected; the opening reply is due
    START = "start"  # greeted; the client has not said who it is
    READY = "ready"  # the client has said EHLO or HELO; no transaction
    MAIL = "mail"  # a reverse-path, no recipient yet
    RCPT = "rcpt"  # a reverse-path and one recipient at least
    CONTENT = "content"  # 354 was said: what comes is content, up to its end
    UPGRADE = "upgrade"  # STARTTLS was answered 220: a TLS handshake comes
    CLOSED = "closed"  # nothing more is read


Row = Mapping[type[Command], State | Entry]


def _row(
    here: State, *, mail: State | Entry, rcpt: State | Entry, data: State | Entry, tls: State | Entry
) -> Row:
    """Fill in what is the same in all states: RFC 5321 §4.1.4."""
    idle = here if here is State.START else State.READY
    return {
        Ehlo: State.READY,  # drops a transaction, as RSET does
        Mail: mail,
        Rcpt: rcpt,
        Data: data,
        Rset: idle,
        Noop: here,
        Vrfy: here,
        Expn: here,
        Help: here,
        Quit: State.CLOSED,
        StartTls: tls,
    }


# State x command -> the state after a positive answer, or the entry that refuses. A negative answer changes
# nothing, but 421 closes in any state.
TABLE: Final[Mapping[State, Row]] = {
    State.START: _row(
        State.START,
        mail=catalogue.HELO_FIRST,
        rcpt=catalogue.HELO_FIRST,
        data=catalogue.HELO_FIRST,
        tls=catalogue.HELO_FIRST,  # RFC 3207 §4: the keyword is learnt from EHLO
    ),
    State.READY: _row(
        State.READY,
        mail=State.MAIL,
        rcpt=catalogue.MAIL_FIRST,
        data=catalogue.MAIL_FIRST,
        tls=State.UPGRADE,
    ),
    State.MAIL: _row(
        State.MAIL,
        mail=catalogue.MAIL_TWICE,
        rcpt=State.RCPT,
        data=catalogue.NO_RECIPIENTS,  # RFC 5321 §3.3
        tls=State.UPGRADE,
    ),
    State.RCPT: _row(
        State.RCPT,
        mail=catalogue.MAIL_TWICE,
        rcpt=State.RCPT,
        data=State.CONTENT,
        tls=State.UPGRADE,
    ),
}

# What leads on from the states in which no command is read: the opening reply, the answer to the content
# (whichever it is: RFC 5321 §4.1.1.4 clears the buffers in both cases), and the end of the handshake.
GREETED: Final = State.START
AFTER_CONTENT: Final = State.READY
UPGRADED: Final = State.START  # RFC 3207 §4.2: as if just greeted


def diagram() -> str:
    """Render the table in Markdown, a row for each command and a column for each state."""
    states = list(TABLE)
    lines = [
        "| command | " + " | ".join(state.upper() for state in states) + " |",
        "| --- |" + " --- |" * len(states),
    ]
    for command in TABLE[State.START]:
        cells = (TABLE[state][command] for state in states)
        lines.append(f"| {_name(command)} | " + " | ".join(map(_cell, cells)) + " |")
    lines.append("")
    lines.append("```mermaid")
    lines.append("stateDiagram-v2")
    lines.append(f"    {State.GREETING.upper()} --> {GREETED.upper()}: 220")
    for state, row in TABLE.items():
        for command, target in row.items():
            if isinstance(target, State) and target is not state:
                lines.append(f"    {state.upper()} --> {target.upper()}: {_name(command)}")
    lines.append(f"    {State.CONTENT.upper()} --> {AFTER_CONTENT.upper()}: end of content")
    lines.append(f"    {State.UPGRADE.upper()} --> {UPGRADED.upper()}: TLS")
    lines.append("```")
    return "\n".join(lines) + "\n"


def _name(command: type[Command]) -> str:
    return "EHLO, HELO" if command is Ehlo else command.__name__.upper()


def _cell(target: State | Entry) -> str:
    return target.upper() if isinstance(target, State) else f"{target.code} {target.id}"
