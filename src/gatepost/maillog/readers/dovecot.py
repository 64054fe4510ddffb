"""Read Dovecot's log lines on delivery and submission: lmtp, lda, sieve, submission and their logins.

Its lines come through syslog ("dovecot: lmtp(…)<…><…>: …") or from a file of its own, with a time before and a level
behind the name. What its IMAP and POP3 services say tells nothing of mail on its way.
"""

from __future__ import annotations

import re
from typing import Final

from gatepost.maillog.event import Event, Result
from gatepost.maillog.frame import Frame
from gatepost.maillog.pieces import code_and_enhanced, stage_of
from gatepost.reply.explanation import Direction

SYSTEM: Final = "dovecot"
_STAMP: Final = re.compile(
    r"(20[0-9]{2}-[01][0-9]-[0-3][0-9]) ([0-2][0-9]:[0-5][0-9]:[0-6][0-9](?:\.[0-9]{1,9})?) "
)
# "lmtp(user@example.org)<pid><session>: ", before 2.3 "lmtp(pid, user): session: ", with the level in an own log.
_SERVICE: Final = re.compile(
    r"(?:(?:Info|Warn|Error|Fatal): )?"
    r"(lmtp|lda|dovecot-lda|deliver|submission|submission-login|managesieve|imap|pop3|imap-login|pop3-login|"
    r"managesieve-login|auth|auth-worker|master|config|log|anvil|stats|indexer|indexer-worker|quota-status|doveadm)"
    r"(?:-proxy)?(?:\(([^)]{0,512})\))?(?:<[0-9]{1,10}>)?(?:<([^>\s]{1,64})>)?: "
    r"(?:(?:Info|Warning|Error|Fatal|Panic|Debug): )?"
)
_OLD_SESSION: Final = re.compile(r"([A-Za-z0-9+/]{16,32}): ")
_MESSAGE_ID: Final = re.compile(r"msgid=(<[^>]{0,998}>|[^\s,:]{1,998})")
_STORED: Final = re.compile(
    r"(?:^|: )((?:saved mail to|stored mail into(?: mailbox)?|forwarded to|discarded|discard action|"
    r"save failed to|failed to (?:store|forward|redirect)|rejected|marked message to be discarded|"
    r"Couldn't|Not sending|sent vacation|message already )[\s\S]*)"
)
_PLAIN_FORMS: Final[tuple[tuple[str, Result], ...]] = (
    ("saved mail to", "delivered"),
    ("stored mail into", "delivered"),
    ("forwarded to", "delivered"),
    ("discard", "discarded"),
    ("marked message to be discarded", "discarded"),
)
_SENDER: Final = re.compile(r"(?:^|[ ,])from=<?([^\s>,]{0,1024})")
_SIZE: Final = re.compile(r"(?:^|[ ,])size=([0-9]{1,18})")
_REMOTE: Final = re.compile(r"\brip=([0-9A-Fa-f.:]{3,45})")
_USER: Final = re.compile(r"\buser=<([^>]{1,512})>")
_REPLY: Final = re.compile(
    r"(RCPT TO|MAIL FROM|DATA|BDAT|LHLO|EHLO|AUTH|STARTTLS)[^:]{0,128}: [\"']?([245][0-9]{2}[ -][\s\S]*)"
)
_NO_USER: Final = re.compile(r"([45][0-9]{2} [45]\.[0-9]{1,3}\.[0-9]{1,3} (?:<([^>]{1,1024})> )?[\s\S]*)")
_LOST: Final = re.compile(r"(?:Disconnect from|Connection from) (\S{1,255}): ([\s\S]*)")
_QUIET_ENDS: Final = ("Successful quit", "Client has quit", "Logged out", "Client quit", "Connection closed ")


class Dovecot:
    """Read the lines of Dovecot's services, those for delivery in full."""

    system = SYSTEM

    def read(self, frame: Frame) -> Event | None:
        """Tell what a line says; a line without a program is taken when a service's name begins it."""
        program = frame.program
        message, time = frame.message, frame.time
        if program and not program.startswith(("dovecot", "lmtp", "lda", "deliver")):
            found = _SERVICE.match(f"{program}: {message}") if not frame.host else None
            if found is None:
                return None
            message = f"{program}: {message}"
        elif program and program not in ("dovecot", "dovecot-lda"):
            message = f"{program}: {message}"
        if not time and (stamp := _STAMP.match(message)) is not None:
            time, message = f"{stamp[1]}T{stamp[2]}", message[stamp.end() :]
        found = _SERVICE.match(message)
        if found is None:
            return _event(frame, time) if program.startswith("dovecot") else None
        service, whose, session = found.groups()
        rest = message[found.end() :]
        if not session and (old := _OLD_SESSION.match(rest)) is not None:
            session, rest = old[1], rest[old.end() :]
        user = (whose or "").rpartition(", ")[2] if whose and not whose.isdecimal() else ""
        match service:
            case "lmtp" | "lda" | "dovecot-lda" | "deliver":
                return _delivery(frame, time, service, user, session or "", rest)
            case "submission" | "submission-login":
                return _submission(frame, time, session or "", user, rest)
            case _:
                return _event(frame, time, key=session or "")


def _event(
    frame: Frame,
    time: str,
    *,
    key: str = "",
    result: Result = "",
    direction: Direction = "unknown",
    stage: str = "unknown",
    text: str = "",
    code: int = 0,
    enhanced: str = "",
    peer: str = "",
    sender: str = "",
    recipient: str = "",
    message_id: str = "",
    size: int | None = None,
) -> Event:
    return Event(
        system=SYSTEM,
        program=frame.program,
        time=time,
        host=frame.host,
        key=key,
        result=result,
        direction=direction,
        stage=stage,
        text=text,
        code=code,
        enhanced=enhanced,
        peer=peer,
        sender=sender,
        recipient=recipient,
        message_id=message_id,
        size=size,
    )


def _delivery(frame: Frame, time: str, service: str, user: str, session: str, rest: str) -> Event:
    """Read what lmtp or lda did with a message. What lmtp cannot store it refuses to its client."""
    found = _STORED.search(rest)
    if found is None:
        return _dialogue(frame, time, session, user, rest)
    text = found[1]
    result: Result = next((result for words, result in _PLAIN_FORMS if text.startswith(words)), "")
    if text.startswith("rejected"):
        result = "rejected" if service == "lmtp" else "bounced"
    elif text.startswith(("save failed", "failed to", "Couldn't")):
        result = "rejected" if service == "lmtp" else "deferred"
    message_id = _MESSAGE_ID.search(rest)
    sender = _SENDER.search(rest)
    size = _SIZE.search(rest)
    return _event(
        frame,
        time,
        key=session,
        result=result,
        direction="local",
        stage="content",
        text=text if result else "",
        sender=(sender[1] or "<>") if sender is not None else "",
        recipient=user,
        message_id=message_id[1] if message_id is not None else "",
        size=int(size[1]) if size is not None else None,
    )


def _dialogue(frame: Frame, time: str, session: str, user: str, rest: str) -> Event:
    """Read what was said in a dialogue: by a server that the service is a proxy for, or by the service itself."""
    if (found := _REPLY.search(rest)) is not None:
        text = found[2].rstrip("\"'")
        code, enhanced = code_and_enhanced(text)
        return _event(
            frame,
            time,
            key=session,
            result="rejected" if code >= 400 else "",
            direction="received",
            stage="content" if found[1] == "DATA" else stage_of(found[1]),
            text=text,
            code=code,
            enhanced=enhanced,
            recipient=user,
        )
    if (found := _NO_USER.search(rest)) is not None:
        code, enhanced = code_and_enhanced(found[1])
        return _event(
            frame,
            time,
            key=session,
            result="rejected",
            direction="sent",
            stage="rcpt" if found[2] else "unknown",
            text=found[1],
            code=code,
            enhanced=enhanced,
            recipient=found[2] or user,
        )
    if (found := _LOST.match(rest)) is not None and not found[2].startswith(_QUIET_ENDS):
        return _event(frame, time, key=session, direction="local", text=found[2], peer=found[1])
    return _event(frame, time, key=session, recipient=user)


def _submission(frame: Frame, time: str, session: str, user: str, rest: str) -> Event:
    remote = _REMOTE.search(rest)
    peer = remote[1] if remote is not None else ""
    if "auth failed" in rest or "Authentication failed" in rest:
        name = _USER.search(rest)
        return _event(
            frame,
            time,
            key=session,
            result="rejected",
            direction="sent",
            stage="auth",
            text=rest.partition(": user=<")[0],
            peer=peer,
            sender=name[1] if name is not None else user,
        )
    event = _dialogue(frame, time, session, "", rest)
    return event if event.text else _event(frame, time, key=session, peer=peer)
