"""What the front asks of the writer, and how it comes back: an `Entry` for a message, and acts upon it.

One `Entry` lives as long as its lease: made by `commit` or by a lease, named by the outcome that ends it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from gatepost.spool.embedded.large import IncomingFile
from gatepost.spool.embedded.rows import Place
from gatepost.spool.interface import Committed, Message, Outcome, Stored

STORED: Final = Stored()


class Entry(Struct, gc=False):
    """A message to store, and then ours: leased when `ours`, else due now once it is stored.

    The content is `head`, then `data` or the `large` file; `head` and `data` are let go of with the word that
    the message is stored. `memory` is what the content counts against the bound on fresh contents.
    """

    message: Message
    head: bytes
    data: bytes
    done: Callable[[Committed], None] | None
    memory: int = 0
    ours: bool = True
    large: IncomingFile | None = None
    place: Place | None = None
    result: Committed = STORED


class Settling(Struct, gc=False):
    """A lease to end, with the delivery reports that go into the same step."""

    entry: Entry
    outcome: Outcome
    notices: tuple[Entry, ...]
    done: Callable[[Committed], None] | None
    result: Committed = STORED


class Leasing(Struct, gc=False):
    """A wish for messages that are due."""

    limit: int
    got: Callable[[list[Entry]], None]
    entries: list[Entry] = []


class Releasing(Struct, gc=False):
    """A wish that held messages whose reason begins so are due now."""

    reason_prefix: str
    done: Callable[[int], None] | None
    released: int = 0


class Deciding(Struct, gc=False):
    """A person's word on a held message: it may go to those it is held for until `expires`, or (None) they are off.

    `place` is where its content was when the message ended by it.
    """

    message_id: str
    expires: float | None
    done: Callable[[bool], None]
    decided: bool = False
    place: Place | None = None


ByRows = Entry | Settling | Leasing | Releasing | Deciding


class Batch(Struct, gc=False):
    """What was made durable in one step, or not: each part has its result.

    `arrivals` and `ended` went by the log alone, `by_rows` by a transaction.
    """

    arrivals: list[Entry]
    ended: list[Settling]
    by_rows: list[ByRows]
    next_due: float | None
