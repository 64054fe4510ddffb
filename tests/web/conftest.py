"""The pages under a real server, with a journal and a spool of their own and a clock that stands still."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from starlette.applications import Starlette

from gatepost.gateway.dmarc.overview import Overview
from gatepost.journal.records import AnyRecord
from gatepost.web.app import create_app
from gatepost.web.server import make_server
from tests.web import sample

NOW = 1_793_000_000.0
TIMEOUT = 20.0


class Site:
    """A running server; `get` asks it for a page."""

    def __init__(self, directory: Path) -> None:
        self.journal = directory / "journal"
        self.spool = directory / "spool"
        self.reported: Callable[[float], Overview | None] = lambda _: None
        self.app: Starlette = create_app(
            self.journal, self.spool, lambda: NOW, "192.0.2.1:8025", lambda since: self.reported(since)
        )
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._server = make_server(self.app)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(
        self, path: str, method: str = "GET", fields: Mapping[str, str] | None = None
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        connection.request(method, path, headers=dict(fields or {}))
        return connection, connection.getresponse()

    def get(
        self, path: str, method: str = "GET", fields: Mapping[str, str] | None = None
    ) -> tuple[int, http.client.HTTPMessage, str]:
        connection, response = self.open(path, method, fields)
        try:
            return response.status, response.headers, response.read().decode()
        finally:
            connection.close()

    def happen(self, *stories: Sequence[AnyRecord], name: str = "worker1") -> None:
        sample.write(self.journal, stories, name)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(TIMEOUT)
        self._socket.close()
        assert not self._thread.is_alive()


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[[], Site]]:
    """Start the server when the test has laid out what was there before."""
    sites: list[Site] = []

    def start() -> Site:
        sites.append(Site(tmp_path))
        return sites[-1]

    yield start
    for site in sites:
        site.stop()


@pytest.fixture
def site(begin: Callable[[], Site], tmp_path: Path) -> Site:
    """Serve the pages of a gateway that has had twenty minutes of all kinds of mail."""
    stories = sample.everything(NOW)
    sample.write(tmp_path / "journal", stories)
    sample.fill_spool(tmp_path / "spool" / "0", stories)
    return begin()
