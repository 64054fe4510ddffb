"""The fields that the gateway adds on top: Received (RFC 5321 §4.4: who gave us a message, when, its id), and marks.

Made once per message, when its content has come. No Return-Path is added: that is for the final delivery
(ibid.). What the client said of itself is hostile until shown otherwise: it must not be able to write a
field, a clause or a comment of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from gatepost.mail.date import date_time
from gatepost.mail.path import Mailbox

_HELO: Final = re.compile(r"[A-Za-z0-9._-]{1,255}|\[[A-Za-z0-9.:]{1,60}\]")
_NOT_IN_A_NAME: Final = re.compile(r"[^A-Za-z0-9._-]")
_TLS: Final = re.compile(r"[A-Za-z0-9._/ -]{1,100}")
_MAX_RECIPIENT: Final = (
    320  # with "for <" and ">;" and the date, well below the 998 octets of RFC 5322 §2.1.1
)


def received_field(
    *,
    helo: str,
    client: str,
    host: str,
    message_id: str,
    recipients: tuple[Mailbox, ...],
    second: int,
    offset: int = 0,
    extended: bool = True,
    tls: str = "",
    smtputf8: bool = False,
) -> bytes:
    """Give the Received field of a message, folded, with its CRLF.

    `client` is the address of the connecting host, `helo` what it called itself, `tls` its version and
    cipher ("" without), `second` and `offset` as for `date_time`. The recipient is named only when it is
    the only one: otherwise one recipient would learn of another (RFC 5321 §7.2).
    """
    if _HELO.fullmatch(helo) is None:
        helo = _NOT_IN_A_NAME.sub("?", helo[:255]) or "unknown"
    if ":" in client:
        client = f"IPv6:{client}"
    secured = f" ({tls})" if tls and _TLS.fullmatch(tls) is not None else ""
    for_whom = ""
    if len(recipients) == 1:
        address = recipients[0].address
        if len(address) <= _MAX_RECIPIENT and address.isprintable():
            for_whom = f"\r\n\tfor <{address}>"
    return (
        f"Received: from {helo} ([{client}])\r\n"
        f"\tby {host} with {protocol(extended, bool(tls), smtputf8)}{secured} id {message_id}{for_whom};\r\n"
        f"\t{date_time(second, offset)}\r\n"
    ).encode("utf-8", "replace")


def marks_field(marks: Sequence[str], score: float) -> bytes:
    """Give the field that names what was found in a message which goes on all the same, and the sum of its score."""
    named = ",\r\n\t".join(marks)
    return f"X-Gatepost-Marks: {named};\r\n\tscore={score:g}\r\n".encode("ascii")


def protocol(extended: bool, tls: bool, smtputf8: bool) -> str:
    """Name the protocol a message came by, as registered for the "with" clause (RFC 3848, RFC 6531 §4.3)."""
    if smtputf8:
        return "UTF8SMTPS" if tls else "UTF8SMTP"
    if not extended:
        return "SMTP"
    return "ESMTPS" if tls else "ESMTP"
