"""Read Sendmail's log lines: its deliveries, the rulesets and milters that refuse, and how sessions broke.

The forms are those of sendmail 8.12 to 8.18 (`deliver.c: logdelivery()`, `srvrsmtp.c`, `milter.c`, the Operations
Guide §2.1). For a refusal by the next hop older versions log their own words for it ("User unknown") instead of the
reply; newer ones add "reply=".
"""

from __future__ import annotations

import re
from typing import Final

from gatepost.maillog.event import Event, Result
from gatepost.maillog.frame import Frame
from gatepost.maillog.pieces import bare, code_and_enhanced, seconds_of, stage_of
from gatepost.reply.explanation import Direction

SYSTEM: Final = "sendmail"
_KEY: Final = re.compile(r"(NOQUEUE|[0-9A-Za-z]{8,24}): ")
_VALUE: Final = 8192  # characters of a value with commas in it; a reply is much shorter
_REJECT: Final = re.compile(r"(?:^|, )reject=([\s\S]*)")
_RULESET: Final = re.compile(r"ruleset=([A-Za-z_]{1,40}), ")
_ARGUMENT: Final = re.compile(r"arg1=(<[^>]{0,1024}>|[^,]{0,1024}), ")
_RELAY: Final = re.compile(r"relay=([^,]{1,512}?)(?:, |$)")
_FROM: Final = re.compile(
    r"from=(<[^>]{0,1024}>|[^\s,]{0,1024}), size=([0-9]{1,18}), .{0,80}?nrcpts=([0-9]{1,9})"
)
_MESSAGE_ID: Final = re.compile(r", msgid=([^\s,]{1,998})")
_MILTER: Final = re.compile(
    r"(?:Milter(?: \([^)]{1,64}\))?: |milter=[^,]{1,64}, )(?:action=)?"
    r"(connect|helo|ehlo|from|to|rcpt|mail|data|header|eoh|body|eom|unknown|env(?:from|rcpt))?"
    r"(?:=(<[^>]{0,1024}>|[^,]{0,1024}))?(?:, )?"
)
_USER: Final = re.compile(r"<([^>]{1,1024})>\.\.\. ([A-Z][\s\S]{1,200})")
_BREAKS: Final = (
    *("lost input channel ", "collect: premature EOM", "collect: unexpected close", "collect: read timeout"),
    *(
        "timeout waiting for input",
        "unexpected close on connection",
        "rejecting commands ",
        "rejecting connections ",
    ),
)
_ODD: Final = ("possible SMTP attack", "did not issue MAIL", "[rejected]")
_CLIENT: Final = re.compile(r"(?:[^\s\[\],:=]{1,255} )?\[[^\]\s]{1,64}\]")
_AFTER: Final = re.compile(r" after ([a-z]{1,12})$")
_NOTICE: Final = re.compile(
    r"(?P<link>[0-9A-Za-z]{8,24}): (?P<kind>DSN|return to sender|sender notify|postmaster notify): (?P<text>[\s\S]*)"
)
_RULESET_STAGES: Final = {
    "check_relay": "connect",
    "check_mail": "mail",
    "checkmail": "mail",
    "check_rcpt": "rcpt",
    "checkrcpt": "rcpt",
    "check_compat": "rcpt",
    "check_data": "data",
    "check_eom": "content",
    "check_eoh": "content",
    "check_vrfy": "unknown",
    "check_expn": "unknown",
    "check_etrn": "unknown",
    "tls_client": "starttls",
    "tls_server": "starttls",
    "tls_rcpt": "starttls",
    "trust_auth": "auth",
}
_MILTER_STAGES: Final = {"from": "mail", "envfrom": "mail", "to": "rcpt", "envrcpt": "rcpt"} | dict.fromkeys(
    ("header", "eoh", "body", "eom", "data"), "content"
)
# The relay's fault or silence; sendmail says these itself.
_OWN: Final = (
    *(
        "Connection ",
        "Name server",
        "Host unknown",
        "Operation timed",
        "No route",
        "Network is",
        "Local configuration",
    ),
    *(
        "config error",
        "Can't create",
        "Disk quota",
        "I/O error",
        "local mailer",
        "prog mailer",
        "Insufficient",
    ),
)
_LOCAL_MAILERS: Final = frozenset(
    ("local", "prog", "*file*", "*include*", "cyrus", "cyrusv2", "procmail", "discard")
)


class Sendmail:
    """Read the lines of Sendmail's daemons and of its submission queue."""

    system = SYSTEM

    def read(self, frame: Frame) -> Event | None:
        """Tell what a line says; a line without a program is taken when it has one of Sendmail's own forms."""
        program = frame.program
        message = frame.message
        if not program.startswith(("sendmail", "sm-")) and (program or not _has_form(message)):
            return None
        key = ""
        found = _KEY.match(message)
        if found is not None:
            key = "" if found[1] == "NOQUEUE" else found[1]
            message = message[found.end() :]
        if message.startswith("to=") and " stat=" in message:
            return _delivery(frame, key, message)
        if message.startswith("from=") and (found := _FROM.match(message)) is not None:
            return _accepted(frame, key, message, found)
        if "reject=" in message or "discard" in message or "quarantine=" in message:
            event = _refusal(frame, key, message)
            if event is not None:
                return event
        return _session(frame, key, message)


def _has_form(message: str) -> bool:
    return (", mailer=" in message and ", stat=" in message) or "ruleset=check_" in message


def _delivery(frame: Frame, key: str, message: str) -> Event:
    at = message.find(", stat=")
    fields = _fields(message[:at])
    stat = message[at + len(", stat=") :]
    reply = fields.get("reply", "")
    if not reply and ", reply=" in stat:
        stat, _, reply = stat.partition(", reply=")
    status = fields.get("dsn", "")
    mailer = fields.get("mailer", "")
    relay = fields.get("relay", "")
    result = _result(stat, status)
    text = stat
    direction: Direction = "local"
    stage = "unknown"
    if result == "delivered":
        text = stat[len("Sent") :].strip().removeprefix("(").removesuffix(")") or stat
        stage = "content"
        direction = "local" if mailer in _LOCAL_MAILERS else "received"
    else:
        word, colon, rest = stat.partition(": ")
        if colon and word in ("Deferred", "Service unavailable", "Data format error", "User unknown"):
            text = rest
        text = reply or text
    code, enhanced = code_and_enhanced(text)
    if result != "delivered":
        # RFC 3463 §3.5: X.4.x is the network's, and said by nobody at the other end.
        own = text.startswith(_OWN) or mailer in _LOCAL_MAILERS or (not code and status[1:4] == ".4.")
        direction = "local" if own or not relay else "received"
        if not code and text.startswith(("Connection refused", "Connection timed out", "No route")):
            stage = "connect"
        if result == "" or text == "Deferred":
            direction = "unknown"
    recipient = fields.get("to", "").partition(">,<")[0]
    return Event(
        system=SYSTEM,
        program=frame.program,
        time=frame.time,
        host=frame.host,
        key=key,
        result=result,
        direction=direction,
        stage=stage,
        text=text if result else "",
        code=code,
        enhanced=enhanced,
        status=status if status != enhanced else "",
        # The dot that ends an absolute name is no part of it for those who look the host up.
        peer=relay.replace(". [", " [") if "[" in relay else "",
        recipient=bare(recipient.partition(",")[0]),
        delay=seconds_of(fields.get("delay", "")),
        link=_queued_as(text) if result == "delivered" else "",
    )


def _result(stat: str, status: str) -> Result:
    if stat.startswith("Sent"):
        return "delivered"
    if stat.startswith("Deferred"):
        return "deferred"
    if stat.startswith(("queued", "quarantined")):
        return "held" if stat.startswith("quarantined") else ""
    match status[:1]:
        case "2":
            return "delivered"
        case "4":
            return "deferred"
        case _:
            return "bounced"


def _queued_as(text: str) -> str:
    """Give the id under which the next hop took the message: "(uAN123 Message accepted for delivery)"."""
    words = text.split(" ", 3)
    if "accepted" in words[1:3]:
        return words[0] if words[0][:1].isalnum() else ""
    _, found, rest = text.partition("queued as ")
    return rest.partition(" ")[0].rstrip(")") if found else ""


def _fields(text: str) -> dict[str, str]:
    """Split "name=value, name=value"; a value may hold commas, and the first of a name counts."""
    fields: dict[str, str] = {}
    name = ""
    for part in text.split(", "):
        word, equals, value = part.partition("=")
        if equals and word.islower() and word.isalpha():
            name = word if word not in fields else ""
            fields.setdefault(word, value)
        elif name and len(fields[name]) < _VALUE:
            fields[name] += f", {part}"
    return fields


def _accepted(frame: Frame, key: str, message: str, found: re.Match[str]) -> Event:
    message_id = _MESSAGE_ID.search(message)
    relay = _RELAY.search(message, found.end())
    return Event(
        system=SYSTEM,
        program=frame.program,
        time=frame.time,
        host=frame.host,
        key=key,
        # Logged with no recipients when each of them was refused.
        result="accepted" if found[3] != "0" else "",
        direction="sent",
        stage="content",
        peer=relay[1] if relay is not None else "",
        sender=bare(found[1]) or "<>",
        message_id=message_id[1] if message_id is not None else "",
        size=int(found[2]),
    )


def _refusal(frame: Frame, key: str, message: str) -> Event | None:
    """Read what a ruleset or a milter refused, threw away or put aside."""
    rejected = _REJECT.search(message)
    result: Result
    stage, sender, recipient = "unknown", "", ""
    direction: Direction = "sent"
    ruleset = _RULESET.match(message)
    milter = _MILTER.match(message) if ruleset is None else None
    if ruleset is not None:
        stage = _RULESET_STAGES.get(ruleset[1].lower(), "unknown")
        argument = _ARGUMENT.match(message, ruleset.end())
        address = bare(argument[1]) if argument is not None else ""
        sender = address if stage == "mail" else ""
        recipient = address if stage == "rcpt" else ""
        if ruleset[1] in ("tls_server", "tls_rcpt"):  # what we think of a server; nobody is told
            direction = "local"
    elif milter is not None:
        step = milter[1] or ""
        stage = _MILTER_STAGES.get(step) or stage_of(step)
        address = bare(milter[2]) if milter[2] else ""
        sender = address if stage == "mail" else ""
        recipient = address if stage == "rcpt" else ""
    if rejected is not None:
        text, result = rejected[1], "" if direction == "local" else "rejected"
    elif (ruleset is not None or milter is not None) and message.endswith("discard"):
        text, result = "discard", "discarded"
    elif (ruleset is not None or milter is not None) and "quarantine=" in message:
        text, result = message.partition("quarantine=")[2], "held"
    else:
        return None
    code, enhanced = code_and_enhanced(text)
    relay = _RELAY.search(message)
    return Event(
        system=SYSTEM,
        program=frame.program,
        time=frame.time,
        host=frame.host,
        key=key,
        result=result,
        direction=direction,
        stage=stage,
        text=text,
        code=code,
        enhanced=enhanced,
        peer=relay[1] if relay is not None else "",
        sender=sender,
        recipient=recipient,
    )


def _session(frame: Frame, key: str, message: str) -> Event:
    """Read what is neither a delivery nor a refusal of a ruleset."""
    result: Result = ""
    direction: Direction = "unknown"
    stage, text, peer, recipient, link = "unknown", "", "", "", ""
    if (found := _USER.match(message)) is not None:
        # srvrsmtp.c says 550 5.1.1 or what the mailer found, and logs the words alone.
        recipient, text, result, direction, stage = found[1], found[2], "rejected", "sent", "rcpt"
    elif (found := _NOTICE.match(message)) is not None:
        link = found["link"]
        if "annot send message" in found["text"] or "ould not send message" in found["text"]:
            text, direction = found["text"], "local"
            result = "bounced" if found["text"].startswith("Cannot") else ""  # a warning, or given up
    elif message.startswith("AUTH failure "):
        text, result, direction, stage, peer = message, "rejected", "sent", "auth", _client(message)
    elif message.startswith(_BREAKS) or any(words in message for words in _ODD):
        after = _AFTER.search(message)
        text, direction, peer = message, "local", _client(message)
        if after is not None:
            stage = stage_of(after[1])
        elif message.startswith("collect:"):
            stage = "content"
        if message.startswith("rejecting commands") or message.endswith("[rejected]"):
            result, direction = "rejected", "sent"
    elif message.startswith("STARTTLS=") and ("error" in message or "fail" in message):
        text, direction, stage, peer = message, "local", "starttls", _client(message)
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
        peer=peer,
        recipient=recipient,
    )


def _client(message: str) -> str:
    found = _CLIENT.search(message)
    return found[0] if found is not None else ""
