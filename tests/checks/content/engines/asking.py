"""What the tests of all engines share: asking one, servers that lie, and what must be true of every answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from gatepost.checks.content.engines.engine import Engine, EngineCheck
from gatepost.checks.evidence import OutageEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.mail.path import Mailbox
from tests.peers.clamd import dial

FACTS = Facts(
    session="7zq4k0v3m8x2a",
    client="192.0.2.7",
    role="inbound",
    relay=False,
    helo="client.test",
    reverse_path=Mailbox("a@client.test", "client.test"),
    recipients=(Mailbox("b@ours.test", "ours.test"), Mailbox("c@ours.test", "ours.test")),
)
PLAIN = b"From: <a@client.test>\r\nSubject: hello\r\n\r\nNothing to see here.\r\n"
LARGE = PLAIN + b"The quick brown fox jumps over the lazy dog, and so on and on.\r\n" * 10_000

Make = Callable[[Any], Engine]
"""Make an engine's client with this dialer."""
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def content(data: bytes) -> Content:
    return Content(len(data), data)


def look(make: Make, *contents: bytes, facts: Facts = FACTS, dialer: Any = dial) -> list[Finding]:
    """Look at contents one after the other, with one client."""

    async def run() -> list[Finding]:
        engine = make(dialer)
        check = EngineCheck(engine, time.monotonic)
        try:
            return [
                finding
                for each in contents
                for finding in await check.look(Stage.CONTENT, facts, content(each))
            ]
        finally:
            engine.close()

    return asyncio.run(run())


def health(make: Make) -> str:
    """Ask whether it is well: "" or why not."""

    async def run() -> str:
        engine = make(dial)
        outage = await engine.health()
        engine.close()
        return outage.reason if outage is not None else ""

    return asyncio.run(run())


def look_at(
    serve: Serve, folder: Path, make: Callable[[str, Any], Engine], *contents: bytes
) -> list[Finding]:
    """Look at contents with a server of the test's own on the other side."""

    async def run() -> list[Finding]:
        async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await serve(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.transport.abort() if writer.is_closing() else writer.close()

        server = await asyncio.start_server(served, "127.0.0.1", 0)
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        engine = make(address, dial)
        check = EngineCheck(engine, time.monotonic)
        found = [
            finding for each in contents for finding in await check.look(Stage.CONTENT, FACTS, content(each))
        ]
        engine.close()
        server.close()
        await asyncio.sleep(0)
        return found

    return asyncio.run(run())


def reason(finding: Finding) -> str:
    """Give why an engine could not be asked; it is fit to be shown."""
    assert finding.result is Result.UNAVAILABLE
    assert finding.what == f"{finding.check}-unavailable"
    [evidence] = finding.evidence
    assert isinstance(evidence, OutageEvidence)
    assert evidence.reason.isprintable()
    assert len(evidence.reason) < 1000
    return evidence.reason


def saying(*answers: bytes, read: bool = True) -> Serve:
    """Serve by saying something, whatever is asked, and closing."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if read:
            await reader.read(65536)
        for answer in answers:
            writer.write(answer)
            await writer.drain()

    return serve


def flooding(begin: bytes, piece: bytes, pieces: int) -> tuple[Serve, list[int]]:
    """Serve by saying something without end; the list tells how many pieces went out."""
    sent = [0]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(begin)
        for _ in range(pieces):
            writer.write(piece)
            await writer.drain()
            sent[0] += 1

    return serve, sent
