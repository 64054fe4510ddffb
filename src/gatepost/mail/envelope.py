"""The envelope of RFC 5321 §2.3.1: where a message comes from and goes to, apart from what it says."""

from __future__ import annotations

from msgspec import Struct

from gatepost.mail.path import Mailbox


class Envelope(Struct, frozen=True, kw_only=True, gc=False):
    """One transaction's envelope.

    `reverse_path` is None for `<>`, the path of delivery reports. `body` is "7BIT" or "8BITMIME"
    (RFC 6152), `smtputf8` whether RFC 6531 was asked for, `size` the octets declared by SIZE (RFC 1870).
    """

    reverse_path: Mailbox | None
    forward_paths: tuple[Mailbox, ...]
    body: str = "7BIT"
    smtputf8: bool = False
    size: int = 0
