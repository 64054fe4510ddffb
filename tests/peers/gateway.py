"""A real gateway for tests: `gatepost run` as a process of its own on loopback, stopped by its process id."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from tests.peers.server import HOST, Server


class Gateway(Server):
    """A running gateway. `settings` are TOML values; listener, data directory and pages are set here."""

    name = "gateway"
    stop_seconds = 25.0

    def __init__(self, port: int, web_port: int = 0, settings: dict[str, Any] | None = None) -> None:
        super().__init__(port)
        self.web_port = web_port
        self.settings = settings or {}
        self.data_dir = Path()

    def prepare(self) -> None:
        """Write the settings."""
        self.data_dir = self.folder / "data"
        values: dict[str, Any] = {
            "host": "gateway.test",
            "data_dir": str(self.data_dir),
            "workers": 1,
            "listener": [{}],
            "dns": {"nameservers": [f"{HOST}:9"]},  # nobody: no test asks the world
            "web": {"address": f"{HOST}:{self.web_port}" if self.web_port else ""},
        }
        values.update(self.settings)
        values["checks"] = {"greylist": {"mode": "off"}, **values.get("checks", {})}  # tests of it turn it on
        values["listener"] = [{**listener, "address": self.address} for listener in values["listener"]]
        self.config.write_text(to_toml(values))

    @property
    def config(self) -> Path:
        """Name the settings file."""
        return self.folder / "gatepost.toml"

    def command(self) -> list[str]:
        """Give the command."""
        return [sys.executable, "-m", "gatepost", "run", "-c", str(self.config)]

    def workers(self) -> list[int]:
        """Give the process ids of the supervisor's children, oldest first."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [int(pid) for pid in children]

    def ready(self) -> bool:
        """Tell whether it greets; a relay listener may refuse us and still be up."""
        import socket

        try:
            with socket.create_connection((HOST, self.port), 1) as connection:
                connection.settimeout(5)
                return bool(connection.recv(512))
        except OSError:
            return False


def to_toml(values: dict[str, Any]) -> str:
    """Write nested values as TOML, inline below the first level."""
    return "".join(f"{name} = {_inline(value)}\n" for name, value in values.items())


def _inline(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case dict():
            return "{" + ", ".join(f"{name} = {_inline(inner)}" for name, inner in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(_inline, value)) + "]"
        case _:
            return str(value)


def environment() -> dict[str, str]:
    """Give the environment for command-line runs in tests: wide enough, without colour."""
    return {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
