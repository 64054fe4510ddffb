"""The name server of the demonstration: a few TXT records by UDP, so that nothing is asked of the world.

It knows the one form of a question that the resolver sends, and that every other name does not exist.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping
from typing import Final, cast

_HEAD: Final = 12  # octets of a DNS header (RFC 1035 §4.1.1)
_TXT: Final = 16
_ANSWERED: Final = 0x8580  # a response, authoritative, recursion desired and available
_NXDOMAIN: Final = 3


class DemoNames(asyncio.DatagramProtocol):
    """Answer from a table of TXT records by name, in lower case; each text has 255 octets at most."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self._table = table

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers are sent by."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one question."""
        self._transport.sendto(answer(data, self._table), addr)


def answer(question: bytes, table: Mapping[str, str]) -> bytes:
    """Write the answer to a question; what is none is answered as a name that does not exist."""
    labels: list[str] = []
    at = _HEAD
    while at < len(question) and (length := question[at]):
        labels.append(question[at + 1 : at + 1 + length].decode("ascii", "replace").lower())
        at += 1 + length
    end = at + 5  # the root's label, type and class
    name = ".".join(labels)
    text = table.get(name)
    kind = int.from_bytes(question[at + 1 : at + 3], "big")
    exists = name in table or any(known.endswith(f".{name}") for known in table)
    found = text.encode() if text is not None and kind == _TXT else b""
    flags = _ANSWERED if exists else _ANSWERED | _NXDOMAIN
    head = question[:2] + struct.pack("!HHHHH", flags, 1, 1 if found else 0, 0, 0)
    if not found:
        return head + question[_HEAD:end]
    octets = bytes([len(found)]) + found
    # 0xC00C points to the name in the question (RFC 1035 §4.1.4).
    return head + question[_HEAD:end] + struct.pack("!HHHIH", 0xC00C, _TXT, 1, 60, len(octets)) + octets
