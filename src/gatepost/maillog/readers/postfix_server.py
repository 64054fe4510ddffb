"""Read what Postfix says of its clients: smtpd, postscreen and cleanup, and the milters that they ask.

A refusal is logged as `smtpd_check.c` and `cleanup_message.c` write it: action, step, client, the reply, and what the
envelope was. The reply is ours, so the direction is "sent". Lines that only tell of a connection tell no fate.
"""

from __future__ import annotations

import re
from typing import Final

from gatepost.maillog.event import Event, Result
from gatepost.maillog.frame import Frame
from gatepost.maillog.pieces import code_and_enhanced, stage_of
from gatepost.reply.explanation import Direction

SYSTEM: Final = "postfix"
# Short ids are hexadecimal, long ones have digits and consonants of both cases: postconf(5), enable_long_queue_ids.
# Words that stand in the same place ("warning:") are of small letters alone.
KEY: Final = r"(?![a-z]{1,20}:)[0-9A-Za-z]{4,24}"

_ACTION: Final = re.compile(
    rf"(?:(NOQUEUE|{KEY}): |(?=reject))([a-z][a-z_-]{{2,31}}): (\S{{1,64}})"
    r"(?: from ([^\s\[]{0,255}\[[^\]\s]{0,255}\])(?::[0-9]{1,5})?)?: "
)
_CONTENT: Final = re.compile(
    rf"({KEY}): ([a-z-]{{3,24}}): ((?:(?:mime |nested )?header|body) [\s\S]{{0,1024}}?) from "
    r"([^\s\[]{0,255}\[[^\]\s]{0,255}\]|local);"
)
_RESULTS: Final[dict[str, Result]] = {
    "reject": "rejected",
    "milter-reject": "rejected",
    "proxy-reject": "rejected",
    "tempfail": "rejected",
    "milter-tempfail": "rejected",
    "hold": "held",
    "milter-hold": "held",
    "discard": "discarded",
    "milter-discard": "discarded",
    "proxy-accept": "accepted",
    "quarantine": "held",
    "milter-quarantine": "held",
}
# What else access(5), header_checks(5) and milters can do; the message goes on. Changes need no reason.
_CHANGES: Final = frozenset(
    (
        *(
            "filter",
            "redirect",
            "prepend",
            "replace",
            "strip",
            "bcc",
            "delay",
            "permit",
            "dunno",
            "info",
            "ignore",
        ),
        *("milter-header-redirect", "milter-header-replace", "milter-header-add", "trigger"),
    )
)
_REMARKS: Final = frozenset(("reject_warning", "warn", "warning", "permit_warning"))
_SENDER: Final = re.compile(r"; from=<(.{0,1024}?)>(?=,? (?:to|proto|helo)=|:|,|$)")
_RECIPIENT: Final = re.compile(r",? to=<(.{0,1024}?)>(?=,? (?:proto|helo)=|:|,|$)")
_CLIENT: Final = re.compile(
    rf"(NOQUEUE|{KEY}): client=([^\s\[]{{0,255}}\[[^\]\s]{{0,255}}\])(?::[0-9]{{1,5}})?"
)
_ORIGINAL: Final = re.compile(r"orig_queue_id=([0-9A-Za-z]{4,24})")
_SASL: Final = re.compile(
    r"warning: ([^\s\[]{0,255}\[[^\]\s]{0,255}\])(?::[0-9]{1,5})?: "
    r"(SASL [\w-]{1,40} authentication (?:failed|aborted)[\s\S]*)"
)
_LIMIT: Final = re.compile(
    r"warning: ([A-Z][a-z ]{3,60} limit exceeded: [0-9]{1,9} from ([^\s\[]{0,255}\[[^\]\s]{0,255}\])[\s\S]*)"
)
_BROKEN: Final = re.compile(
    r"((?:lost connection|timeout|too many errors|improper command pipelining) after ([A-Z.-]{1,24})"
    r"(?: \([^)]{0,80}\))? from ([^\s\[]{0,255}\[[^\]\s]{0,255}\]))"
)
_TLS: Final = re.compile(r"(SSL_accept error from ([^\s\[]{0,255}\[[^\]\s]{0,255}\])[\s\S]*)")
_SEEN: Final = re.compile(
    r"((?:PREGREET [0-9]|DNSBL rank |HANGUP after |COMMAND [A-Z]{4,10} LIMIT from |COMMAND PIPELINING from |"
    r"NON-SMTP COMMAND from |BARE NEWLINE from |(?:BLACK|DENY)LISTED )[\s\S]{0,100}?(\[[^\]\s]{1,255}\])[\s\S]*)"
)
_AFTER: Final = re.compile(r" after ([A-Z.-]{1,24})")
_QUIET: Final = re.compile(
    r"(?:(?:dis)?connect from \S|CONNECT from \[|DISCONNECT \[|"
    r"(?:PASS (?:NEW|OLD)|(?:WHITE|ALLOW)LIST(?:ED| VETO)) \[|"
    r"Anonymous TLS connection |(?:Unt|T)rusted TLS connection |Verified TLS connection |setting up TLS connection )"
)
_MESSAGE_ID: Final = re.compile(rf"({KEY}): (?:resent-)?message-id=([\s\S]*)")
_KEYED: Final = re.compile(rf"({KEY}): ")


def looks_like_server(message: str) -> bool:
    """Tell whether a message without a program has one of the forms of smtpd or postscreen."""
    found = _ACTION.match(message)
    if found is not None and found[1]:
        return found[2] in _RESULTS or found[2] in _CHANGES or found[2] in _REMARKS
    return any(
        form.match(message) is not None for form in (_CLIENT, _SASL, _LIMIT, _BROKEN, _TLS, _SEEN, _QUIET)
    )


def read_server(frame: Frame, message: str) -> Event:
    """Read a line of smtpd or postscreen."""
    found = _CLIENT.match(message)
    if found is not None:
        original = _ORIGINAL.search(message, found.end())
        return Event(
            system=SYSTEM,
            program=frame.program,
            time=frame.time,
            host=frame.host,
            key="" if found[1] == "NOQUEUE" else found[1],
            link=original[1] if original is not None else "",
            result="accepted",
            direction="sent",
            peer=found[2],
        )
    found = _ACTION.match(message)
    if found is not None:
        event = _action(frame, message, found)
        if event is not None:
            return event
    return _connection(frame, message)


def _action(frame: Frame, message: str, found: re.Match[str]) -> Event | None:
    key, action, step, peer = found.groups()
    result = _RESULTS.get(action)
    if result is None and action not in _CHANGES and action not in _REMARKS:
        return None
    at = found.end()
    end = message.find("; from=<", at)
    if end < 0:
        end = message.find("; proto=", at)
    text = "" if action in _CHANGES else message[at:end] if end >= 0 else message[at:]
    return _told(
        frame, "" if key in (None, "NOQUEUE") else key, result or "", step, peer or "", text, message, end
    )


def _told(
    frame: Frame, key: str, result: Result, step: str, peer: str, text: str, message: str, end: int
) -> Event:
    """Build the event of a refusal or another action; the envelope stands in the message from `end` on."""
    sender = recipient = None
    if end >= 0:
        sender = _SENDER.match(message, end)
        recipient = _RECIPIENT.match(message, sender.end()) if sender is not None else None
    code, enhanced = code_and_enhanced(text)
    if not code and text[1:2] == "." and text[:1] in "245":
        enhanced = enhanced_alone(text)
    return Event(
        system=SYSTEM,
        program=frame.program,
        time=frame.time,
        host=frame.host,
        key=key,
        result=result,
        direction="sent",
        stage=stage_of(step),
        text=text,
        code=code,
        enhanced=enhanced,
        peer=peer,
        sender=(sender[1] or "<>") if sender is not None else "",
        recipient=recipient[1] if recipient is not None else "",
    )


def enhanced_alone(text: str) -> str:
    """Give the enhanced code that a text begins with where the reply code was not logged (cleanup, milters)."""
    word = text.partition(" ")[0]
    parts = word.split(".")
    return word if len(parts) == 3 and all(part.isdecimal() and len(part) <= 3 for part in parts) else ""


def _connection(frame: Frame, message: str) -> Event:
    """Read what tells of a connection and of no message."""
    result: Result = ""
    direction: Direction = "local"
    stage = "unknown"
    text = peer = ""
    if (found := _BROKEN.match(message)) is not None:
        text, stage, peer = found[1], stage_of(found[2]), found[3]
    elif (found := _SASL.match(message)) is not None:
        peer, text, stage, result, direction = found[1], found[2], "auth", "rejected", "sent"
    elif (found := _LIMIT.match(message)) is not None:
        text, peer, stage, result, direction = found[1], found[2], "connect", "rejected", "sent"
    elif (found := _TLS.match(message)) is not None:
        text, peer, stage = found[1], found[2], "starttls"
    elif (found := _SEEN.match(message)) is not None:
        after = _AFTER.search(message)
        text, peer = found[1], found[2]
        stage = stage_of(after[1]) if after is not None else "connect"
    else:
        direction = "unknown"
    key = ""
    if not text:
        keyed = _KEYED.match(message)
        key = keyed[1] if keyed is not None else ""
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
        peer=peer,
    )


def read_cleanup(frame: Frame, message: str) -> Event | None:
    """Read a line of cleanup; None when it has none of cleanup's forms."""
    found = _MESSAGE_ID.match(message)
    if found is not None:
        return Event(
            system=SYSTEM,
            program=frame.program,
            time=frame.time,
            host=frame.host,
            key=found[1],
            message_id=found[2],
        )
    found = _ACTION.match(message)
    if found is not None and found[4]:
        return _action(frame, message, found)
    found = _CONTENT.match(message)
    if found is None:
        return None
    result = _RESULTS.get(found[2], "")
    # header_checks(5): what the rule says stands behind the envelope.
    helo = message.find(" helo=<", found.end())
    begin = message.find(">: ", max(helo, found.end()))
    text = "" if found[2] in _CHANGES else message[begin + 3 :] if begin >= 0 else found[3]
    return _told(frame, found[1], result, "content", found[4], text, message, found.end() - 1)
