"""A private Unbound: the recursive resolver that the gateway asks, which knows only the tests' own zones."""

from __future__ import annotations

from collections.abc import Mapping

from tests.peers.nsd import answers
from tests.peers.server import HOST, Server


class Unbound(Server):
    """Unbound on a loopback port. `stubs` maps a zone to the "host:port" of its authoritative server."""

    name = "unbound"

    def __init__(self, port: int, stubs: Mapping[str, str]) -> None:
        super().__init__(port)
        self.stubs = stubs

    def prepare(self) -> None:
        lines = [
            "server:",
            f"  interface: {HOST}@{self.port}",
            f'  directory: "{self.folder}"',
            '  username: ""\n  chroot: ""\n  pidfile: ""',
            "  use-syslog: no\n  num-threads: 1",
            '  module-config: "iterator"',  # no DNSSEC: there is no root above these zones
            "  do-not-query-localhost: no\n  unblock-lan-zones: yes\n  do-ip6: no",
            *[f'  local-zone: "{zone}." nodefault' for zone in (*self.stubs, "test")],
            "remote-control:\n  control-enable: no",
            # Who serves the first zone refuses all others: nobody else is asked.
            f'forward-zone:\n  name: "."\n  forward-addr: {_place(next(iter(self.stubs.values())))}',
        ]
        for zone, address in self.stubs.items():
            lines += ["stub-zone:", f'  name: "{zone}"', f"  stub-addr: {_place(address)}"]
        (self.folder / "unbound.conf").write_text("\n".join(lines) + "\n")

    def command(self) -> list[str]:
        return ["/usr/sbin/unbound", "-d", "-c", str(self.folder / "unbound.conf")]

    def ready(self) -> bool:
        return answers(self.port)


def _place(address: str) -> str:
    return address.replace(":", "@")
