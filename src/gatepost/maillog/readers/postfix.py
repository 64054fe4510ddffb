"""Read Postfix's log lines: what its delivery agents, its queue manager and its small helpers write.

What the SMTP server, postscreen and cleanup say of clients is read in `postfix_server`. The forms are those of
Postfix 2.1 to 3.10, as its `log_adhoc.c`, `smtp_trouble.c`, `qmgr_active.c` and the manual pages give them.
Which module reads a line follows from the program's name alone; what a reply means is not known here.
"""

from __future__ import annotations

import re
from typing import Final

from gatepost.maillog.event import Event, Result
from gatepost.maillog.frame import Frame
from gatepost.maillog.pieces import code_and_enhanced, stage_of
from gatepost.maillog.readers.postfix_server import KEY, looks_like_server, read_cleanup, read_server
from gatepost.reply.explanation import Direction

SYSTEM: Final = "postfix"
_SERVERS: Final = frozenset(("smtpd", "postscreen", "qmqpd", "dnsblog", "tlsproxy"))
_AGENTS: Final = frozenset(
    ("smtp", "lmtp", "relay", "local", "virtual", "pipe", "error", "retry", "discard", "spawn")
)
_QUEUE: Final = frozenset(
    ("qmgr", "nqmgr", "oqmgr", "cleanup", "pickup", "bounce", "defer", "trace", "flush", "showq")
)
_SHARED: Final = frozenset(
    ("master", "anvil", "scache", "verify", "tlsmgr", "proxymap", "proxywrite", "trivial-rewrite")
)
_COMMANDS: Final = frozenset(
    ("postfix-script", "postsuper", "postdrop", "postqueue", "postmulti", "postlog", "postlogd")
)
_MORE_COMMANDS: Final = frozenset(("postfix", "postmap", "postalias", "postkick", "sendmail"))
_DAEMONS: Final = _SERVERS | _AGENTS | _QUEUE | _SHARED | _COMMANDS | _MORE_COMMANDS
_PROGRAMS: Final = 1024  # names remembered; a log has a dozen

_DELIVERY: Final = re.compile(
    rf"({KEY}): to=<([^>]{{0,1024}}|.{{0,1024}}?)>, (?:orig_to=<[^>]{{0,1024}}(?:>[^,].{{0,1024}}?)?>, )?"
    r"relay=([^,]{0,1024}), (?:conn_use=[0-9]{1,9}, )?delay=([0-9.]{1,15})(?:, delays=[0-9./-]{1,60})?"
    r"(?:, tls=[^,]{0,200})?(?:, dsn=([245](?:\.[0-9]{1,3}){2}))?, status=([A-Za-z-]{2,40})(?: \(|$)"
)
_RESULTS: Final[dict[str, Result]] = {
    "sent": "delivered",
    "deferred": "deferred",
    "bounced": "bounced",
    "expired": "bounced",
    "force-expired": "bounced",
    "undeliverable": "bounced",
    "undeliverable-but-not-cached": "bounced",
    "deliverable": "",  # an address was probed, no message was moved: verify(8)
}
# smtp_trouble.c, smtp_sasl_glue.c: who said it, and how it is introduced. Where a command is answered, its name
# follows the reply.
_SAYINGS: Final = (
    ("host ", " said: ", "unknown"),
    ("host ", " refused to talk to me: ", "connect"),
    ("SASL authentication failed; server ", " said: ", "auth"),
)
_COMMANDS_ANSWERED: Final = {
    "RCPT TO command": "rcpt",
    "end of DATA command": "content",
    "MAIL FROM command": "mail",
    "DATA command": "data",
}
_ANSWERED: Final = " (in reply to "
_SUSPENDED: Final = "delivery temporarily suspended: "
_AGAIN: Final = re.compile(r"(?:queued|forwarded) as ([0-9A-Za-z]{5,40})")
_WITH: Final = re.compile(
    r"(?:with|to|for|of server|by host|server|host) ([^\s\[,;]{1,255}\[[^\]\s]{1,255}\])"
)
_WHILE: Final = re.compile(r" while (?:sending|receiving|performing) (?:the )?([A-Za-z ]{1,40})")
_LOCAL_STAGES: Final = {
    "initial": "connect",
    "EHLO": "helo",
    "HELO": "helo",
    "LHLO": "helo",
    "MAIL": "mail",
    "RCPT": "rcpt",
    "DATA": "data",
    "BDAT": "content",
    "message": "content",
    "end": "content",
    "STARTTLS": "starttls",
    "AUTH": "auth",
    "SASL": "auth",
    "QUIT": "quit",
}
_FROM: Final = re.compile(
    rf"({KEY}): from=<(.{{0,1024}}?)>, (?:size=([0-9]{{1,18}}), nrcpt=|status=([a-z-]{{1,40}})(, .*)?)"
)
_EARLY: Final = re.compile(
    rf"(?:({KEY}): )?(?=host \S{{1,1024}} (?:said|refused)|connect to |lost connection with |conversation with |"
    r"Cannot start TLS|TLS is required|SASL authentication failed|SSL_connect error|certificate |Server certificate|"
    r"warning: (?:no MX host|host \S{1,1024} (?:greeted|replied)|mailer loop|SASL authentication)|Host or domain)"
)
_NOTICE: Final = re.compile(rf"({KEY}): (?:sender|postmaster) [a-z -]{{1,40}} notification: ({KEY})")
_PICKED: Final = re.compile(rf"({KEY}): uid=[0-9]{{1,10}} from=<(.{{0,1024}}?)>")
_KEYED: Final = re.compile(rf"({KEY}): ")


class Postfix:
    """Read the lines of Postfix, whatever its instances and services are called."""

    system = SYSTEM

    def __init__(self) -> None:
        self._daemons: dict[str, str] = {}

    def read(self, frame: Frame) -> Event | None:
        """Tell what a line says; a line without a program is taken when it has one of Postfix's own forms."""
        program = frame.program
        daemon = self._daemons.get(program)
        if daemon is None:
            if len(self._daemons) >= _PROGRAMS:
                self._daemons.clear()
            daemon = self._daemons[program] = _daemon_of(program)
        if not daemon:
            return None
        message = frame.message
        if " status=" in message:
            event = _delivery(frame, message, daemon)
            if event is not None:
                return event
        if daemon in _SERVERS:
            return read_server(frame, message)
        if daemon == "?":
            return _by_form(frame, message)
        return _other(frame, message, daemon)


def _daemon_of(program: str) -> str:
    """Name the daemon of a tag, "?" where there is no tag, "" where it is not Postfix's."""
    if not program:
        return "?"
    instance, _, daemon = program.rpartition("/")
    if instance and daemon in _DAEMONS and not instance.startswith(("cyrus", "dovecot", "kumo")):
        return daemon
    return "master" if program == "postfix" else ""


def _by_form(frame: Frame, message: str) -> Event | None:
    """Read a message that someone cut out of its line."""
    if looks_like_server(message):
        return read_server(frame, message)
    event = read_cleanup(frame, message)
    if event is None or not (event.text or event.message_id):
        event = None
        for daemon in ("qmgr", "smtp", "bounce", "pickup"):
            told = _other(frame, message, daemon)
            if told.text or told.link or told.sender:
                event = told
                break
    return event


def _other(frame: Frame, message: str, daemon: str) -> Event:
    """Read what is no status of a delivery."""
    event = None
    match daemon:
        case "qmgr" | "nqmgr" | "oqmgr":
            event = _queue(frame, message)
        case "cleanup":
            event = read_cleanup(frame, message)
        case "smtp" | "lmtp" | "relay":
            event = _early(frame, message)
        case "bounce" | "defer" | "trace":
            found = _NOTICE.match(message)
            event = _event(frame, found[1], link=found[2]) if found is not None else None
        case "pickup":
            found = _PICKED.match(message)
            if found is not None:
                event = _event(frame, found[1], sender=found[2] or "<>", result="accepted")
        case "postsuper" if message.endswith(": placed on hold"):
            event = _event(
                frame, message.partition(":")[0], result="held", text="placed on hold", direction="local"
            )
        case _:
            pass
    if event is not None:
        return event
    found = _KEYED.match(message)
    return _event(frame, found[1] if found is not None else "")


def _event(
    frame: Frame,
    key: str,
    *,
    link: str = "",
    sender: str = "",
    result: Result = "",
    text: str = "",
    direction: Direction = "unknown",
    size: int | None = None,
) -> Event:
    return Event(
        system=SYSTEM,
        program=frame.program,
        time=frame.time,
        host=frame.host,
        key=key,
        link=link,
        sender=sender,
        result=result,
        text=text,
        direction=direction,
        size=size,
    )


def _delivery(frame: Frame, message: str, daemon: str) -> Event | None:
    found = _DELIVERY.match(message)
    if found is None:
        return None
    key, recipient, relay, delay, dsn, status = found.groups()
    text = message[found.end() :].removesuffix(")")
    result = _RESULTS.get(status, "")
    direction, stage, code, enhanced, peer, text = _apart(text)
    link = ""
    if result == "delivered":
        if " as " in text:
            # A content filter puts what the next one said behind its own words: the last id is that of our queue.
            ids = _AGAIN.findall(text)
            link = ids[-1] if ids else ""
        if daemon == "discard" or "Ok, discarded" in text:  # discard(8); amavis when it drops a message
            result = "discarded"
    if not peer and relay.endswith("]"):
        peer = relay
    elif not peer and "[" in relay:
        peer = relay[: relay.rfind("]") + 1]
    return Event(
        system=SYSTEM,
        program=frame.program,
        time=frame.time,
        host=frame.host,
        key=key,
        link=link,
        result=result,
        direction=direction,
        stage=stage,
        text=text,
        code=code,
        enhanced=enhanced,
        status=dsn if dsn and dsn != enhanced else "",
        peer=peer,
        recipient=recipient,
        delay=_number(delay),
    )


def _apart(text: str) -> tuple[Direction, str, int, str, str, str]:
    """Tell the reply that stands in a reason from what Postfix says of itself.

    Gives direction, stage, code, enhanced code, peer and the text of the reply or of the reason.
    """
    if text[:3].isdecimal():
        code, enhanced = code_and_enhanced(text)
        if code:
            return "received", "content", code, enhanced, "", text
    text = text.removeprefix(_SUSPENDED)
    for opening, words, stage in _SAYINGS:
        if text.startswith(opening):
            begin = text.find(words, len(opening))
            peer = text[len(opening) : begin]
            if begin < 0 or " " in peer:
                continue
            begin += len(words)
            end = text.rfind(_ANSWERED)
            if end >= begin:
                stage = _answered(text[end + len(_ANSWERED) :])
                reply = text[begin:end]
            else:
                reply = text[begin:]
            code, enhanced = code_and_enhanced(reply)
            return "received", stage, code, enhanced, peer[: peer.rfind("]") + 1] or peer, reply
    found = _WITH.search(text)
    return "local", _local_stage(text), 0, "", found[1] if found is not None else "", text


def _answered(words: str) -> str:
    """Name the step of "RCPT TO command", "end of DATA command"; a line that was cut may end within."""
    stage = _COMMANDS_ANSWERED.get(words)
    if stage is None:
        stage = "content" if words.startswith("end of DATA") else stage_of(words)
    return stage


def _local_stage(text: str) -> str:
    if text.startswith("connect to "):
        return "connect"
    found = _WHILE.search(text)
    if found is not None:
        return _LOCAL_STAGES.get(found[1].partition(" ")[0], "unknown")
    if text.startswith(
        ("TLS is required", "Cannot start TLS", "SSL_connect error", "certificate ", "Server cert")
    ):
        return "starttls"
    if text.startswith("SASL "):
        return "auth"
    return "unknown"


def _queue(frame: Frame, message: str) -> Event | None:
    found = _FROM.match(message)
    if found is None:
        return None
    key, sender, size, status, rest = found.groups()
    if size is not None:
        return _event(frame, key, sender=sender or "<>", size=int(size))
    result = _RESULTS.get(status, "")
    text = f"{status}{rest or ''}" if result else ""
    return _event(
        frame, key, sender=sender or "<>", result=result, text=text, direction="local" if text else "unknown"
    )


def _early(frame: Frame, message: str) -> Event | None:
    """Read what an agent says of one host of several, before the line that tells the recipient's fate."""
    found = _EARLY.match(message)
    if found is None:
        return None
    direction, stage, code, enhanced, peer, text = _apart(message[found.end() :].removeprefix("warning: "))
    return Event(
        system=SYSTEM,
        program=frame.program,
        time=frame.time,
        host=frame.host,
        key=found[1] or "",
        direction=direction,
        stage=stage,
        text=text,
        code=code,
        enhanced=enhanced,
        peer=peer,
    )


def _number(digits: str) -> float | None:
    try:
        return float(digits)
    except ValueError:
        return None
