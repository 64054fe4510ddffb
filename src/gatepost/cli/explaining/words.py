"""The words that all ways to show an explanation share: names of systems, fates, sides, steps; numbers and times.

Knows neither where the facts come from nor how they are laid out.
"""

from __future__ import annotations

from typing import Final

from gatepost.reply import knowledge

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
    "gateway": "yours: this gateway's administrator",
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


def first_sentence(text: str) -> str:
    """Give the first sentence of a text; a colon or a semicolon does not end one."""
    head, dot, _ = text.partition(". ")
    return head + dot.strip()
