"""The records of what happened: typed, versioned, one JSON object a line. This is a public format.

`time` is seconds since 1970 (UTC), `session` the session id, `message` the message id where there is one.
Fields with their default value are left out of the line; the others stand in the order given here, so that a
line begins with its type, time and session. Readers must skip types and fields they do not know.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from gatepost.checks.finding import Finding
from gatepost.policy.disposition import Disposition
from gatepost.reply.reply import Reply
from gatepost.smtp.client_event import Step

VERSION: Final = 1


class Record(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, tag_field="type"):
    """What every record has."""

    time: float
    session: str
    message: str = ""


class Opened(Record, frozen=True, kw_only=True, gc=False, tag="session-opened"):
    """A client connected to `local` (both "address:port"); `reply` is our greeting or refusal."""

    peer: str
    local: str
    role: str
    reply: Reply


class Said(Record, frozen=True, kw_only=True, gc=False, tag="reply-sent"):
    """We answered a command (or broke off): every reply but the greeting and the one to a message's content.

    `command` is the line as received, made printable; "" when no command was answered (a time-out, a drain).
    `reason` is private detail that was not put on the wire.
    """

    stage: str
    command: str
    reply: Reply
    findings: tuple[Finding, ...] = ()
    disposition: Disposition | None = None
    reason: str = ""


class Closed(Record, frozen=True, kw_only=True, gc=False, tag="session-closed"):
    """The connection ended: "quit", "lost" (the client went away), or "refused" (we broke off)."""

    how: str
    commands: int = 0
    messages: int = 0


class SecuredIn(Record, frozen=True, kw_only=True, gc=False, tag="session-secured"):
    """STARTTLS succeeded: protocol version and cipher."""

    tls: str


class Reception(Record, frozen=True, kw_only=True, gc=False, tag="reception"):
    """A message was received to its end and decided on; `disposition` says what became of it.

    Accepted when `reply` is positive: then it is in the spool. `header_from`, `subject` and `message_id` are
    header fields as given (decoded, cut to 200 characters). `notice_of` names the message a report is about.
    """

    peer: str
    reverse_path: str
    recipients: tuple[str, ...]
    size: int
    reply: Reply
    disposition: Disposition
    findings: tuple[Finding, ...] = ()
    helo: str = ""
    tls: str = ""
    header_from: str = ""
    subject: str = ""
    message_id: str = ""
    notice_of: str = ""
    reason: str = ""


class Attempt(Record, frozen=True, kw_only=True, gc=False, tag="attempt"):
    """One try to deliver to one next hop (`peer`, "address:port"), with every reply it gave.

    `reply` is the one that decided, at `stage`; `local` says that no peer said it (connection refused,
    time-out): its text is then ours. `outcome` is delivered, deferred or
    failed, for these `recipients`. A try whose recipients fared differently gives one record per reply; the
    first carries the `dialogue`.
    """

    peer: str
    recipients: tuple[str, ...]
    outcome: str
    reply: Reply
    stage: str
    local: bool = False
    tls: str = ""
    dialogue: tuple[Step, ...] = ()
    seconds: float = 0.0


class Deferred(Record, frozen=True, kw_only=True, gc=False, tag="deferred"):
    """Recipients wait for another try at `next_attempt` (seconds since 1970); `cause` chose the time."""

    recipients: tuple[str, ...]
    next_attempt: float
    cause: str
    attempts: int


class Bounced(Record, frozen=True, kw_only=True, gc=False, tag="failed"):
    """Recipients were given up. `notice` is the id of the delivery report, "" when none is due (to `<>`)."""

    recipients: tuple[str, ...]
    notice: str
    reason: str


class HeldBack(Record, frozen=True, kw_only=True, gc=False, tag="held"):
    """The message stays in the spool until a person acts.

    `rule` is what held it by policy (the finding, or "score"), "" when there is nowhere to send it.
    """

    recipients: tuple[str, ...]
    reason: str
    rule: str = ""


class Released(Record, frozen=True, kw_only=True, gc=False, tag="released"):
    """A person (`by`) let a held message go to these recipients: delivery has it from here on."""

    recipients: tuple[str, ...]
    by: str


class Deleted(Record, frozen=True, kw_only=True, gc=False, tag="deleted"):
    """A held message was deleted for these recipients, by a person, or (`by` "") for the `reason`."""

    recipients: tuple[str, ...]
    by: str
    reason: str = ""


class Noted(Record, frozen=True, kw_only=True, gc=False, tag="gateway"):
    """Something about the gateway itself: start, stop, recovery, an engine lost or back. `session` is ""."""

    event: str
    detail: str = ""


class ListChanged(Record, frozen=True, kw_only=True, gc=False, tag="list-health"):
    """A blocklist in DNS fell ill for a worker, or was found well: for addresses of IP `version` 4 or 6, and why.

    `version` is 0 where it is asked about domains. An ill list is left out of what is decided. `proven` is when its
    test points were last right before that (seconds since 1970), 0 when they never were: from then on it may have
    decided wrongly. `session` is "".
    """

    list: str
    version: int
    well: bool
    reason: str
    proven: float = 0.0
    worker: int = 0


AnyRecord = (
    Opened
    | Said
    | Closed
    | SecuredIn
    | Reception
    | Attempt
    | Deferred
    | Bounced
    | HeldBack
    | Released
    | Deleted
    | Noted
    | ListChanged
)
