"""Serving the pages on a socket that the gateway opened, in a process of their own.

A page that takes long, or a browser that misbehaves, then costs no message anything. Stops on SIGTERM or SIGINT:
open streams are ended, pages being made are finished.
"""

from __future__ import annotations

import signal
import socket
from types import FrameType
from typing import Final

import uvicorn
from starlette.applications import Starlette

MAX_CONNECTIONS: Final = 256
_PATIENCE: Final = 3  # seconds that a stop waits for pages being made


class Server(uvicorn.Server):
    """A uvicorn server that ends its streams first, and whose stop by a signal is an ordinary end."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the base class names it
        """Stop; a second SIGINT stops without waiting."""
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, which would otherwise never end, and then the rest."""
        app = self.config.app
        if isinstance(app, Starlette):
            app.state.live.close()
        await super().shutdown(sockets)


def make_server(app: Starlette) -> Server:
    """Configure a server for the pages."""
    return Server(
        uvicorn.Config(
            app,
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="on",
            log_config=None,  # what the gateway set up
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=_PATIENCE,
        )
    )


def serve(sock: socket.socket, app: Starlette) -> None:
    """Serve `app` on a listening socket until SIGTERM or SIGINT; returns when everything is closed."""
    make_server(app).run(sockets=[sock])
