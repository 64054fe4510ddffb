"""A real clamd of our own for tests: its own signatures, its own unix socket, stopped by its process id.

Two signatures are known: `Gatepost.Eicar-Test` for the EICAR test string and `Gatepost.Marker-Test` for the
words of MARKER. (clamd adds ".UNOFFICIAL" to the names of signatures that are not signed by its makers.)

    @pytest.mark.peer("clamd")
    def test_something(tmp_path):
        with clamd_running(tmp_path) as clamd:
            ... clamd.address ...
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import subprocess
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SIGNATURES = Path(__file__).with_name("clamd")
# Written as base64, so that a scanner on the developer's machine does not take this file away.
EICAR = b64decode(
    "WDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9JEVJQ0FSLVNUQU5EQVJELUFOVElWSVJVUy1URVNULUZJTEUhJEgrSCo="
)
MARKER = b"the lighthouse keeper of " + b"Gatepost keeps no receipts"
EICAR_NAME = "Gatepost.Eicar-Test.UNOFFICIAL"
MARKER_NAME = "Gatepost.Marker-Test.UNOFFICIAL"
START_SECONDS = 30


class Clamd:
    """One clamd in `folder`; `settings` are lines of clamd.conf by name."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self._folder = folder
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self.socket = folder / "clamd.sock"
        self.address = f"unix:{self.socket}"

    def start(self) -> None:
        """Start it, and return when it answers."""
        database = self._folder / "signatures"
        shutil.copytree(SIGNATURES, database, dirs_exist_ok=True)
        settings = {
            "Foreground": "yes",
            "LocalSocket": self.socket,
            "DatabaseDirectory": database,
            "TemporaryDirectory": self._folder,
            "MaxThreads": 4,
            "SelfCheck": 3600,
        } | self._settings
        config = self._folder / "clamd.conf"
        config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        self.socket.unlink(missing_ok=True)
        with (self._folder / "clamd.log").open("ab") as log:
            self._process = subprocess.Popen(["clamd", "-c", config], stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(
                    f"clamd does not start:\n{(self._folder / 'clamd.log').read_text()[-2000:]}"
                )
            time.sleep(0.02)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(5)
            try:
                probe.connect(str(self.socket))
                probe.sendall(b"zPING\0")
                return probe.recv(16) == b"PONG\0"
            except OSError:
                return False

    def kill(self) -> None:
        """End it without warning, and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Make it as slow as can be: the system still takes connections for it, but nobody reads."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """End a pause."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    stop = kill  # it holds nothing that could be lost


class Opened:
    """A connection as checks see it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.read = reader.read
        self.write = writer.write
        self.drain = writer.drain
        self.close = writer.transport.abort  # close would wait for a peer that reads nothing, for ever


async def dial(address: str) -> Opened:
    """Open a connection as the gateway's dialer does, on plain asyncio."""
    if address.startswith("unix:"):
        return Opened(*await asyncio.open_unix_connection(address.removeprefix("unix:")))
    host, _, port = address.rpartition(":")
    return Opened(*await asyncio.open_connection(host, int(port)))


@contextmanager
def clamd_running(folder: Path, **settings: Any) -> Iterator[Clamd]:
    """Have a clamd with its files in `folder` (a short path: a socket's name has at most 107 octets)."""
    clamd = Clamd(folder, **settings)
    clamd.start()
    try:
        yield clamd
    finally:
        clamd.stop()
