"""Questions on their way to the name servers and back: UDP, again after a time-out, TCP for what is too long.

Between `resolver` (what is remembered, who waits) and the sockets. A question is settled exactly once, by a call:
with what a server said, or with words for why none did. It makes no task and no timer of its own; one deadline at a
time is waited for. Sockets are connected, so that only a name server's own address reaches them, and none is used for
long, so that nobody who cannot see our packets guesses port and number of a question (RFC 5452 §9.2).
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections import deque
from collections.abc import Callable
from typing import Final

from gatepost.gateway.resolver.wire import (
    FORMERR,
    NOERROR,
    NXDOMAIN,
    RCODES,
    Said,
    Senseless,
    number_of,
    question,
    read,
)
from gatepost.mail.dns import Kind

QUESTIONS_PER_SOCKET: Final = 128
MAX_STREAMS: Final = 16  # TCP connections at a time, for answers that UDP cannot carry
_TURN: Final = 64  # datagrams read before others have their turn
_MAX_DATAGRAM: Final = 65_535
_BUFFER: Final = 1 << 18

Server = tuple[str, int]
Settle = Callable[[Said | None, str], None]
"""Take what a server said, or None and the reason why there is nothing, in words."""


class _Question:
    """One question until it is settled; `asked` are the servers that gave an error, `path` where it is known."""

    __slots__ = ("asked", "began", "extended", "kind", "name", "path", "reason", "settle", "tries")

    def __init__(self, name: bytes, kind: Kind, settle: Settle, began: float) -> None:
        self.name = name
        self.kind = kind
        self.settle: Settle | None = settle
        self.began = began
        self.tries = 0
        self.extended = True
        self.asked: set[Server] = set()
        self.path: list[tuple[_Port, int]] = []
        self.reason = ""


class _Port:
    """A UDP socket connected to one server, with the questions that wait on it by their numbers."""

    __slots__ = ("left", "server", "sock", "waiting")

    def __init__(self, server: Server) -> None:
        self.server = server
        self.left = QUESTIONS_PER_SOCKET
        self.waiting: dict[int, _Question] = {}
        family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
            self.sock.connect(server)
        except OSError:
            self.sock.close()
            raise


class Exchange:
    """Send questions to `servers`, each at most `tries` times, `timeout` seconds apart. Needs a running loop."""

    def __init__(self, servers: tuple[Server, ...], timeout: float, tries: int) -> None:
        self._servers = list(servers)
        self._timeout = timeout
        self._tries = tries
        self._loop = asyncio.get_running_loop()
        self._ports: dict[Server, _Port] = {}
        self._retired: set[_Port] = set()
        self._deadlines: deque[tuple[float, _Question, int]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._streams: dict[asyncio.Task[None], _Question] = {}
        self._streaming = asyncio.Semaphore(MAX_STREAMS)

    def send(self, name: bytes, kind: Kind, settle: Settle) -> None:
        """Ask about a name from `wire.encode_name`. `settle` is called once, perhaps before this returns."""
        self._try(_Question(name, kind, settle, self._loop.time()))

    def close(self) -> None:
        """Close all sockets; questions on their way are settled with a failure."""
        for task in self._streams:
            task.cancel()
        for entry in {*[entry for _, entry, _ in self._deadlines], *self._streams.values()}:
            self._settle(entry, None, "the resolver is being closed")
        if self._timer is not None:
            self._timer.cancel()
        for port in [*self._ports.values(), *self._retired]:
            self._drop(port)
        self._ports.clear()
        self._retired.clear()

    def _try(self, entry: _Question) -> None:
        """Send a question to the next server, or settle it when it has had its tries."""
        while entry.tries < self._tries:
            server = self._next(entry)
            if server is None:
                break
            entry.tries += 1
            try:
                self._post(entry, server)
            except OSError as error:
                self._fails(entry, server, _unreachable(server, error))
                continue
            self._deadlines.append((self._loop.time() + self._timeout, entry, entry.tries))
            if self._timer is None:
                self._timer = self._loop.call_at(self._deadlines[0][0], self._overdue)
            return
        waited = self._loop.time() - entry.began
        self._settle(
            entry, None, entry.reason or f"no answer within {round(waited, 1):g} s from {self._all()}"
        )

    def _next(self, entry: _Question) -> Server | None:
        """Choose a server that gave no error yet, beginning with the one that answers."""
        able = [server for server in self._servers if server not in entry.asked]
        return able[entry.tries % len(able)] if able else None

    def _post(self, entry: _Question, server: Server) -> None:
        port = self._ports.get(server)
        if port is None or port.left <= 0:
            if port is not None:
                self._retire(port)
            port = self._ports[server] = _Port(server)
            self._loop.add_reader(port.sock, self._readable, port)
        port.left -= 1
        number = secrets.randbits(16)
        while number in port.waiting:
            number = secrets.randbits(16)
        try:
            port.sock.send(question(number, entry.name, entry.kind, extended=entry.extended))
        except BlockingIOError:
            pass  # the kernel's buffer is full: as good as lost on the way, the next try may have more luck
        except OSError as error:
            # What it says is about a question before this one, and it is said once only.
            self._loop.call_soon(self._unheard, port, error)
            raise
        port.waiting[number] = entry
        entry.path.append((port, number))

    def _readable(self, port: _Port) -> None:
        for _ in range(_TURN):
            try:
                octets = port.sock.recv(_MAX_DATAGRAM)
            except BlockingIOError:
                return
            except OSError as error:
                self._unheard(port, error)
                return
            asked = port.waiting.get(number_of(octets))
            if asked is not None:
                self._answered(asked, port.server, octets)

    def _unheard(self, port: _Port, error: OSError) -> None:
        """Go on with the questions on a socket whose server is not there, as ICMP says: nobody will answer them."""
        for entry in set(port.waiting.values()):
            self._fails(entry, port.server, _unreachable(port.server, error))
            self._try(entry)

    def _answered(self, entry: _Question, server: Server, octets: bytes) -> None:
        said = read(octets, entry.name, entry.kind)
        if said is None:
            return  # somebody guesses; the true answer may still come
        if isinstance(said, Said) and said.truncated:
            self._forget(entry)
            task = self._loop.create_task(self._stream(entry, server))
            self._streams[task] = entry
            task.add_done_callback(self._streams.pop)
            return
        self._judge(entry, server, said)

    def _judge(self, entry: _Question, server: Server, said: Said | Senseless) -> None:
        """Take an answer, or go on to another server when it is none."""
        if isinstance(said, Senseless):
            reason = f"the answer from {spoken(server)} makes no sense: {said.why}"
        elif said.referral:
            reason = f"{spoken(server)} answers only where else to ask, so it is no resolver or a lame one"
        elif said.code in (NOERROR, NXDOMAIN):
            if server != self._servers[0]:
                self._prefer(server)
            self._settle(entry, said, "")
            return
        else:
            reason = f"{RCODES.get(said.code, f'RCODE {said.code}')} from {spoken(server)}"
            if said.code == FORMERR and entry.extended:  # RFC 6891 §6.2.2: it knows no EDNS
                entry.extended = False
                entry.tries -= 1
                entry.reason = reason
                self._try(entry)
                return
        self._fails(entry, server, reason)
        self._try(entry)

    def _fails(self, entry: _Question, server: Server, reason: str) -> None:
        entry.asked.add(server)
        entry.reason = reason

    def _prefer(self, server: Server) -> None:
        """Ask first the server that answered last: one that is out costs a time-out once, not each question."""
        with contextlib.suppress(ValueError):
            self._servers.remove(server)
            self._servers.insert(0, server)

    async def _stream(self, entry: _Question, server: Server) -> None:
        """Ask by TCP (RFC 7766), within the time of one try."""
        number = secrets.randbits(16)
        octets = question(number, entry.name, entry.kind, extended=entry.extended)
        said: Said | Senseless | None = None
        writer = None
        try:
            async with asyncio.timeout(self._timeout), self._streaming:
                reader, writer = await asyncio.open_connection(*server, limit=_MAX_DATAGRAM)
                writer.write(len(octets).to_bytes(2, "big") + octets)
                length = int.from_bytes(await reader.readexactly(2), "big")
                answer = await reader.readexactly(length)
            if number_of(answer) == number:
                said = read(answer, entry.name, entry.kind)
            reason = (
                "it is cut off again" if isinstance(said, Said) else "it is the answer to another question"
            )
        except TimeoutError:
            reason = f"no answer within {self._timeout:.3g} s"
        except (OSError, EOFError) as error:
            reason = (
                "the connection was closed" if isinstance(error, EOFError) else str(error.strerror or error)
            )
        finally:
            if writer is not None:
                writer.transport.abort()
        if said is None or (isinstance(said, Said) and said.truncated):
            self._fails(
                entry, server, f"the answer from {spoken(server)} is too long for UDP, and by TCP {reason}"
            )
            self._try(entry)
        else:
            self._judge(entry, server, said)

    def _overdue(self) -> None:
        """Try again what got no answer in time, and wait for the next deadline."""
        self._timer = None
        now = self._loop.time()
        while self._deadlines and self._deadlines[0][0] <= now:
            _, entry, tries = self._deadlines.popleft()
            if entry.settle is not None and entry.path and entry.tries == tries:
                self._try(entry)
        if self._deadlines and self._timer is None:
            self._timer = self._loop.call_at(self._deadlines[0][0], self._overdue)

    def _settle(self, entry: _Question, said: Said | None, reason: str) -> None:
        self._forget(entry)
        settle, entry.settle = entry.settle, None
        if settle is not None:
            settle(said, reason)

    def _forget(self, entry: _Question) -> None:
        """Take a question off the sockets it waits on, and close those that are no longer of use."""
        for port, number in entry.path:
            port.waiting.pop(number, None)
            if not port.waiting and port in self._retired:
                self._retired.discard(port)
                self._drop(port)
        entry.path.clear()

    def _retire(self, port: _Port) -> None:
        """Use a socket no more for new questions; it lives while answers are waited for."""
        if port.waiting:
            self._retired.add(port)
        else:
            self._drop(port)

    def _drop(self, port: _Port) -> None:
        self._loop.remove_reader(port.sock)
        port.sock.close()

    def _all(self) -> str:
        return ", ".join(spoken(server) for server in self._servers)


def _unreachable(server: Server, error: OSError) -> str:
    return f"{spoken(server)} cannot be reached: {error.strerror or error}"


def spoken(server: Server) -> str:
    """Write a server as people do: the port only when it is not 53."""
    host, port = server
    if port == 53:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
