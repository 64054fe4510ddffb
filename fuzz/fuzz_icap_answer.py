"""Fuzz the exchange with an ICAP scanner: what it says to a message, on a stream in memory."""

from __future__ import annotations

import asyncio

from gatepost.checks.content.engines.connections import Outage
from gatepost.checks.content.engines.icap import Icap
from gatepost.checks.content.engines.settings import IcapSettings
from gatepost.checks.facts import Content, Facts

FACTS = Facts(session="s", client="192.0.2.7", role="inbound", relay=False)
BODY = b"Subject: x\r\n\r\nThe text.\r\n"
CONTENT = Content(len(BODY), BODY)
SETTINGS = IcapSettings(url="icap://scanner.test/scan", timeout=5)
OPTIONS = b"ICAP/1.0 200 OK\r\nMethods: RESPMOD\r\nPreview: 8\r\n\r\n"


class Line:
    """Gives options to the first question, and then the octets, in pieces of a size that they choose."""

    def __init__(self, data: bytes) -> None:
        step = data[0] + 1 if data else 1
        self._gives = [OPTIONS, *(data[at : at + step] for at in range(1, len(data), step))]

    async def read(self, limit: int) -> bytes:  # noqa: ARG002
        """Give the next piece."""
        return self._gives.pop(0) if self._gives else b""

    def write(self, data: bytes) -> None:
        """Take a question."""

    async def drain(self) -> None:
        """Wait for nothing."""

    def close(self) -> None:
        """End nothing."""


def target(data: bytes) -> None:
    """Whatever a scanner says, the message is clean, has something that is named in print, or there is a reason."""

    async def dial(address: str) -> Line:  # noqa: ARG001
        return Line(data)

    async def run() -> None:
        icap = Icap(SETTINGS, dial, asyncio.get_running_loop().time)
        answer = await icap.ask(FACTS, CONTENT)
        if isinstance(answer, Outage):
            assert answer.reason.isprintable()
            assert len(answer.reason) < 1000
        elif answer.found:
            assert answer.evidence[0].words().isprintable()
        else:
            assert b"204" in data or BODY[:1] in data
        icap.close()

    asyncio.run(run())
