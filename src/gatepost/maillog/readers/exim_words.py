r"""Take apart what Exim says of a failure: the remote's reply and the command before it, or its own words.

It is the half of the Exim reader that knows sentences, where `exim` knows lines. The sentences are those of
`smtp_out.c`, `transports/smtp.c`, `smtp_in.c` and `verify.c` in Exim 3 to 4.98.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from gatepost.maillog.dialogue import one_line
from gatepost.maillog.event import Result
from gatepost.maillog.pieces import code_and_enhanced, stage_of
from gatepost.reply.explanation import Direction

# "SMTP error from remote mail server after pipelined RCPT TO:<a@b>: host mx [192.0.2.1]: 550 ...": "pipelined" since
# 4.86, the host until 4.84, "remote mailer" in Exim 3. "LMTP error after DATA", "PRDR error after DATA".
_REMOTE: Final = re.compile(
    r"(?:(?:(?:SMTP|LMTP|PRDR) error (?:from remote (?:mail server|mailer|host|LMTP server) )?after|"
    r"Malformed SMTP reply in response to|response to) (?:pipelined )?"
    r"(?:end of data|initial connection|sending data block|\"?([A-Za-z]{1,12}))|"
    r"SMTP error from remote mail server: ?)"
)
# What stands between the command and the reply; the reply is the first number after a colon.
_REPLY: Final = re.compile(
    r"(?:: |\" was: |\" from [^\s\"]{1,255} \[[^\]\s]{1,80}\] was: |= )"
    r"(?:host (\S{1,255} \[[^\]\s]{1,80}\](?::[0-9]{1,5})?): )?(?=([2-9][0-9]{2})(?:[ \-]|\\n|$))"
)
# The fields of a line, in any order. A value ends at a blank, or at a colon and a blank; a host has an address too.
FIELDS: Final = re.compile(
    r"(?: [A-Z][A-Za-z0-9]{0,5}=(?:\"(?:[^\"\\]++|\\.)*\"|<[^>]*+>|"
    r"(?:\[[^\]\s]*+\])?(?:[^\s\"<:]++|:(?!\s|$))*(?=:?\s|:?$)"
    r"(?: (?:\([^)]*+\) )?\[[^\]\s]*+\](?:[^\s:]++|:(?!\s|$))*)?)"
    r"| (?:routing )?defer \([^)]{0,20}\))*"
)
_STEP: Final = re.compile(
    r"(?:in response to|after|while (?:sending|connected to|waiting for)|\(state) (?:pipelined )?"
    r"(end of data|initial connection|sending data block|[A-Za-z]{4,8}\b)"
)
_CONNECTING: Final = re.compile(
    r"Connection (?:timed out|refused)|Network (?:is unreachable|Error)|No route to host|"
    r"Host is (?:down|unreachable)|Operation timed out|(?:[Ff]ailed|[Cc]ould not|[Uu]nable) to connect"
)
_GIVEN_UP: Final = ": retry timeout exceeded"
_REJECTED: Final = re.compile(
    r"(?:^|(?<= ))(temporarily )?rejected "
    r"(?:(?:by |after |during )?([A-Z]{3,9}\b|connection|from|local_scan|non-SMTP)(?: or HELO|/EHLO)?|"
    r"\"([A-Za-z]{1,12}))"
)
_ENVELOPE: Final = re.compile(r" ?F=(?:<([^>]*)>|([^\s<]\S*)) ")
_ARGUMENT: Final = re.compile(r" ?(?:(?:TO:|FROM:)? ?<([^>]{0,1000})>|([^\s<:]+@[^\s:]+))")
_AUTHENTICATOR: Final = re.compile(r"\S{1,64} authenticator (failed|not) [^\n]*?(?:: |$)")
_VERIFY: Final = re.compile(r"sender verify (?:fail|defer) for <([^>]{0,1000})>(?:: )?")
_DROPPED: Final = re.compile(
    r"SMTP (?:call|connection) from [^\n]*? (?:dropped|refused): |"
    r"[Cc]onnection from [^\n]*? (?:refused|dropped)(?:: |$)"
)
_BROKEN: Final = re.compile(
    r"SMTP (?:command timeout|data timeout(?: \([a-z ]{1,40}\))?|protocol synchronization error|protocol error|"
    r"syntax error)"
    r"|SMTP connection (?:from [^\n]* )?lost(?: (?:while|after)[a-zA-Z ]*)?"
    r"|unexpected (?:disconnection|eof)[a-z ]*(?:SMTP command)?|TLS error on connection|"
    r"TLS client disconnected cleanly \(rejected our certificate\?\)|TLS session:|"
    r"no host name found for IP address|no IP address found for host"
)
_SYNCHRONIZATION: Final = re.compile(r"SMTP protocol synchronization error(?: \([^)]{0,200}\))?")
_COMMAND: Final = re.compile(r"in \"([A-Za-z]{4,8})")
_HELD: Final = re.compile(r"(?:\*\*\* |Message is |message is )?(?:frozen|Frozen)\b(?!\.)")
_BEHIND_HOST: Final = re.compile(
    r" (?:H=|from )(?:[^\s\[(]\S* )?(?:\([^)]{0,255}\) )?\[[^\]\s]{0,80}\](?::[0-9]{1,5})?"
)
_STAGES: Final = {
    "local_scan": "content",
    "non-SMTP": "content",
    "local": "content",
    "MIME": "content",
    "DKIM": "content",
    "PRDR": "content",
    "from": "content",
    "connection": "connect",
    "EHLO": "helo",
}


class Said(Struct, frozen=True, kw_only=True):
    """What a text says; the fields are those of an event."""

    text: str = ""
    code: int = 0
    enhanced: str = ""
    status: str = ""
    direction: Direction = "unknown"
    stage: str = "unknown"
    result: Result = ""
    peer: str = ""
    sender: str = ""
    recipient: str = ""


_NOTHING: Final = Said()


def said(text: str, *, confirmed: bool = False) -> Said:
    """Read why a delivery failed: the remote's reply where there is one, else Exim's own words.

    With `confirmed` the text is the reply to the end of data itself.
    """
    if not text:
        return _NOTHING
    if confirmed:
        code, enhanced = code_and_enhanced(text)
        return Said(text=_one_line(text), code=code, enhanced=enhanced, direction="received", stage="content")
    found = _REMOTE.search(text)
    if found is not None:
        reply = _REPLY.search(text, found.end() - 2)
        if reply is not None:
            words = _one_line(text[reply.end() :].removesuffix(_GIVEN_UP))
            code, enhanced = code_and_enhanced(words)
            return Said(
                text=words,
                code=code,
                enhanced=enhanced,
                direction="received",
                stage=_stage(found),
                peer=reply[1] or "",
            )
    return Said(text=text, direction="local", stage=_own_stage(text))


def refused(rest: str) -> Said:
    """Read any other line: a refusal of ours, an error at one of several hosts, a session that broke."""
    if "rejected" in rest:
        refusal = _rejected(rest)
        if refusal is not None:
            return refusal
    if " error " in rest or "response to" in rest or " verify " in rest:
        verified = _VERIFY.search(rest)
        what = said(rest[verified.end() :] if verified is not None else rest.rstrip('"'))
        if verified is not None or what.direction == "received":
            sender = verified[1] if verified is not None else ""
            return Said(
                text=what.text, code=what.code, enhanced=what.enhanced, direction=what.direction, stage=what.stage,
                peer=what.peer, sender=sender,
            )  # fmt: skip
    found = _AUTHENTICATOR.match(rest)
    if found is not None:
        text = rest[found.end() :]
        code, enhanced = code_and_enhanced(text)
        return Said(
            text=text, code=code, enhanced=enhanced, result="rejected" if found[1] == "failed" else "",
            direction="sent", stage="auth",
        )  # fmt: skip
    found = _DROPPED.match(rest)
    if found is not None:
        return Said(text=rest[found.end() :], result="rejected", direction="sent", stage="connect")
    found = _BROKEN.match(rest)
    if found is not None:
        return _broken(rest, found)
    if _HELD.match(rest):
        return Said(result="held")
    return _NOTHING


def _rejected(rest: str) -> Said | None:
    """Read a refusal. The code is in the line only where the administrator's message begins with one."""
    if rest.startswith("SMTP protocol synchronization error"):
        found = _SYNCHRONIZATION.match(rest)
        command = _REJECTED.search(rest)
        return Said(
            text=found[0] if found is not None else "", result="rejected", direction="sent",
            stage=_step(command[3] or command[2] or "") if command is not None else "unknown",
        )  # fmt: skip
    if rest.startswith("unqualified "):
        words, _, rest = rest.partition(" rejected: ")
        return Said(
            text=words + " rejected", result="rejected", direction="sent",
            stage="rcpt" if words.endswith("recipient") else "mail",
        )  # fmt: skip
    found = _REJECTED.search(rest)
    if found is None:
        return None
    envelope = _ENVELOPE.search(rest, 0, found.start())
    sender = envelope[1] or envelope[2] or "<>" if envelope is not None else ""
    step = found[2] or found[3] or ""
    stage = "content" if rest.startswith("after DATA", found.end() - len("after DATA")) else _step(step)
    argument = _ARGUMENT.match(rest, found.end())
    at, recipient = found.end(), ""
    if argument is not None:
        at = argument.end()
        recipient = (argument[1] or argument[2] or "") if stage == "rcpt" else ""
        if stage == "mail":
            sender = argument[1] or argument[2] or "<>"
    if step == "from":
        sender = rest[found.end() + 2 :].partition(">")[0] or "<>"
    at = rest.find(": ", at)
    text = rest[at + 2 :] if at >= 0 else ""
    # "temporarily" is certain to be of class 4; the code itself can be set to any.
    status = "4.0.0" if found[1] else ""
    if "error " in text or "response to" in text:
        what = said(text)
        if what.direction == "received":
            # What the verifying call-out was told is the reason that the client is given.
            return Said(
                text=what.text, code=what.code, enhanced=what.enhanced, result="rejected", direction="sent",
                stage=stage, sender=sender, recipient=recipient,
            )  # fmt: skip
    text = _one_line(text)
    code, enhanced = code_and_enhanced(text)
    return Said(
        text=text or rest[found.start() : found.end()].strip(), code=code, enhanced=enhanced,
        status="" if code else status, result="rejected", direction="sent", stage=stage, sender=sender,
        recipient=recipient,
    )  # fmt: skip


def _broken(rest: str, found: re.Match[str]) -> Said:
    """Read a line of a session that went wrong; the client need not have been told."""
    words = found[0]
    stage = "unknown"
    if words.startswith("TLS"):
        stage = "starttls"
    elif words.startswith("no "):
        return Said(text=rest, direction="local", stage="connect")
    elif words.startswith("SMTP data timeout"):
        stage = "content"
    else:
        command = _COMMAND.search(rest)
        if command is not None:
            stage = _step(command[1])
    host = _BEHIND_HOST.search(rest)
    text = rest
    if host is not None:
        fields = FIELDS.match(rest, host.end())
        text = rest[: host.start()] + rest[fields.end() if fields is not None else host.end() :]
    refusing = words.startswith(("SMTP syntax", "SMTP protocol"))
    return Said(
        text=text, stage=stage, result="rejected" if refusing else "", direction="sent" if refusing else "local",
    )  # fmt: skip


def _stage(found: re.Match[str]) -> str:
    command = found[1]
    if command == "DATA" and not found[0].startswith(("SMTP", "Malf", "resp")):
        return "content"  # one reply for each recipient (RFC 2033 §4.2), behind the final dot
    if command:
        return _step(command)
    words = found[0]
    if words.endswith("connection"):
        return "connect"
    return "content" if words.endswith(("end of data", "data block")) else "unknown"


def _step(words: str) -> str:
    return _STAGES.get(words) or stage_of(words)


def _own_stage(text: str) -> str:
    if text.startswith(("TLS ", "DANE ")):
        return "starttls"
    found = _STEP.search(text)
    if found is not None:
        words = found[1]
        return "content" if words in ("end of data", "sending data block") else _step(words)
    return "connect" if _CONNECTING.match(text) else "unknown"


def _one_line(text: str) -> str:
    r"""Lay a reply of several lines, which Exim joins by a written "\n", on one line."""
    return one_line(text.split("\\n")) if "\\n" in text else text.rstrip()
