"""A private NSD: the authoritative server for zones of the tests' own, with nobody above it."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from tests.peers.server import HOST, Server

HEAD = """\
$ORIGIN {zone}.
$TTL 300
@ IN SOA ns.{zone}. hostmaster.{zone}. 1 3600 600 86400 {minimum}
@ IN NS ns.{zone}.
"""


class Nsd(Server):
    """NSD on a loopback port, UDP and TCP. `zones` maps a zone's name to its records, SOA and NS aside."""

    name = "nsd"

    def __init__(self, port: int, zones: Mapping[str, str], minimum: int = 60) -> None:
        super().__init__(port)
        self.zones = zones
        self.minimum = minimum

    def prepare(self) -> None:
        lines = [
            "server:",
            f"  ip-address: {HOST}@{self.port}",
            f'  zonesdir: "{self.folder}"',
            f'  zonelistfile: "{self.folder}/zone.list"',
            f'  xfrdfile: "{self.folder}/xfrd.state"',
            f'  xfrdir: "{self.folder}"',
            '  username: ""\n  chroot: ""\n  pidfile: ""\n  database: ""',
            "  server-count: 1",
            "remote-control:\n  control-enable: no",
        ]
        for number, (zone, records) in enumerate(self.zones.items()):
            head = HEAD.format(zone=zone, minimum=self.minimum)
            (self.folder / f"{number}.zone").write_text(head + records)
            lines += ["zone:", f'  name: "{zone}"', f'  zonefile: "{number}.zone"']
        (self.folder / "nsd.conf").write_text("\n".join(lines) + "\n")

    def command(self) -> list[str]:
        return ["/usr/sbin/nsd", "-d", "-c", str(self.folder / "nsd.conf")]

    def ready(self) -> bool:
        return answers(self.port)


def answers(port: int) -> bool:
    """Tell whether a name server on the loopback port answers anything."""
    # Number 1, one question: the name servers of the root.
    question = b"\0\1\1\0\0\1\0\0\0\0\0\0" + b"\0\0\2\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(0.5)
        try:
            asking.connect((HOST, port))
            asking.send(question)
            return asking.recv(512).startswith(b"\0\1")
        except OSError:
            return False
