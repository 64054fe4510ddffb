"""A mail server for tests that can be told to misbehave, written without any of our own code.

It speaks SMTP or LMTP on loopback, in a thread of its own, and remembers everything: each command, each
message, when it came and over which connection. `says` is asked before every answer, with the command line
(the final dot is the line b"."): octets are said instead of the usual reply, HANG says nothing for good, CLOSE
closes without a word, and None leaves it at the usual reply.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

HOST: Final = "127.0.0.1"
HANG: Final = b"\0hang"
CLOSE: Final = b"\0close"

Says = Callable[[bytes, "Talk"], bytes | None]


@dataclass
class Message:
    """One message as it was taken."""

    at: float
    connection: int
    reverse_path: str
    recipients: tuple[str, ...]
    content: bytes
    parameters: str

    @property
    def gateway_id(self) -> str:
        """Give the gateway's id of it, from the field the gateway put on top."""
        found = re.match(rb"Received: (?:.*\r\n[ \t])*?.*\bid ([0-9a-z]{13}-\d+)", self.content)
        assert found is not None, self.content[:300]
        return found[1].decode()

    @property
    def below_trace(self) -> bytes:
        """Give the content without the field the gateway put on top."""
        end = re.search(rb"\r\n(?![ \t])", self.content)
        assert end is not None
        return self.content[end.end() :]


@dataclass
class Talk:
    """One connection: its number, what was said to us, and whether TLS is active."""

    number: int
    tls: bool = False
    lines: list[bytes] = field(default_factory=list)
    reverse_path: str = ""
    parameters: str = ""
    recipients: list[str] = field(default_factory=list)
    refused: int = 0
    greeted: bool = False

    @property
    def messages(self) -> int:
        """Count the contents that came over this connection."""
        return self.lines.count(b".")


class NextHop:
    """A context manager: a next hop that serves until it ends. `port` 0 takes any; `down` and `up` take turns."""

    def __init__(
        self,
        says: Says | None = None,
        *,
        port: int = 0,
        lmtp: bool = False,
        tls: ssl.SSLContext | None = None,
        greeting: bytes = b"220 next-hop.test ESMTP",
    ) -> None:
        self.port = port
        self.says = says or (lambda line, talk: None)
        self.messages: list[Message] = []
        self.talks: list[Talk] = []
        self._lmtp = lmtp
        self._tls = tls
        self._greeting = greeting
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """Name it as settings do."""
        return f"{'lmtp:' if self._lmtp else ''}{HOST}:{self.port}"

    @property
    def lines(self) -> list[bytes]:
        """Give every line that was said to us, over all connections."""
        return [line for talk in self.talks for line in talk.lines]

    def __enter__(self) -> Self:
        self._thread.start()
        self.up()
        return self

    def __exit__(self, *exc: object) -> None:
        self.down()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def up(self) -> None:
        """Begin to take connections, on the same port as before."""

        async def start() -> asyncio.Server:
            return await asyncio.start_server(self._serve, HOST, self.port, limit=1 << 17, backlog=512)

        self._server = asyncio.run_coroutine_threadsafe(start(), self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]

    def down(self) -> None:
        """Take no more connections and drop those that are open."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)

    def drop_connections(self) -> None:
        """Close every open connection, and go on taking new ones."""
        asyncio.run_coroutine_threadsafe(self._drop(), self._loop).result(10)

    def wait_for(self, count: int, seconds: float = 20) -> list[Message]:
        """Wait until `count` messages were taken, at most `seconds`; give what is there then."""
        wait_until(lambda: len(self.messages) >= count, seconds)
        return list(self.messages)

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._drop()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _drop(self) -> None:
        for writer in tuple(self._writers):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        talk = Talk(len(self.talks))
        self.talks.append(talk)

        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError, _OverError):
            await self._say(writer, self.says(b"", talk) or self._greeting)
            while True:
                line = (await reader.readuntil(b"\n")).rstrip(b"\r\n")
                talk.lines.append(line)
                await self._answer(line, talk, reader, writer)
        writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            await asyncio.wait_for(writer.wait_closed(), 2)
        self._writers.discard(writer)
        self._tasks.discard(task)

    async def _answer(
        self, line: bytes, talk: Talk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        told = self.says(line, talk)
        verb = line[:4].upper()
        good = (told or b"2")[:1] in b"23"
        match verb:
            case b"EHLO" | b"LHLO":
                offers = [b"PIPELINING", b"8BITMIME", b"SMTPUTF8", b"SIZE 99000000"]
                if self._tls is not None and not talk.tls:
                    offers.append(b"STARTTLS")
                usual = b"\r\n".join([b"250-next-hop.test", *(b"250-" + o for o in offers), b"250 HELP"])
                await self._say(writer, told or usual)
            case b"MAIL":
                address, _, talk.parameters = line.decode()[10:].partition("> ")
                talk.reverse_path = address.strip("<>")
                talk.recipients, talk.refused = [], 0
                await self._say(writer, told or b"250 2.1.0 Sender OK")
            case b"RCPT":
                if good:
                    talk.recipients.append(line.decode()[8:].partition(">")[0].strip("<>"))
                await self._say(writer, told or b"250 2.1.5 Recipient OK")
            case b"DATA":
                await self._say(
                    writer, told or (b"354 Go on" if talk.recipients else b"503 5.5.1 No recipients")
                )
                if talk.recipients and (told is None or told.startswith(b"354")):
                    await self._content(talk, reader, writer)
            case b"STAR" if self._tls is not None:
                await self._say(writer, told or b"220 2.0.0 Ready")
                await writer.start_tls(self._tls)
                talk.tls = True
            case b"QUIT":
                await self._say(writer, told or b"221 2.0.0 Bye")
                raise _OverError
            case _:
                await self._say(writer, told or b"250 2.0.0 OK")

    async def _content(self, talk: Talk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pieces = []
        while (line := await reader.readuntil(b"\n")) != b".\r\n":
            pieces.append(line.removeprefix(b"."))
        talk.lines.append(b".")
        told = self.says(b".", talk)
        recipients = talk.recipients if self._lmtp else [""]
        answers = (told or b"\r\n".join(b"250 2.0.0 Taken" for _ in recipients)).split(b"\r\n")
        if told is None or told[:1] == b"2" or self._lmtp:
            taken = [r for r, a in zip(talk.recipients, answers, strict=False) if a[:1] == b"2"]
            content = b"".join(pieces)
            self.messages.append(
                Message(
                    time.time(),
                    talk.number,
                    talk.reverse_path,
                    tuple(taken if self._lmtp else talk.recipients),
                    content,
                    talk.parameters,
                )
            )
        talk.recipients = []
        await self._say(writer, b"\r\n".join(answers))

    async def _say(self, writer: asyncio.StreamWriter, words: bytes) -> None:
        if words == HANG:
            await asyncio.get_running_loop().create_future()
        if words == CLOSE:
            raise _OverError
        writer.write(words + b"\r\n")
        await writer.drain()


class _OverError(Exception):
    """The connection ends by our own will."""


def wait_until(holds: Callable[[], object], seconds: float = 20) -> bool:
    """Ask until `holds`, at most `seconds`: what another process does can only be looked at."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
