"""Every dialogue, against the sessions in this process without a socket, and against the running gateway."""

from __future__ import annotations

import asyncio
import contextlib
import json
import mmap
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gatepost.gateway.checking import Checking
from gatepost.gateway.compose import compose, dial
from gatepost.gateway.memory import EmbeddedMemory
from gatepost.gateway.settings import Settings, load
from gatepost.journal.writer import Journal
from gatepost.mail.ids import SessionIds
from gatepost.policy.domains import Domains
from gatepost.reception.counts import ConnectionCounts
from gatepost.reception.listener import Listener
from gatepost.reception.services import Door
from gatepost.smtp.aio import ServerConnection
from gatepost.spool.embedded import EmbeddedSpool
from tests.dialogues.script import Dialogue, all_dialogues, play
from tests.peers.gateway import Gateway, to_toml
from tests.peers.nameserver import Nameserver
from tests.zone import Zone

DIALOGUES = all_dialogues()
# A client elsewhere needs a network of its own: test_strangers.
FROM_HERE = [d for d in DIALOGUES if d.client.startswith("127.")]
NO_SOCKET = [d for d in DIALOGUES if "listener" not in d.settings]


class MemoryTransport(asyncio.Transport):
    """A transport that keeps what is written, for a peer in the same thread."""

    def __init__(self, client: str) -> None:
        super().__init__({"peername": (client, 4711), "sockname": ("127.0.0.1", 25)})
        self.written = bytearray()
        self.gone = False

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.gone = True

    abort = close

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class MemoryLine:
    """The client's side of a session in this process; time passes on the loop only while it waits."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, transport: MemoryTransport, connection: ServerConnection
    ) -> None:
        self._loop = loop
        self._transport = transport
        self._connection = connection

    def send(self, octets: bytes) -> None:
        self._connection.data_received(octets)

    def read_line(self) -> bytes:
        written = self._transport.written
        end = self._loop.time() + 10
        while b"\n" not in written:
            if self._transport.gone:
                return b""
            if self._loop.time() > end:
                raise TimeoutError
            self._loop.run_until_complete(asyncio.sleep(0.001))
        line, _, rest = bytes(written).partition(b"\n")
        written[:] = rest
        return line + b"\n"


@pytest.mark.parametrize("piecewise", [False, True], ids=["whole", "byte by byte"])
@pytest.mark.parametrize("dialogue", NO_SOCKET, ids=lambda d: d.name)
def test_a_session_without_a_socket_says_what_the_dialogue_says(
    dialogue: Dialogue, piecewise: bool, tmp_path: Path
) -> None:
    (tmp_path / "settings.toml").write_text(to_toml(_settings(dialogue)))
    settings = load(tmp_path / "settings.toml")
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        line, close = runner.run(_in_memory(settings, dialogue.client, tmp_path, Zone(dialogue.zone)))
        try:
            play(dialogue, MemoryLine(loop, *line), piecewise)
        finally:
            runner.run(close())


def _settings(dialogue: Dialogue) -> dict[str, Any]:
    checks = {"greylist": {"mode": "off"}, **dialogue.settings.get("checks", {})}
    return {"host": "gateway.test", **dialogue.settings, "checks": checks}


async def _in_memory(settings: Settings, client: str, folder: Path, zone: Zone) -> tuple[Any, Any]:
    loop = asyncio.get_running_loop()
    journal = Journal(folder / "journal", "test", time.time, loop.call_soon)
    spool = EmbeddedSpool(folder / "spool", time.time, loop.call_soon_threadsafe, settings.spool)
    tasks: set[asyncio.Task[None]] = set()
    domains = Domains(settings.domain)
    rules = settings.policy.rules()
    memory = EmbeddedMemory(folder, time.time, loop)
    checking = Checking(
        settings,
        domains=domains,
        rules=rules,
        resolver=zone,
        memory=memory,
        secret=bytes(32),
        dial=dial,
        clock=time.time,
        monotonic=loop.time,
        told=lambda change: None,
    )
    services = compose(
        settings,
        loop=loop,
        checking=checking,
        rules=rules,
        domains=domains,
        ids=SessionIds(1, time.time),
        spool=spool,
        journal=journal,
        counts=ConnectionCounts(mmap.mmap(-1, ConnectionCounts.size(1)), 0, 1),
        background=tasks.add,
    )

    listener = Listener(services, Door(role="inbound"))
    transport = MemoryTransport(client)
    connection = listener.connection()
    connection.connection_made(transport)

    async def close() -> None:
        connection.connection_lost(None)
        listener.close()
        checking.close()
        memory.close()
        spool.close()
        journal.close()
        await asyncio.sleep(0)

    return (transport, connection), close


class SocketLine:
    """The client's side of a real connection."""

    def __init__(self, client: str, port: int, host: str = "127.0.0.1") -> None:
        self._socket = socket.create_connection((host, port), 15, source_address=(client, 0))
        self._file = self._socket.makefile("rb")

    def send(self, octets: bytes) -> None:
        self._socket.sendall(octets)

    def read_line(self) -> bytes:
        return self._file.readline()

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@pytest.fixture(scope="module")
def gateways(free_port: Callable[[], int]) -> Iterator[Callable[[Dialogue], Gateway]]:
    """Give a running gateway with a dialogue's settings and DNS; the one with none is started once."""
    running: dict[str, Gateway] = {}
    with contextlib.ExitStack() as stack:

        def gateway(dialogue: Dialogue) -> Gateway:
            key = json.dumps([dialogue.settings, dialogue.zone], sort_keys=True)
            if key not in running:
                nameserver = stack.enter_context(Nameserver(free_port(), dialogue.zone))
                dns = {"nameservers": [nameserver.address]}
                running[key] = stack.enter_context(
                    Gateway(free_port(), settings={"dns": dns, **dialogue.settings})
                )
            return running[key]

        yield gateway


@pytest.mark.parametrize("dialogue", FROM_HERE, ids=lambda d: d.name)
def test_the_running_gateway_says_what_the_dialogue_says(
    dialogue: Dialogue, gateways: Callable[[Dialogue], Gateway]
) -> None:
    line = SocketLine(dialogue.client, gateways(dialogue).port)
    try:
        play(dialogue, line)
    finally:
        line.close()
