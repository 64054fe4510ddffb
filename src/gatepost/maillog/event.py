"""What one line of a mail log tells: the value that every reader gives, whatever the system.

It stands between the readers, which know the form of their lines, and those who explain, join and count, which
know none of it.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from gatepost.reply.explanation import Direction

Result = Literal[
    "",  # the line tells nothing of a fate
    "accepted",  # taken in from a client
    "delivered",  # taken by the next hop, or put into a mailbox
    "deferred",  # not now; the system that wrote the log will try again
    "bounced",  # given up; the sender is told
    "rejected",  # a client was refused, for good or for now
    "held",  # put aside until a person decides
    "discarded",  # thrown away without telling the sender
]


class Event(Struct, frozen=True, kw_only=True):
    """One line, read. What the line does not tell is "", or None for numbers.

    `time` is as the log has it, in the form "2026-11-23T15:05:55" (a fraction and an offset from UTC may follow).
    `key` joins the lines of one message within one system: a queue id, or what serves as one. `link` is a second
    key that the line ties to the first: a session, a thread, a delivery number, the id after a re-queue.
    `text` is the reply, or the reason where no reply was given, without what the log puts around it; for a reply it
    begins with the code. `code` and `enhanced` are those of the reply itself: 0 and "" where it has none.
    `status` is the enhanced code that the system that wrote the line made of it, where it differs ("dsn=").
    `direction` is seen from the system that wrote the log, as in `reply.explanation.Context`; `stage` likewise.
    `peer` is the host at the other end, name and address as given; `recipient` and `sender` are addresses without
    angle brackets; the null reverse-path is "<>".
    """

    system: str
    program: str = ""
    time: str = ""
    host: str = ""
    key: str = ""
    link: str = ""
    result: Result = ""
    direction: Direction = "unknown"
    stage: str = "unknown"
    text: str = ""
    code: int = 0
    enhanced: str = ""
    status: str = ""
    peer: str = ""
    sender: str = ""
    recipient: str = ""
    message_id: str = ""
    size: int | None = None
    delay: float | None = None

    @property
    def domain(self) -> str:
        """The domain that a count by domain counts: that of the recipient for what we send, else of the sender."""
        address = self.sender if self.direction == "sent" else self.recipient
        return address.rpartition("@")[2].lower()
