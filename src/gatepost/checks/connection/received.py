"""The addresses in Received fields: the hosts that a message says it came through.

Anybody can write such a field, so what is found here may speak against a message, never for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from gatepost.checks.connection.address import Address, address_of, is_local
from gatepost.mail.fields import Field

MAX_FIELDS: Final = 50
MAX_OCTETS: Final = 2000  # of one field: what stands behind them was not written by a mail server

# "[192.0.2.1]" and "[IPv6:2001:db8::1]" (RFC 5321 §4.4), and "(192.0.2.1)" as some servers write it.
_ADDRESS = re.compile(rb"[\[(](?:[Ii][Pp][Vv]6:)?([0-9A-Fa-f]{1,4}[.:][0-9A-Fa-f.:]{3,42})[\])]")


def received_addresses(fields: Iterable[Field], limit: int) -> tuple[Address, ...]:
    """Give the first `limit` addresses in Received fields, from the top, each once; local ones are nobody's."""
    found: dict[Address, None] = {}
    received = [field for field in fields if field.name == "received"]
    for field in received[:MAX_FIELDS]:
        for text in _ADDRESS.findall(field.raw[:MAX_OCTETS]):
            address = address_of(text.decode("ascii"))
            if address is not None and not is_local(address):
                found[address] = None
                if len(found) >= limit:
                    return tuple(found)
    return tuple(found)
