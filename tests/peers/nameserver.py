"""A name server on loopback that answers from a table (`tests.zone.Zone`): what a resolver is to the gateway."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Mapping
from typing import Any, Self, cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from gatepost.mail.dns import Answer, Kind, Status
from tests.peers.server import HOST
from tests.zone import Zone

_KINDS = {"A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "TXT"}
_MAX_DATAGRAM = 1232


class Nameserver:
    """Serve a table by UDP and TCP, in threads of this process, until the context ends."""

    def __init__(self, port: int, table: Mapping[str, Any]) -> None:
        self.port = port
        self.zone = Zone(table)
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    @property
    def address(self) -> str:
        """Name the place to connect to, as settings write it."""
        return f"{HOST}:{self.port}"

    def __enter__(self) -> Self:
        self._udp.bind((HOST, self.port))
        self._tcp.bind((HOST, self.port))
        self._tcp.listen(16)
        for serve in (self._datagrams, self._connections):
            threading.Thread(target=serve, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        for sock in (self._udp, self._tcp):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _datagrams(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                question, peer = self._udp.recvfrom(4096)
                if answer := self._answer(question, _MAX_DATAGRAM):
                    self._udp.sendto(answer, peer)

    def _connections(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._tcp.accept()
                with connection, connection.makefile("rb") as octets:
                    connection.settimeout(5)
                    while len(length := octets.read(2)) == 2:
                        answer = self._answer(octets.read(int.from_bytes(length, "big")), 65_535)
                        connection.sendall(len(answer).to_bytes(2, "big") + answer)

    def _answer(self, octets: bytes, limit: int) -> bytes:
        try:
            question = dns.message.from_wire(octets)
        except Exception:  # noqa: BLE001 - whatever it is, it is no question
            return b""
        [asked] = question.question
        response = dns.message.make_response(question, recursion_available=True)
        kind = dns.rdatatype.to_text(asked.rdtype)
        if kind in _KINDS:
            said = asyncio.run(self.zone.ask(asked.name.to_text(), cast("Kind", kind)))
            self._fill(response, asked.name, kind, said)
        wire = response.to_wire(max_size=65_535)
        if len(wire) > limit:
            cut = dns.message.make_response(question, recursion_available=True)
            cut.flags |= dns.flags.TC
            return cut.to_wire()
        return wire

    @staticmethod
    def _fill(response: dns.message.Message, name: Any, kind: str, said: Answer) -> None:
        match said.status:
            case Status.FOUND:
                response.answer.append(
                    dns.rrset.from_text_list(name, 60, "IN", kind, _texts(kind, said.records))
                )
            case Status.ABSENT:
                response.set_rcode(dns.rcode.NXDOMAIN)
            case Status.FAILED:
                response.set_rcode(dns.rcode.SERVFAIL)
            case Status.EMPTY:
                pass


def _texts(kind: str, records: tuple[str, ...]) -> list[str]:
    """Write records as a zone file has them."""
    if kind == "TXT":
        return [" ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255)) for text in records]
    if kind in {"PTR", "CNAME", "NS", "MX"}:
        return [f"{record.removesuffix('.')}." for record in records]
    return list(records)
