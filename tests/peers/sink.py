"""Postfix's load tools: smtp-sink, which takes everything and keeps nothing, and smtp-source, which sends.

The sink stands where a next hop would and can count, keep, defer or refuse what it gets; it costs about
0.15 ms of CPU per message, the source about the same.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.peers.server import HOST, Server


class Sink(Server):
    """smtp-sink on a loopback port: counts messages, and keeps each in a file of its own when `keep` is set.

    `options` are smtp-sink's own: ("-L",) to speak LMTP, ("-r", "RCPT") to defer, ("-f", "MAIL") to refuse.
    """

    name = "sink"

    def __init__(self, port: int, *, keep: bool = False, options: Sequence[str] = ()) -> None:
        super().__init__(port)
        self.keep = keep
        self.options = options

    def prepare(self) -> None:
        (self.folder / "kept").mkdir()
        (self.folder / "kept").chmod(0o777)

    def command(self) -> list[str]:
        rights = ["-u", "nobody"] if os.geteuid() == 0 else []
        keep = ["-d", f"{self.folder}/kept/"] if self.keep else []
        return [
            "/usr/sbin/smtp-sink",
            "-c",
            *rights,
            "-m",
            "4000",
            *keep,
            *self.options,
            self.address,
            "4096",
        ]

    def count(self) -> int:
        """Count the messages taken so far."""
        with self.output.open("rb") as output:
            output.seek(max(0, output.seek(0, os.SEEK_END) - 256))
            counters = re.findall(rb"mesg=(\d+)", output.read().rpartition(b"\r")[0])
        return int(counters[-1]) if counters else 0

    def wait_for(self, count: int, seconds: float = 30) -> int:
        """Wait until `count` messages were taken, at most `seconds`; the number at that moment."""
        end = time.monotonic() + seconds
        while (taken := self.count()) < count and time.monotonic() < end:
            time.sleep(0.005)  # a number that another program writes: there is nothing to wait on
        return taken

    def messages(self) -> list[bytes]:
        """Read what was kept: X- fields of smtp-sink with the envelope on top, lines end in LF."""
        return [path.read_bytes() for path in sorted((self.folder / "kept").iterdir())]


def source_command(
    port: int,
    count: int,
    *,
    sessions: int = 1,
    kept: bool = False,
    size: int = 10_240,
    file: Path | None = None,
    reverse_path: str = "a@sender.test",
    recipient: str = "b@recipient.test",
) -> list[str]:
    """Give the smtp-source command that sends `count` messages of `size` octets, or a file, over `sessions`.

    With `kept` each session sends all its messages over one connection, else each message has its own.
    """
    what = ["-F", str(file)] if file else ["-l", str(size)]
    connections = ["-d"] if kept else []
    return [
        *("/usr/sbin/smtp-source", "-s", str(sessions), "-m", str(count), "-C", "10"),
        *("-f", reverse_path, "-t", recipient),
        *what,
        *connections,
        f"{HOST}:{port}",
    ]


def send(port: int, count: int, *, seconds: float = 60, **how: object) -> None:
    """Send messages as `source_command` says; raise CalledProcessError when one of them was not taken."""
    command = source_command(port, count, **how)  # type: ignore[arg-type]
    subprocess.run(command, capture_output=True, timeout=seconds, check=True)


@pytest.fixture
def sink(free_port: Callable[[], int]) -> Iterator[Sink]:
    """Start an smtp-sink that keeps what it gets."""
    with Sink(free_port(), keep=True) as server:
        yield server
