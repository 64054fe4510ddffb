"""Chains for the tests of ARC: sealed hop by hop, each by a domain of its own."""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode

from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA1

from gatepost.mail.fields import Field, split
from gatepost.mailauth import arc
from gatepost.mailauth.arc.chain import BrokenChain, new_seal_digest, read_chain, seal_digests
from gatepost.mailauth.dkim.body import BodyHash, Canonical, digest_body
from gatepost.mailauth.dkim.hash import Hash
from gatepost.mailauth.dkim.header import SignedHeader
from gatepost.mailauth.dkim.key import PADDING
from gatepost.mailauth.dkim.keypair import PrivateKey, key_record, sign_digest
from gatepost.mailauth.dkim.sign import NotSigned, Signer
from gatepost.mailauth.dkim.written import draft
from tests.mailauth.dkim.letters import LETTER, ed25519, rsa
from tests.mailauth.zone import NOW, Zone

HOPS = ("first.test", "second.test", "third.test")


def zone() -> Zone:
    return Zone({f"s._domainkey.{domain}": key_record(rsa()) for domain in HOPS})


def verified(message: bytes, known: Zone | None = None, now: float = NOW) -> arc.Chain:
    header = split(message)
    return asyncio.run(arc.verify(header, [message[header.body :]], known or zone(), now))


def sealed(message: bytes, domain: str, chain: arc.Chain | None = None, now: int = NOW) -> bytes:
    """Seal a message as it is, with what is found of it unless that is given."""
    fields = seal(message, domain, chain, now)
    assert isinstance(fields, bytes), fields
    return fields + message


def seal(message: bytes, domain: str, chain: arc.Chain | None = None, now: int = NOW) -> bytes | NotSigned:
    header = split(message)
    chain = chain or verified(message)
    said = f"{domain};\r\n arc={chain.status}"
    return arc.seal(header, [message[header.body :]], chain, said, Signer(domain, "s", rsa()), now)


def sealed_by(count: int, message: bytes = LETTER) -> bytes:
    """Give a message that went through the first hops, each adding its line."""
    for domain in HOPS[:count]:
        message = f"Received: by {domain}\r\n".encode() + sealed(message, domain)
    return message


def weakly_sealed(message: bytes, key: PrivateKey) -> bytes:
    """Make the newest seal anew, by rsa-sha1, as nobody here does."""
    [seal, *_] = split(message).named("arc-seal")
    weak = seal.raw.replace(b"a=rsa-sha256", b"a=rsa-sha1")
    sets = read_chain(split(message.replace(seal.raw, weak)))
    assert not isinstance(sets, BrokenChain)
    value = key.sign(seal_digests(sets)[-1], PADDING, Prehashed(SHA1()))  # type: ignore[call-arg]
    return message.replace(seal.raw, re.sub(rb"\bb=[^;]*", b"b=" + b64encode(value), weak))


def weakly_signed(message: bytes, domain: str, key: PrivateKey) -> bytes:
    """Seal a message whose first signature is made by rsa-sha1."""
    header = split(message)
    names = ("from", "to", "subject")
    wanted = BodyHash(Canonical.RELAXED, by=Hash.SHA1)
    bh = b64encode(digest_body([message[header.body :]], [wanted])[wanted].value).decode()
    how = f"a=rsa-sha1; c=relaxed/relaxed; d={domain}; s=s; i=1; h={':'.join(names)}"
    text = f"ARC-Message-Signature: {how}; bh={bh}; b="
    unsigned = Field("arc-message-signature", text.encode() + b"\r\n")
    digest = SignedHeader(header.fields).digest(names, Canonical.RELAXED, unsigned, by=Hash.SHA1)
    value = key.sign(digest, PADDING, Prehashed(SHA1()))  # type: ignore[call-arg]
    signature = Field("arc-message-signature", text.encode() + b64encode(value) + b"\r\n")
    results = Field(
        "arc-authentication-results", f"ARC-Authentication-Results: i=1; {domain}; none\r\n".encode()
    )
    seal = draft(
        "ARC-Seal", [("a", "rsa-sha256"), ("b", ""), ("cv", "none"), ("d", domain), ("i", "1"), ("s", "s")]
    )
    sealed = seal.signed(sign_digest(key, new_seal_digest((), results, signature, seal.field)))
    return sealed + signature.raw + results.raw + message


def ed25519_signer(domain: str) -> Signer:
    return Signer(domain, "s", ed25519())
