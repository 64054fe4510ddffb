"""Fuzz the reading and verifying of DKIM-Signature fields."""

from __future__ import annotations

import asyncio

from gatepost.mail.dns import Answer, Kind, Status
from gatepost.mail.fields import split
from gatepost.mailauth.dkim.result import Result
from gatepost.mailauth.dkim.verify import MAX_SIGNATURES, verify

# RFC 6376 appendix C; no input can be signed with it.
KEY = (
    "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFC"
    "jxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIM"
    "mPSPDdQPNUYckcQ2QIDAQAB"
)


class Everywhere:
    """A DNS that has the key at every name."""

    async def ask(self, name: str, kind: Kind) -> Answer:
        """Give the key."""
        assert name.isascii()
        assert name == name.lower()
        return Answer(name, kind, Status.FOUND, (KEY,))


def target(data: bytes) -> None:
    """Any message gives a bounded number of results with a reason each and no exception, the same each time."""
    header = split(data)
    results = asyncio.run(verify(header, [data[header.body :]], Everywhere(), 1.8e9))
    assert len(results) <= MAX_SIGNATURES + 1
    assert bool(results) is bool(header.named("dkim-signature"))
    for one in results:
        assert (one.result is Result.PASS) is not bool(one.reason)
        assert len(one.reason) < 600
        assert one.domain.isascii()
    assert asyncio.run(verify(header, [data[header.body :]], Everywhere(), 1.8e9)) == results
