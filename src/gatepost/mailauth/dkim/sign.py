"""DKIM signed: a DKIM-Signature field for each domain and selector (RFC 6376 §5, RFC 8301, RFC 8463).

On the way out: the message as it will be sent → `sign` → the fields that are put before it. The same message, keys
and time give the same octets.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from gatepost.mail.fields import MAX_HEADER, Header
from gatepost.mailauth.dkim.body import BodyHash, Canonical, digest_body
from gatepost.mailauth.dkim.header import SignedHeader
from gatepost.mailauth.dkim.keypair import PrivateKey, algorithm_of, sign_digest
from gatepost.mailauth.dkim.written import draft

# Signed once more than they are there, so that none can be added or doubled without breaking the signature
# (RFC 6376 §5.4.2, §8.15): what a reader is shown and answers to.
_OVERSIGNED: Final = ("from", "to", "cc", "subject", "reply-to")
# The same when they are there; where they are not, a relay may have a reason to add them.
_OVERSIGNED_WHEN_THERE: Final = (
    "sender",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "content-disposition",
)
# As they are: others may come to them on the way.
_SIGNED: Final = (
    "content-id",
    "content-description",
    "list-id",
    "list-help",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "list-subscribe",
    "list-post",
    "list-owner",
    "list-archive",
    "feedback-id",
    "autocrypt",
)


class Signer(Struct, frozen=True):
    """Who signs: a domain (in ASCII), the selector of its key, the key, and how; `lifetime` of x= is in seconds."""

    domain: str
    selector: str
    key: PrivateKey
    header: Canonical = Canonical.RELAXED
    body: Canonical = Canonical.RELAXED
    lifetime: int | None = None


class NotSigned(Struct, frozen=True, gc=False):
    """Why a message cannot be signed or sealed, in a clause that can follow a colon."""

    why: str


def sign(header: Header, body: Iterable[bytes], signers: Sequence[Signer], now: int) -> bytes | NotSigned:
    """Give the DKIM-Signature fields to put before a message, one for each signer, in their order.

    `body` are the octets behind the empty line, cut anywhere, with CRLF line ends; `now` is t=, in seconds.
    """
    if why := unsignable(header):
        return NotSigned(why)
    digests = digest_body(body, {BodyHash(signer.body) for signer in signers})
    signed = SignedHeader(header.fields)
    names = signed_names(signed)
    written = []
    for signer in signers:
        tags = [
            ("v", "1"),
            ("a", algorithm_of(signer.key).value),
            ("c", f"{signer.header}/{signer.body}"),
            ("d", signer.domain),
            ("s", signer.selector),
            ("t", str(now)),
        ]
        if signer.lifetime is not None:
            tags.append(("x", str(now + signer.lifetime)))
        bh = b2a_base64(digests[BodyHash(signer.body)].value, newline=False).decode("ascii")
        tags += [("h", ":".join(names)), ("bh", bh), ("b", "")]
        field = draft("DKIM-Signature", tags)
        written.append(
            field.signed(sign_digest(signer.key, signed.digest(names, signer.header, field.field)))
        )
    return b"".join(written)


def unsignable(header: Header) -> str:
    """Say why no field can be put before a header that vouches for it; "" when one can."""
    if not header.whole:
        return f"its header is longer than {MAX_HEADER} octets"
    if header.fields and header.fields[0].raw.startswith((b" ", b"\t")):
        return "its header begins with a blank, so that its first line would go on what is put before it"
    return ""


def signed_names(header: SignedHeader) -> list[str]:
    """Choose the fields that a signature covers, in lower case."""
    names = []
    for name in _OVERSIGNED:
        names += [name] * (header.count(name) + 1)
    for name in _OVERSIGNED_WHEN_THERE:
        if count := header.count(name):
            names += [name] * (count + 1)
    for name in _SIGNED:
        names += [name] * header.count(name)
    return names
