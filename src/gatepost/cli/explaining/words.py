"""The words that all ways to show an explanation share: names of systems, fates, sides, steps; numbers and times.

Knows neither where the facts come from nor how they are laid out.
"""

from __future__ import annotations

from typing import Final

from gatepost.reply import knowledge
from gatepost.reply.explanation import Direction

CLASSES: Final = {
    "success": "it went well",
    "intermediate": "go on",
    "temporary": "not now; it is tried again",
    "permanent": "refused",
    "unknown": "no reply code",
}
SIDES: Final = {
    "sender": "the sending side's",
    "recipient": "the receiving side's",
    "gateway": "yours: who runs this system",
    "network": "whoever looks after the network between",
    "nobody": "nobody's",
    "unknown": "cannot be told from this alone",
}
MOVES: Final = {
    "sender": "sending side",
    "recipient": "receiving side",
    "gateway": "you",
    "network": "network",
    "nobody": "nobody",
    "unknown": "unclear",
}
RETRY: Final = {
    "no": "no",
    "soon": "yes, within minutes, by itself",
    "later": "yes, later, by itself",
    "after_change": "only after something was changed",
}
SURE: Final = {
    "certain": "",
    "likely": " (likely)",
    "unknown": " (a guess)",
}
STEPS: Final = {
    "connect": "on connection",
    "helo": "at EHLO",
    "starttls": "at STARTTLS",
    "auth": "at AUTH (login)",
    "mail": "at MAIL (the sender)",
    "rcpt": "at RCPT (a recipient)",
    "data": "at DATA",
    "content": "after the message",
    "quit": "at QUIT",
}
SAID_BY: Final = {"sent": "us", "received": "them", "local": "itself", "unknown": "?"}
RESULTS: Final = {
    "accepted": "taken in",
    "delivered": "delivered",
    "deferred": "delayed",
    "bounced": "bounced",
    "rejected": "refused",
    "held": "held",
    "discarded": "thrown away",
}
RESULTS_AT_LENGTH: Final = {
    "accepted": "taken in from the client",
    "delivered": "delivered",
    "deferred": "delayed; the system that wrote the line tries again",
    "bounced": "given up; the sender is told",
    "rejected": "the client was refused",
    "held": "put aside until a person decides",
    "discarded": "thrown away without telling the sender",
}
_SYSTEMS: Final = {
    "plain": "plain replies",
    "qmail": "qmail",
    "opensmtpd": "OpenSMTPD",
    "gwia": "GroupWise GWIA",
    "gwava": "GWAVA",
    "smg": "SMG",
    "hmailserver": "hMailServer",
    "mailenable": "MailEnable",
    "mdaemon": "MDaemon",
    "amavis": "amavis",
    "exchange": "Exchange",
}


def system(name: str) -> str:
    """Give the name of a system as people write it."""
    return _SYSTEMS.get(name) or name.capitalize()


def title(cause: str) -> str:
    """Give a cause in a few words."""
    known = knowledge.causes().get(cause)
    return known.title if known is not None else cause


def counted(count: int, one: str, many: str = "") -> str:
    """Write a number with the thing it counts: "1 line", "1,200 lines"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def moment(time: str) -> str:
    """Write a time of a log as people do: "2026-11-23 15:05:55"."""
    return time[:19].replace("T", " ")


def meaning(cause: str) -> str:
    """Say what a cause means, whoever names it."""
    known = knowledge.causes().get(cause)
    return known.meaning if known is not None else ""


def action(cause: str, direction: Direction) -> str:
    """Say what to do about a cause, whoever names it; one reply of it may allow to say more."""
    known = knowledge.causes().get(cause)
    if known is None:
        return ""
    match direction:
        case "sent":
            return known.action_sent or known.action
        case "received":
            return known.action_received or known.action
        case "local":
            return known.action_local or known.action
        case "unknown":
            return known.action


def first(text: str, columns: int) -> str:
    """Give the beginning of a text that fits: whole sentences where that is most of it, else cut at a word."""
    if len(text) <= columns:
        return text
    stop = text.rfind(". ", 0, columns) + 1
    return text[:stop] if stop > columns // 2 else text[: columns - 2].rpartition(" ")[0].rstrip(",;:") + " …"
