"""The asyncio side of SMTP on real sockets: clients that flood, that do not read, and that are never heard again."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable

from gatepost.journal.reader import records
from gatepost.journal.records import Closed, Said
from gatepost.reply import catalogue
from gatepost.reply.reply import Reply
from gatepost.smtp.aio import Deadlines, ServerConnection
from gatepost.smtp.command import Noop
from gatepost.smtp.server import Event, Limits, ServerProtocol
from tests.delivery.next_hop import wait_until
from tests.peers.gateway import Gateway
from tests.peers.server import HOST

FreePort = Callable[[], int]
GREETING = catalogue.GREETING.reply(host="gateway.test")
STILL_HERE = catalogue.NOOP_OK.reply("7zq4k0v3m8x2a")


class Slow:
    """A session that answers NOOP when it is told to, breaks at anything else, and is late when it is told so."""

    def __init__(self, connection: ServerConnection) -> None:
        self.protocol = ServerProtocol(host="gateway.test", session="7zq4k0v3m8x2a", limits=Limits())
        self.connection = connection
        self.asked = 0
        self.errors: list[Exception] = []
        self.ended = asyncio.Event()

    def opened(self) -> Reply:
        return GREETING

    def on(self, event: Event) -> Reply | None:
        if isinstance(event, Noop):
            self.asked += 1
            return None
        raise LookupError(f"nobody knows what to do with {event}")

    def secured(self, tls: str) -> None:
        raise AssertionError("no TLS here")

    def late(self, now: float, heard: float) -> Reply | None:
        return None

    def failed(self, error: Exception) -> None:
        self.errors.append(error)
        self.connection.say_and_close(catalogue.INTERNAL_ERROR.reply("7zq4k0v3m8x2a", host="gateway.test"))

    def closed(self) -> None:
        self.ended.set()


def with_a_session(use: Callable[[Slow, socket.socket], Awaitable[None]], kind: type[Slow] = Slow) -> None:
    """Run a session over a pair of sockets: ours is served, theirs does not block."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.setblocking(False)
        deadlines = Deadlines(loop)
        sessions: list[Slow] = []

        def accept(connection: ServerConnection, client: str, port: int, local: str) -> Slow:
            sessions.append(kind(connection))
            return sessions[0]

        await loop.create_connection(lambda: ServerConnection(accept, deadlines), sock=ours)
        await use(sessions[0], theirs)
        theirs.close()
        if not sessions[0].ended.is_set():  # one that is not being read does not hear of the other side's end
            sessions[0].connection.close()
        await sessions[0].ended.wait()
        deadlines.close()

    asyncio.run(asyncio.wait_for(run(), 30))


async def read_line(theirs: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\r\n"):
        octet = await asyncio.get_running_loop().sock_recv(theirs, 1)
        if not octet:
            return line
        line += octet
    return line


def test_what_piles_up_while_an_answer_is_due_is_bounded_and_nothing_of_it_is_lost() -> None:
    async def use(session: Slow, theirs: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        await read_line(theirs)
        sent = 0
        flood = b"NOOP\r\n" * 10_000
        rest = flood
        quiet = 0
        while quiet < 20:  # until the other side takes no more
            try:
                taken = theirs.send(rest)
                rest = rest[taken:] or flood
                sent += taken
                quiet = 0
            except BlockingIOError:
                quiet += 1
            await asyncio.sleep(0.002)
        assert sent < 4_000_000
        assert session.protocol.buffered < 1_000_000
        assert session.asked == 1
        for number in range(1, 1000):
            assert session.asked == number
            session.connection.answer(STILL_HERE)
        answered = 999 * len(STILL_HERE.wire())
        got = 0
        while got < answered:
            got += len(await loop.sock_recv(theirs, 65_536))
        assert got == answered

    with_a_session(use)


def test_a_fault_of_ours_is_told_to_the_session_and_nothing_is_answered_after_it() -> None:
    async def use(session: Slow, theirs: socket.socket) -> None:
        await read_line(theirs)
        theirs.send(b"RSET\r\nNOOP\r\nNOOP\r\n")
        assert (await read_line(theirs)).startswith(b"421 4.3.0 ")
        assert await read_line(theirs) == b""
        assert [str(error)[:10] for error in session.errors] == ["nobody kno"]
        assert session.asked == 0

    with_a_session(use)


def test_an_answer_that_comes_after_the_client_is_gone_is_dropped() -> None:
    async def use(session: Slow, theirs: socket.socket) -> None:
        await read_line(theirs)
        theirs.send(b"NOOP\r\n")
        while not session.asked:
            await asyncio.sleep(0.001)
        theirs.close()
        await session.ended.wait()
        session.connection.answer(STILL_HERE)
        session.connection.say_and_close(STILL_HERE)
        assert session.errors == []

    with_a_session(use)


class Talkative(Slow):
    """A session that answers NOOP at once, and at length."""

    words = Reply(250, "2.0.0", "\n".join(["x" * 60] * 8), "")

    def on(self, event: Event) -> Reply | None:
        super().on(event)
        return self.words


def test_a_client_that_does_not_read_its_answers_is_not_answered_any_more() -> None:
    async def use(session: Slow, theirs: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        await read_line(theirs)
        flood = b"NOOP\r\n" * 20_000
        session.connection.data_received(flood)
        # Some hundred kilobytes of answers lie in buffers; the other ten megabytes were not even made.
        assert session.asked < 5_000
        got = 0
        while got < 20_000 * len(Talkative.words.wire()):  # they come when there is room for them
            got += len(await loop.sock_recv(theirs, 1 << 20))
        assert session.asked == 20_000

    with_a_session(use, Talkative)


def memory(pid: int) -> int:
    """Give the resident memory of a process in octets."""
    with open(f"/proc/{pid}/statm") as statm:  # noqa: PTH123 - no file, a number
        return int(statm.read().split()[1]) * 4096


def test_a_client_that_never_reads_costs_little_memory_and_is_gone_when_its_time_is_up(
    free_port: FreePort,
) -> None:
    settings = {"reception": {"command_timeout": 2}}
    with Gateway(free_port(), settings=settings) as gateway:
        (worker,) = gateway.workers()
        before = memory(worker)
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.connect((HOST, gateway.port))
            deaf.settimeout(0.5)

            def flood() -> None:
                try:
                    while True:
                        deaf.sendall(b"HELP\r\n" * 1000)
                except OSError:
                    pass  # it takes no more

            flooding = threading.Thread(target=flood)
            flooding.start()
            flooding.join(30)
            assert not flooding.is_alive()
            assert memory(worker) - before < 40_000_000
            journal = gateway.data_dir / "journal"

            def gone() -> bool:
                return any(isinstance(r, Closed) and r.commands > 10 for r in records(journal))

            assert wait_until(gone, 15), (
                "a client that reads nothing is never closed",
                [r for r in records(journal) if isinstance(r, Said) and not r.command],
            )
        assert "Traceback" not in gateway.output.read_text()
