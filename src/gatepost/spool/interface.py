"""What every spool offers, embedded or on a server: the only meeting point of reception and delivery.

A message is in the spool from the moment `commit` reports it stored until a `settle` takes its last recipient
off. Store types (files, rows, connections) stop here; callers see the values below. Calls come from the event
loop of one worker and return at once; results come back on that loop through callbacks, many at a time, so
that one disk flush serves many messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from msgspec import Struct


class Recipient(Struct, frozen=True, gc=False, omit_defaults=True):
    """A recipient that is not settled, and the last reply about it (for `queue` and the delay report).

    `held` says why nothing may go to it until a person releases the message, "" when nothing is against it.
    """

    address: str
    last_reply: str = ""
    held: str = ""


class Message(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A message to be kept: its envelope, its story so far, and the facts of its reception.

    `reverse_path` is "" for `<>`. `arrived` and `expires` are seconds since 1970; `attempts` counts tries
    that ended in a delay. `facts` is the reception record as the journal writes it (JSON), so that the
    journal can be rebuilt from the spool; `notice_of` is the id of the message this delivery report is about.
    """

    id: str
    reverse_path: str
    recipients: tuple[Recipient, ...]
    size: int
    arrived: float
    expires: float
    body: str = "7BIT"
    smtputf8: bool = False
    attempts: int = 0
    notice_of: str = ""
    facts: bytes = b""

    def held_for(self) -> tuple[str, ...]:
        """List the recipients that wait for a person's word."""
        return tuple([recipient.address for recipient in self.recipients if recipient.held])


class Incoming(Protocol):
    """A large content on its way to disk, outside the spool until it is committed."""

    size: int
    file: str

    def write(self, chunk: bytes) -> None:
        """Append. Raises OSError (a full disk among others); the caller then discards."""
        ...

    def overwrite(self, offset: int, octets: bytes) -> None:
        """Change octets that were written. Raises OSError."""
        ...

    def discard(self) -> None:
        """Forget what was written. Harmless after commit."""
        ...


class NewMessage(Struct, frozen=True, kw_only=True):
    """A message to commit, under an id that was never used before.

    Its content is the trace fields (`head`), then `data` or the `incoming` file.
    """

    message: Message
    head: bytes
    data: bytes = b""
    incoming: Incoming | None = None


class Leased(Struct, frozen=True, kw_only=True):
    """A message that is ours to deliver until the lease ends; `content` is at hand when fresh and small."""

    message: Message
    content: bytes | None = None


class Held(Struct, frozen=True, kw_only=True):
    """A message that stays until a person acts, and why."""

    message: Message
    reason: str
    since: float


class Waiting(Struct, frozen=True, kw_only=True):
    """A message in the queue as `queue list` shows it: due again at `due`, or leased (on its way) now."""

    message: Message
    due: float
    leased: bool


class Counts(Struct, frozen=True, kw_only=True, gc=False):
    """How many messages are in each state; `leased` are on their way now."""

    waiting: int
    leased: int
    held: int


class Corrupt(Struct, frozen=True, gc=False):
    """A message whose content is missing or short: held, with the reason."""

    message_id: str
    reason: str


class Recovered(Struct, frozen=True, kw_only=True):
    """What a spool found when it was opened.

    `leased` messages were on their way when a former life ended (`interrupted`, for those whose content is
    whole): they wait again, due now, and are counted in `waiting`. `garbage` files held nothing that was
    ever acknowledged and were removed.
    """

    leased: int
    waiting: int
    held: int
    garbage: int
    interrupted: tuple[Message, ...]
    corrupt: tuple[Corrupt, ...]


class Stored(Struct, frozen=True):
    """Committed: on disk, ours from now on."""


class NoRoom(Struct, frozen=True):
    """Not committed: the disk is full or nearly so. Nothing was kept."""

    reason: str


class Failed(Struct, frozen=True):
    """Not committed: the store failed otherwise. Nothing was kept."""

    reason: str


Committed = Stored | NoRoom | Failed


class Done(Struct, frozen=True):
    """Every recipient is settled: the message leaves the spool."""


class Again(Struct, frozen=True):
    """Some recipients remain: try again at `due` (seconds since 1970)."""

    due: float
    recipients: tuple[Recipient, ...]


class Hold(Struct, frozen=True):
    """Keep the rest until a person acts."""

    reason: str
    recipients: tuple[Recipient, ...]


Outcome = Done | Again | Hold


class Spool(Protocol):
    """The durable hold of one worker."""

    def room(self) -> bool:
        """Tell whether a new message may be taken: false before the disk is full (RFC 5321 452)."""
        ...

    def incoming(self, message_id: str) -> Incoming:
        """Begin a large content. Raises OSError."""
        ...

    def commit(self, new: NewMessage, done: Callable[[Committed], None]) -> None:
        """Store durably, then call `done`.

        When stored, the message is leased to this worker and handed to delivery (`on_ready`) right after the
        `done` calls of its batch; or it waits, due now, when fresh messages take too much memory already.
        """
        ...

    def on_ready(self, ready: Callable[[Leased], None], due: Callable[[], None]) -> None:
        """Name delivery's entries: `ready` for each fresh message, `due` when others may be leased.

        `due` means that `next_due` has become earlier: lease then, or now when it is past.
        """
        ...

    def next_due(self) -> float | None:
        """Tell when the first waiting message falls due (seconds since 1970), None when none waits.

        Costs nothing; fresh when `due` or the callback of a `lease` is called.
        """
        ...

    def lease(self, limit: int, got: Callable[[Sequence[Leased]], None]) -> None:
        """Lease up to `limit` messages that are due, the longest due first.

        An empty answer although `next_due` is past means that the disk refuses just now: ask again later.
        """
        ...

    def release(self, reason_prefix: str, done: Callable[[int], None] | None = None) -> None:
        """Let every held message whose reason begins so wait again, due now; `done` is told how many."""
        ...

    def release_held(self, message_id: str, expires: float, done: Callable[[bool], None]) -> None:
        """Let a message go to those it is held for: it waits, due now, and is given up after `expires`.

        `done` is told, once it is durable, whether nothing of the message is held any more. False: it is leased just
        now, or the disk refuses; ask again later.
        """
        ...

    def delete_held(self, message_id: str, done: Callable[[bool], None]) -> None:
        """Take off those a message is held for, the last with the message; `done` is as for `release_held`."""
        ...

    def settle(
        self,
        message_id: str,
        outcome: Outcome,
        notices: Sequence[NewMessage] = (),
        done: Callable[[Committed], None] | None = None,
    ) -> None:
        """End a lease with an outcome, and commit its delivery reports in the same step.

        The reports then become ready like any fresh message. `done` is called once all of it is durable; an
        outcome that the disk refuses is kept and tried again, and there is no `room` meanwhile. Again and
        Hold name the recipients that remain; Again counts the attempt. A report's content is in `data`.
        Raises KeyError when the message is not leased.
        """
        ...

    def chunks(self, message: Message, size: int = 1 << 18) -> Iterator[bytes]:
        """Read a leased message's content, trace fields first. Raises OSError, KeyError when not leased."""
        ...

    def close(self) -> None:
        """Write what is waiting, give the leases back, and close."""
        ...
