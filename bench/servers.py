"""The two servers that are compared, each with the settings it comes with, and what counts their CPU.

Postfix runs with Debian's default queue and the limits on one client's connections off; Gatepost with its
defaults and the same limits off. Nothing else is tuned on either side.
"""

from __future__ import annotations

from bench.accounting import Account
from tests.peers.gateway import Gateway
from tests.peers.postfix import Postfix
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


class CountedGatepost(Counted, Gateway):
    """The gateway, a worker for each core: relays to the next hop, or holds all mail when there is none."""

    name = "gatepost"

    def __init__(self, port: int, web_port: int, next_hop: str) -> None:
        domain = {"name": "*", "next_hop": [next_hop] if next_hop else []}
        limits = {"max_connections_per_client": 1000}
        super().__init__(port, web_port, {"workers": 0, "domain": [domain], "reception": limits})
        self.account = Account("gatepost")
