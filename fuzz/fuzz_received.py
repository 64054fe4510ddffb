"""Search for Received fields that break the finding of addresses in them."""

from __future__ import annotations

from gatepost.checks.connection.address import is_local
from gatepost.checks.connection.received import received_addresses
from gatepost.mail.fields import split


def target(data: bytes) -> None:
    """Any header gives at most as many addresses as are wanted, each once, none of them local."""
    for content in (data, b"Received: " + data):
        found = received_addresses(split(content).fields, 5)
        assert len(found) == len(set(found)) <= 5
        assert not any(map(is_local, found))
