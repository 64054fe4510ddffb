"""The two servers that are compared, each with the settings it comes with, and what counts their CPU.

Postfix runs with Debian's default queue and the limits on one client's connections off; Gatepost with its
defaults and the same limits off. Nothing else is tuned on either side.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.accounting import Account
from tests.peers.postfix import Postfix
from tests.peers.server import Server
from tests.peers.sink import Sink


class Counted:
    """Mix-in for a server whose processes are started into an account."""

    account: Account

    def command(self) -> list[str]:
        """Give the server's own command, counted."""
        return self.account.prefix() + super().command()  # type: ignore[misc,no-any-return]


class CountedPostfix(Counted, Postfix):
    """Postfix: relays to the next hop, or keeps all mail in its queue when there is none."""

    def __init__(self, port: int, next_hop: str) -> None:
        # It makes 20 deliveries at a time to one next hop and delays input when output lags: both stay.
        super().__init__(
            port, next_hop or "127.0.0.1:9", {} if next_hop else {"defer_transports": "smtp, relay"}
        )
        self.account = Account("postfix")


class CountedSink(Counted, Sink):
    """The last hop, which takes everything."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.account = Account("sink")


class Gatepost(Server):
    """The gateway: relays to the next hop, or holds all mail when there is none."""

    name = "gatepost"

    def __init__(self, port: int, web_port: int, next_hop: str) -> None:
        super().__init__(port)
        self.web_port = web_port
        self.next_hop = next_hop

    def prepare(self) -> None:
        """Write the settings."""
        hop = f'next_hop = ["{self.next_hop}"]' if self.next_hop else ""
        (self.folder / "gatepost.toml").write_text(f"""\
data_dir = "data"
host = "gatepost.test"
[[listener]]
address = "{self.address}"
[[domain]]
name = "*"
{hop}
[reception]
max_connections_per_client = 1000
[web]
address = "127.0.0.1:{self.web_port}"
""")

    def command(self) -> list[str]:
        """Run it from the virtual environment this runs in."""
        return [str(Path(sys.executable).with_name("gatepost")), "run", "-c", "gatepost.toml"]


class CountedGatepost(Counted, Gatepost):
    """The gateway, counted."""

    def __init__(self, port: int, web_port: int, next_hop: str) -> None:
        super().__init__(port, web_port, next_hop)
        self.account = Account("gatepost")
