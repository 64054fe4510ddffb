"""One listening socket and the sessions that came through it."""

from __future__ import annotations

import asyncio
import socket

from gatepost.reception.services import Door, Services
from gatepost.reception.session import InboundSession
from gatepost.smtp.aio import Deadlines, ServerConnection


class Listener:
    """Takes connections, makes a session of each, and knows which are open."""

    def __init__(self, services: Services, door: Door) -> None:
        self._services = services
        self._door = door
        self._deadlines = Deadlines(services.loop)
        self._server: asyncio.Server | None = None
        self.sessions: set[InboundSession] = set()

    async def listen(self, sock: socket.socket) -> None:
        """Begin to take connections on a listening socket."""
        self._server = await self._services.loop.create_server(self.connection, sock=sock)

    def connection(self) -> ServerConnection:
        """Give the protocol for one more connection."""
        return ServerConnection(self._accept, self._deadlines, self._door.local, self._door.tls)

    def stop_listening(self) -> None:
        """Take no more connections; those that are open go on."""
        if self._server is not None:
            self._server.close()

    def shut_down_idle(self) -> None:
        """Say 421 to every session that is not in a transaction."""
        for session in tuple(self.sessions):
            session.shut_down()

    def close(self) -> None:
        """Look after time-outs no longer."""
        self._deadlines.close()

    def _accept(self, connection: ServerConnection, client: str, port: int, local: str) -> InboundSession:
        session = InboundSession(
            self._services, self._door, connection, client, port, local, self.sessions.discard
        )
        self.sessions.add(session)
        return session
