"""Small things of a record in words: an envelope, a finding, whose move it is, a time.

Pure. Every text in a record may come from a stranger, so `printable` stands between it and the terminal.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Final

from gatepost.checks.finding import Finding
from gatepost.journal.reader import MAX_TIME
from gatepost.journal.records import Reception
from gatepost.reply.explanation import Explanation
from gatepost.reply.reply import Reply

_MAX_TEXT: Final = 1000  # characters of any one text; the journal keeps the rest
_MAX_NAMES: Final = 10  # recipients that are named before the rest is counted
_SIDES: Final = {
    "sender": "the sender's",
    "recipient": "the recipient's side",
    "gateway": "ours, at this gateway",
    "network": "whoever runs the network between",
    "nobody": "nobody's",
    "unknown": "not clear",
}
_RETRIES: Final = {
    "no": "trying again does not help",
    "soon": "trying again soon helps",
    "later": "trying again later may help",
    "after_change": "trying again helps only after a change",
}
ENDS: Final = {
    "quit": "the client said QUIT",
    "lost": "the client went away without QUIT",
    "refused": "we broke off the connection",
}


def printable(text: str) -> str:
    """Make a text of unknown origin safe for a terminal: one line, no control characters, bounded."""
    if len(text) > _MAX_TEXT:
        text = text[:_MAX_TEXT] + "…"
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "?" for character in text)


def local(time: float, zone: tzinfo | None) -> datetime:
    """Give a time on the wall clock of `zone`, None for this machine's; a senseless time is moved to 1970."""
    if not 0 <= time <= MAX_TIME:
        time = 0.0
    there = datetime.fromtimestamp(time, UTC)
    return there.astimezone(zone)


def rfc3339(time: float) -> str:
    """Write a time in UTC with milliseconds."""
    there = local(time, UTC)
    return f"{there:%Y-%m-%dT%H:%M:%S}.{there.microsecond // 1000:03d}Z"


def reach(seconds: float) -> str:
    """Write a span of time as people say it."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86_400:.1f} days"


def octets(size: int) -> str:
    """Write a size."""
    return f"{size:,} octets"


def names(recipients: Sequence[str]) -> str:
    """Name the recipients, the first ones of very many."""
    named = ", ".join(recipients[:_MAX_NAMES])
    more = len(recipients) - _MAX_NAMES
    return f"{named} and {more} more" if more > 0 else named


def envelope(reception: Reception) -> str:
    """Write from whom to whom, by the envelope."""
    return f"{reception.reverse_path or '<>'} -> {names(reception.recipients) or 'no recipient'}"


def first_line(reply: Reply) -> str:
    """Write a reply in brief: its first line, of ours without the entry and the id at the end."""
    first, *more = reply.text.split("\n")
    if reply.entry:
        first = first.partition(f" ({reply.entry} ")[0]
    words = " ".join(filter(None, (str(reply.code), reply.enhanced, first)))
    return f"{words} (and {len(more)} lines)" if more else words


def finding(seen: Finding) -> str:
    """Say what a check saw, with its evidence."""
    took = f" ({seen.duration * 1000:.0f} ms)" if seen.duration >= 0.0005 else ""
    evidence = "; ".join([item.words() for item in seen.evidence])
    score = f", score {seen.score:+.1f}" if seen.score else ""
    what = seen.name or f"{seen.check} {seen.result}"
    return f"{what}{score}{took}" + (f": {evidence}" if evidence else "")


def move(explanation: Explanation) -> str:
    """Say whose move it is, and whether trying again helps."""
    return f"{_SIDES[explanation.side]}; {_RETRIES[explanation.retry]}"


def meaning(explanation: Explanation) -> str:
    """Say what a reply means, and how sure that is."""
    sure = "" if explanation.confidence == "certain" else f", {explanation.confidence}"
    if explanation.confidence == "unknown":
        sure = ", a guess"
    return f"{explanation.meaning} [{explanation.cause or 'no known cause'}{sure}]"
