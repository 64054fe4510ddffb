"""Two network namespaces with a cable between them: in one the gateway lives, in the other a stranger.

A client on loopback is one of us to the gateway, and is not looked at as others are. Here it gets one from elsewhere,
with an address of RFC 5737, which no other process of the machine sees. Needs root, and the right to make namespaces.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

HERE: Final = "192.0.2.1"
STRANGER: Final = "198.51.100.7"
_NETWORK: Final = "198.51.100.0/24"
_CLONE_NEWNET: Final = 0x40000000


class Namespaces:
    """The two namespaces; they and all that is in them are gone when the context ends."""

    def __init__(self) -> None:
        self.home = f"gatepost-home-{os.getpid()}"
        self.elsewhere = f"gatepost-elsewhere-{os.getpid()}"

    def __enter__(self) -> Self:
        """Make them. Raises OSError when this is not allowed here."""
        try:
            for name in (self.home, self.elsewhere):
                _ip("netns", "add", name)
                _ip("-n", name, "link", "set", "lo", "up")
            other_end = ("peer", "name", "cable", "netns", self.elsewhere)
            _ip("-n", self.home, "link", "add", "cable", "type", "veth", *other_end)
            for name, address, route in (
                (self.home, f"{HERE}/32", _NETWORK),
                (self.elsewhere, f"{STRANGER}/32", f"{HERE}/32"),
            ):
                _ip("-n", name, "address", "add", address, "dev", "cable")
                _ip("-n", name, "link", "set", "cable", "up")
                _ip("-n", name, "route", "add", route, "dev", "cable")
        except OSError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        for name in (self.home, self.elsewhere):
            with contextlib.suppress(OSError):
                _ip("netns", "delete", name)


@contextlib.contextmanager
def inside(name: str) -> Iterator[None]:
    """Let this thread, and the processes it starts, be in a namespace. A socket stays where it was made."""
    with Path("/proc/thread-self/ns/net").open() as before:
        _enter(Path("/run/netns", name))
        try:
            yield
        finally:
            _set_namespace(before.fileno())


def _enter(path: Path) -> None:
    with path.open() as namespace:
        _set_namespace(namespace.fileno())


def _set_namespace(descriptor: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, timeout=20, check=False)
    if done.returncode:
        raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
