"""The asyncio side of SMTP: transports on one hand, the sans-IO protocols on the other, and nothing between.

On the way of a message: socket -> `ServerConnection` -> `ServerProtocol` -> reception's session, and delivery's
courier -> `ClientProtocol` -> `ClientConnection` -> socket. Decides nothing; only the two shells import it.
Nothing is timed per command: connections note when they last heard something by a clock that ticks once a
second (`Deadlines`), and the same tick looks who is late. A timer per command would cost more than the command.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from typing import Final, Protocol, cast

from gatepost.reply.reply import Reply
from gatepost.smtp.client import ClientEvent, ClientProtocol, StartTlsWanted, Transaction
from gatepost.smtp.server import Event, ServerProtocol
from gatepost.smtp.state import State

HANDSHAKE_SECONDS: Final = 30
_CLOSE_SECONDS: Final = 10.0
_EVENTS_AT_ONCE: Final = 200  # commands of one client in one turn of the loop
_PAUSE_ABOVE: Final = 1 << 18  # octets that may pile up unread while an answer is due


class Session(Protocol):
    """What reception plugs into a connection: it is told events and says replies."""

    protocol: ServerProtocol

    def opened(self) -> Reply:
        """Give the greeting, or the refusal after which the connection closes."""
        ...

    def on(self, event: Event) -> Reply | None:
        """Answer an event now, or return None and call `ServerConnection.answer` later (not for chunks)."""
        ...

    def secured(self, tls: str) -> None:
        """Learn that TLS is active."""
        ...

    def late(self, now: float, heard: float) -> Reply | None:
        """Say why the connection is closed for being late, if it is; both times are ticks of `Deadlines`."""
        ...

    def failed(self, error: Exception) -> None:
        """Learn of a fault of ours in answering: say 421 and close."""
        ...

    def closed(self) -> None:
        """Learn that the connection is gone."""
        ...


class Deadlines:
    """Open connections, looked at once a second; `now` is the loop's time at the last look."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.now = loop.time()
        self.connections: set[ServerConnection | ClientConnection] = set()
        self._timer = loop.call_later(1, self._sweep)

    def close(self) -> None:
        """Stop looking."""
        self._timer.cancel()

    def _sweep(self) -> None:
        self.now = now = self._loop.time()
        for connection in tuple(self.connections):
            connection.look(now)
        self._timer = self._loop.call_later(1, self._sweep)


class ServerConnection(asyncio.Protocol):
    """One accepted connection; `heard` is the tick of `Deadlines` at which the client last said something."""

    __slots__ = (
        "_accept",
        "_choked",
        "_closing",
        "_deadlines",
        "_local",
        "_paused",
        "_protocol",
        "_session",
        "_tls",
        "_transport",
        "heard",
    )

    def __init__(
        self,
        accept: Callable[[ServerConnection, str, int, str], Session],
        deadlines: Deadlines,
        local: str = "",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._accept = accept
        self._local = local
        self._deadlines = deadlines
        self._tls = tls
        self._choked = False
        self._closing = False
        self._paused = False
        self.heard = deadlines.now

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername") or (
            "",
            0,
        )  # reset before it was accepted: nobody to greet
        local = self._local
        if not local:
            name = transport.get_extra_info("sockname")
            local = f"{name[0]}:{name[1]}" if name else ""
        self._session = session = self._accept(self, peer[0], peer[1], local)
        self._protocol = session.protocol
        self._deadlines.connections.add(self)
        reply = session.opened()
        self._transport.write(session.protocol.greet(reply))
        if reply.code != 220:
            self.close()

    def data_received(self, data: bytes) -> None:
        """Feed the protocol and answer what can be answered at once."""
        if self._closing:
            return
        self.heard = self._deadlines.now
        protocol = self._protocol
        protocol.receive(data)
        try:
            self._answer_events(b"")
        except Exception as error:  # noqa: BLE001 - a fault of ours: the client gets 421, not a silent end
            self._session.failed(error)
        if protocol.buffered > _PAUSE_ABOVE and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def answer(self, reply: Reply) -> None:
        """Give the answer that was due, and go on with what the client sent meanwhile."""
        if self._closing:
            return
        try:
            self._answer_events(self._protocol.answer(reply))
        except Exception as error:  # noqa: BLE001 - as in data_received
            self._session.failed(error)

    def close(self) -> None:
        """Send what was written, then close; nothing more is read."""
        self._closing = True
        self.heard = self._deadlines.now
        self._transport.close()

    def say_and_close(self, reply: Reply) -> None:
        """Send a last, unasked reply (421) and close."""
        if not self._closing:
            self._transport.write(reply.wire())
            self.close()

    def look(self, now: float) -> None:
        """Close when the client is late; while an answer of ours is due, the time is not the client's."""
        if self._closing:
            if now - self.heard > _CLOSE_SECONDS:  # it does not even read our last words
                self._transport.abort()
            return
        if self._protocol.answer_due and not self._choked:
            self.heard = now
        elif (reply := self._session.late(now, self.heard)) is not None:
            self.say_and_close(reply)
            if self._choked:
                self._transport.abort()

    def pause_writing(self) -> None:
        """Answer no more, and read no more, while the client does not read our answers."""
        self._choked = self._paused = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on answering and reading."""
        self._choked = False
        self._go_on()

    def eof_received(self) -> bool:
        """Close: a half-closed client has no more to say."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - how it was lost changes nothing
        """Tell the session."""
        self._closing = True
        self._deadlines.connections.discard(self)
        self._session.closed()
        del self._session, self._transport  # they know us: the garbage collector is to have nothing to do

    def _answer_events(self, out: bytes) -> None:
        """Answer what can be answered at once; a client that sends a flood waits for the other sessions' turn."""
        on = self._session.on
        protocol = self._protocol
        next_event = protocol.next_event
        answers = [out] if out else []
        turns = _EVENTS_AT_ONCE
        while not self._choked and (event := next_event()) is not None:
            reply = on(event)
            if reply is not None:
                answers.append(protocol.answer(reply))
                turns -= 1
                if not turns:
                    asyncio.get_running_loop().call_soon(self._go_on)
                    break
        if answers:
            self._transport.write(answers[0] if len(answers) == 1 else b"".join(answers))
        state = protocol.state
        if state is State.CLOSED:
            self.close()
        elif state is State.UPGRADE:
            if answers:  # the 220 has just been said
                self._transport.pause_reading()
                task = asyncio.get_running_loop().create_task(self._upgrade())
                task.add_done_callback(_raise_nothing)
        elif self._paused and not self._choked and protocol.buffered <= _PAUSE_ABOVE:
            self._paused = False
            self._transport.resume_reading()

    def _go_on(self) -> None:
        """Answer what waits."""
        if self._closing:
            return
        try:
            self._answer_events(b"")
        except Exception as error:  # noqa: BLE001 - as in data_received
            self._session.failed(error)

    async def _upgrade(self) -> None:
        assert self._tls is not None  # STARTTLS is answered 220 only with a context  # noqa: S101
        loop = asyncio.get_running_loop()
        try:
            transport = await loop.start_tls(
                self._transport, self, self._tls, server_side=True, ssl_handshake_timeout=HANDSHAKE_SECONDS
            )
        except (OSError, ssl.SSLError, asyncio.CancelledError):
            self._transport.abort()
            return
        if transport is None:
            return
        self._transport = transport
        description = describe_tls(transport)
        self._session.protocol.tls_started(description)
        self._session.secured(description)


class Owner(Protocol):
    """What delivery plugs into a client connection."""

    def on(self, connection: ClientConnection, event: ClientEvent) -> None:
        """Act on an event."""
        ...

    def late(self, connection: ClientConnection) -> None:
        """Act on a deadline that has passed."""
        ...

    def lost(self, connection: ClientConnection, reason: str) -> None:
        """Learn that the connection is gone, whatever was under way on it; `reason` is "" after QUIT."""
        ...


class ClientConnection(asyncio.Protocol):
    """One connection to a next hop. The owner sets `deadline`, a time of `Deadlines.now` (0: none)."""

    def __init__(
        self,
        protocol: ClientProtocol,
        owner: Owner,
        deadlines: Deadlines,
        tls: ssl.SSLContext | None = None,
        server_hostname: str = "",
    ) -> None:
        self.protocol = protocol
        self.peer = ""
        self.tls = ""
        self.tls_failed = False
        self.deadline = 0.0
        self._owner = owner
        self._deadlines = deadlines
        self._tls = tls
        self._server_hostname = server_hostname
        self._transport: asyncio.Transport | None = None
        self._content: Iterator[bytes] | None = None
        self._paused = False
        self._reason = "the connection was closed by the next hop"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the greeting."""
        self._transport = cast("asyncio.Transport", transport)
        self._deadlines.connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Feed the protocol and tell the owner."""
        self.protocol.receive(data)
        self._tell_events()

    def send(self, transaction: Transaction) -> None:
        """Begin a transaction on a connection that is ready."""
        self.protocol.send(transaction)
        self._tell_events()  # one that the next hop cannot take is refused at once, by the protocol itself

    def send_content(self, content: Iterator[bytes]) -> None:
        """Send the content asked for by WantContent, no faster than the next hop reads it."""
        self._content = content
        if not self._paused:
            self._send_more()

    def send_whole(self, content: bytes) -> None:
        """Send a content that is at hand, in one write."""
        if self._transport is not None:
            stuffed = self.protocol.content(content)
            self._transport.writelines((stuffed, self.protocol.end_of_content()))

    def quit(self) -> None:
        """Say QUIT and close when it is answered."""
        self.protocol.quit()
        self.flush()

    def abort(self, reason: str) -> None:
        """Drop the connection; the owner hears `reason`."""
        self._reason = reason
        if self._transport is not None:
            self._transport.abort()

    def flush(self) -> None:
        """Write what the protocol has queued."""
        out = self.protocol.data_to_send()
        if out and self._transport is not None:
            self._transport.write(out)

    def look(self, now: float) -> None:
        """Tell the owner when the deadline has passed."""
        if 0 < self.deadline < now:
            self.deadline = 0.0
            self._owner.late(self)

    def pause_writing(self) -> None:
        """Wait: the next hop reads slowly."""
        self._paused = True

    def resume_writing(self) -> None:
        """Go on: the next hop has caught up."""
        self._paused = False
        if self._content is not None:
            self._send_more()

    def eof_received(self) -> bool:
        """Close when the next hop ends its side."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the owner."""
        self._deadlines.connections.discard(self)
        self._transport = None
        self._content = None
        reason = self._reason
        if isinstance(exc, ssl.SSLError):
            self.tls_failed = True
            reason = _handshake_failed(exc)
        elif isinstance(exc, OSError):
            reason = f"the connection broke: {exc.strerror or exc}"
        self._owner.lost(self, "" if self.protocol.quitting else reason)

    def _tell_events(self) -> None:
        protocol = self.protocol
        while (event := protocol.next_event()) is not None:
            if type(event) is StartTlsWanted:
                self.flush()
                task = asyncio.get_running_loop().create_task(self._upgrade())
                task.add_done_callback(_raise_nothing)
                return
            self._owner.on(self, event)
        self.flush()

    def _send_more(self) -> None:
        content, transport = self._content, self._transport
        if content is None or transport is None:
            return
        try:
            for chunk in content:
                transport.write(self.protocol.content(chunk))
                if self._paused:
                    return
        except OSError as error:
            # The content cannot be read: never send a cut message with a final dot.
            self.abort(f"the content could not be read from the spool: {error.strerror}")
            return
        self._content = None
        transport.write(self.protocol.end_of_content())

    async def _upgrade(self) -> None:
        loop = asyncio.get_running_loop()
        transport = self._transport
        if transport is None or self._tls is None:
            return
        try:
            upgraded = await loop.start_tls(
                transport,
                self,
                self._tls,
                server_hostname=self._server_hostname or None,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
            )
        except OSError as error:
            self.tls_failed = True
            self.abort(_handshake_failed(error))
            return
        if upgraded is None:
            return
        self._transport = upgraded
        self.tls = describe_tls(upgraded)
        self.protocol.tls_started()
        self._tell_events()


def _handshake_failed(error: OSError) -> str:
    why = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else ""
    if not why:
        why = (error.reason or "").replace("_", " ").lower() if isinstance(error, ssl.SSLError) else ""
    return f"the TLS handshake failed: {why or error.strerror or 'the next hop closed the connection'}"


def describe_tls(transport: asyncio.BaseTransport) -> str:
    """Name protocol version and cipher of a TLS transport, for example "TLSv1.3 TLS_AES_256_GCM_SHA384"."""
    tls = transport.get_extra_info("ssl_object")
    if tls is None:
        return ""
    cipher = tls.cipher()
    return f"{tls.version()} {cipher[0] if cipher else ''}".strip()


def _raise_nothing(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        task.exception()
