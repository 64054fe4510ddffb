"""What the private servers of the tests share: a folder, a port on loopback, a process, and its end.

A server here is a context manager. It starts a real program in the foreground with a configuration of its
own, waits until it answers, and on leaving ends exactly the process group it started. Nothing of the system's
own services, queues or mailboxes is read or written.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

HOST = "127.0.0.1"
# These servers give up their rights to this user for everything that touches mail.
NOBODY = 65534

# Below the ephemeral range (32768 up), so that no outgoing connection can take a port between choice and use.
PORTS = range(20_000, 32_000)


class Server:
    """A program on loopback in a folder of its own; stopped by process id when the context ends."""

    name = "server"
    start_seconds = 30.0
    stop_seconds = 10.0

    def __init__(self, port: int) -> None:
        self.port = port
        self.folder = Path()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Name the place to connect to, as settings write it."""
        return f"{HOST}:{self.port}"

    def prepare(self) -> None:
        """Write the configuration into `self.folder`."""

    def command(self) -> list[str]:
        """Give the command that runs the server in the foreground."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Tell whether the server serves by now; asked every few milliseconds until it does."""
        return greets(self.port)

    def __enter__(self) -> Self:
        # Not below pytest's own folder: that one is closed to the users these servers run as, and its path is
        # too long for a Unix socket.
        self.folder = Path(tempfile.mkdtemp(prefix=f"gatepost-{self.name}-"))
        self.folder.chmod(0o755)
        try:
            self.prepare()
            with self.output.open("wb") as output:
                self.process = subprocess.Popen(
                    self.command(),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=self.folder,
                    start_new_session=True,
                )
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        if self.process is not None:
            end_group(self.process, self.stop_seconds)
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pid(self) -> int:
        """Give the process id of the server's first process."""
        assert self.process is not None
        return self.process.pid

    @property
    def output(self) -> Path:
        """Name the file with what the server wrote to its standard streams."""
        return self.folder / "output"

    def words(self) -> str:
        """Give the last of what the server said, for a failure message."""
        texts = [
            path.read_text(errors="replace")[-2000:]
            for path in (self.output, self.folder / "log")
            if path.exists()
        ]
        return "\n".join(texts).strip()

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        end = time.monotonic() + self.start_seconds
        while not self.ready():
            try:
                status = self.process.wait(0.02)
            except subprocess.TimeoutExpired:
                if time.monotonic() < end:
                    continue
                raise RuntimeError(
                    f"{self.name} did not serve within {self.start_seconds} s: {self.words()}"
                ) from None
            raise RuntimeError(f"{self.name} ended with status {status} before it served: {self.words()}")


def greets(port: int) -> bool:
    """Tell whether somebody on the loopback port opens with a 220."""
    try:
        with socket.create_connection((HOST, port), 1) as connection:
            connection.settimeout(5)
            greeting = connection.recv(512)
            connection.sendall(b"QUIT\r\n")
            connection.recv(512)
    except OSError:
        return False
    return greeting.startswith(b"220")


def end_group(process: subprocess.Popen[bytes], seconds: float) -> None:
    """End the process and all of its group: politely first, for good after `seconds`."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        end = time.monotonic() + seconds
        while living(process.pid) and time.monotonic() < end:
            process.poll()
            time.sleep(0.01)  # the others are not our children: they cannot be awaited
    process.wait(seconds)


def living(group: int) -> list[int]:
    """List the processes of a group that still run, without those that ended and wait to be reaped."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _parent, of_group = entry.read_text().rpartition(")")[2].split()[:3]
            if int(of_group) == group and state not in "ZX":
                found.append(int(entry.parent.name))
    return found


def maildir(folder: Path) -> list[bytes]:
    """Read all messages of a maildir, in order of arrival, with the line ends they are stored with."""
    found = [path for part in ("new", "cur") for path in (folder / part).glob("*")]
    return [path.read_bytes() for path in sorted(found, key=lambda path: path.stat().st_mtime_ns)]


def free_ports() -> Iterator[int]:
    """Yield loopback ports that nobody listens on, apart from those that parallel test workers get."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4
    share = len(PORTS) // 4
    mine = list(PORTS[worker * share : (worker + 1) * share])
    random.shuffle(mine)
    for port in mine:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        yield port
