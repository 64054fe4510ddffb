"""Fuzz the reading, verifying and sealing of ARC chains."""

from __future__ import annotations

import asyncio

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gatepost.mail.dns import Answer, Kind, Status
from gatepost.mail.fields import split
from gatepost.mailauth import arc
from gatepost.mailauth.dkim.keypair import key_record
from gatepost.mailauth.dkim.sign import NotSigned, Signer, unsignable

# Of the octets 0 to 31: the seeds are sealed with it too.
SIGNER = Signer("seal.test", "s", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
NOW = 1_700_000_000


class Everywhere:
    """A DNS that has the key at every name."""

    async def ask(self, name: str, kind: Kind) -> Answer:
        """Give the key."""
        return Answer(name, kind, Status.FOUND, (key_record(SIGNER.key),))


def target(data: bytes) -> None:
    """Any message has a chain with a status, and a reason when it fails; sealed by us, it has the status we found."""
    header = split(data)
    body = [data[header.body :]]
    chain = asyncio.run(arc.verify(header, body, Everywhere(), NOW))
    assert (chain.status in ("fail", "temperror")) is bool(chain.reason)
    assert 0 <= chain.oldest_pass <= chain.newest <= 50
    fields = arc.seal(header, body, chain, "seal.test; none", SIGNER, NOW)
    if isinstance(fields, NotSigned):
        assert unsignable(header) or chain.ended or chain.newest == 50
        return
    sealed = split(fields + data)
    if not sealed.whole:
        return
    again = asyncio.run(arc.verify(sealed, body, Everywhere(), NOW))
    assert again.newest == chain.newest + 1
    assert again.status == ("fail" if chain.status == "fail" else "pass")
