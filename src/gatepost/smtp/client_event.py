"""What a client connection is asked to do and what it tells: the values of `ClientProtocol`.

On the way of a message they go between delivery and the protocol. Frozen, and free of any state of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from gatepost.reply.reply import Reply

Stage = Literal["connect", "helo", "starttls", "mail", "rcpt", "data", "content"]


class Transaction(Struct, frozen=True, kw_only=True):
    """What to send: addresses as they stand in the envelope ("" for `<>`), and what the content needs.

    `size` is in octets (0: not known), `body` "7BIT" or "8BITMIME".
    """

    reverse_path: str
    recipients: tuple[str, ...]
    size: int = 0
    body: str = "7BIT"
    smtputf8: bool = False


class Step(Struct, frozen=True, gc=False, omit_defaults=True):
    """A command ("" for the greeting, "." for the end of content) and the reply it got."""

    command: str
    reply: Reply
    recipient: str = ""


class Result(Struct, frozen=True, gc=False):
    """What became of one recipient, and at which stage: mail, rcpt, data or content from the protocol.

    `local` when the reply is ours, made without a peer's.
    """

    recipient: str
    reply: Reply
    stage: Stage
    local: bool = False


class Ready(Struct, frozen=True):
    """The peer takes transactions. `extensions` maps keywords, in upper case, to their parameters."""

    greeting: Reply
    ehlo: Reply
    extensions: Mapping[str, str]
    steps: tuple[Step, ...]


class StartTlsWanted(Struct, frozen=True, gc=False):
    """The peer waits for a TLS handshake; call `tls_started` after it."""


class NotReady(Struct, frozen=True):
    """The peer takes no transactions from us; `stage` is connect, helo or starttls."""

    reply: Reply
    stage: Stage
    steps: tuple[Step, ...]
    local: bool = False


class WantContent(Struct, frozen=True, gc=False):
    """The peer waits for the content: write what `content` gives for it, then `end_of_content`."""


class Finished(Struct, frozen=True):
    """The transaction is over, with a result for each recipient in their order."""

    results: tuple[Result, ...]
    steps: tuple[Step, ...]


class Unsolicited(Struct, frozen=True, gc=False):
    """A reply that answers nothing, most often 421 before the peer closes; the dialogue is over."""

    reply: Reply


class Violation(Struct, frozen=True, gc=False):
    """The peer does not keep to the protocol; the dialogue is over. Close, and call `closed`."""

    reason: str


ClientEvent = Ready | StartTlsWanted | NotReady | WantContent | Finished | Unsolicited | Violation
