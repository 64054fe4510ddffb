"""Chains for the tests of ARC: sealed hop by hop, each by a domain of its own."""

from __future__ import annotations

import asyncio

from gatepost.mail.fields import split
from gatepost.mailauth import arc
from gatepost.mailauth.dkim.keypair import key_record
from gatepost.mailauth.dkim.sign import NotSigned, Signer
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


def ed25519_signer(domain: str) -> Signer:
    return Signer(domain, "s", ed25519())
