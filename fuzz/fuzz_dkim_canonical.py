"""Fuzz the canonical forms: whole against cut anywhere, and both against the words of RFC 6376."""

from __future__ import annotations

import hashlib
import re

from gatepost.mail.fields import split
from gatepost.mailauth.dkim.body import BodyDigest, BodyHash, Canonical, digest_body
from gatepost.mailauth.dkim.header import relax

LIMITS = (None, 0, 7)
WANTED = [BodyHash(canonical, limit) for canonical in Canonical for limit in LIMITS]


def target(data: bytes) -> None:
    """Any body has the same hashes in one chunk, in many, and by the RFC; any field its relaxed form."""
    size, body = (data[0] % 13 + 1, data[1:]) if data else (1, data)
    expected = {}
    for one in WANTED:
        octets = plainly(body, one.canonical)
        limited = octets if one.limit is None else octets[: one.limit]
        expected[one] = BodyDigest(hashlib.sha256(limited).digest(), len(octets))
    assert digest_body([body], WANTED) == expected
    cut = [body[at : at + size] for at in range(0, len(body), size)]
    assert digest_body(cut, WANTED) == expected
    for field in split(body).fields:
        if b":" in field.raw:
            name, _, value = field.raw.replace(b"\r\n", b"").partition(b":")
            words = re.sub(rb"[ \t]+", b" ", value).strip(b" ")
            assert relax(field.raw) == name.rstrip(b" \t").lower() + b":" + words + b"\r\n"


def plainly(body: bytes, canonical: Canonical) -> bytes:
    """Say what RFC 6376 §3.4.3 and §3.4.4 say, without a thought for speed."""
    if canonical is Canonical.RELAXED:
        if body and not body.endswith(b"\r\n"):
            body += b"\r\n"
        body = b"\r\n".join([line.rstrip(b" \t") for line in body.split(b"\r\n")])
        body = re.sub(rb"[ \t]+", b" ", body)
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    return body[:end] + b"\r\n" if end or canonical is Canonical.SIMPLE else b""
