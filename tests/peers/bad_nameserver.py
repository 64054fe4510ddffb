"""A name server that does everything wrong, each name in its own way: what the first label of a name asks for.

It runs in threads of this process, by UDP and TCP on one loopback port. As a stub of Unbound it is a bad
authoritative server; asked directly, a bad resolver.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Final, Self

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from tests.peers.server import HOST

BIG: Final = 1000  # addresses in an answer that needs TCP
TOO_LONG: Final = ("tcp", "big", "huge", "notcp", "slowtcp", "halftcp", "truncatedtcp")
HUGE: Final = 250  # strings of 250 octets in the largest answer that there can be


class BadNameserver:
    """Serve until the context ends. `asked` counts the questions by name, in lower case without a final dot."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: Counter[str] = Counter()
        self.by_tcp: Counter[str] = Counter()
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._ended = threading.Event()

    @property
    def address(self) -> str:
        """Name the place to connect to, as settings write it."""
        return f"{HOST}:{self.port}"

    def __enter__(self) -> Self:
        self._udp.bind((HOST, self.port))
        self._tcp.bind((HOST, self.port))
        self._tcp.listen(64)
        for serve in (self._datagrams, self._connections):
            threading.Thread(target=serve, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended.set()
        for sock in (self._udp, self._tcp):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _datagrams(self) -> None:
        while not self._ended.is_set():
            try:
                octets, address = self._udp.recvfrom(65_535)
            except OSError:
                continue

            def send(answer: bytes, address: tuple[str, int] = address) -> None:
                with contextlib.suppress(OSError):
                    self._udp.sendto(answer, address)

            threading.Thread(target=self._answer, args=(octets, send, False), daemon=True).start()

    def _connections(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._tcp.accept()
            except OSError:
                continue
            threading.Thread(target=self._connection, args=(connection,), daemon=True).start()

    def _connection(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, struct.error):
            (length,) = struct.unpack("!H", connection.recv(2, socket.MSG_WAITALL))
            octets = connection.recv(length, socket.MSG_WAITALL)
            self._answer(
                octets, lambda answer: connection.sendall(struct.pack("!H", len(answer)) + answer), True
            )

    def _answer(self, octets: bytes, send: Callable[[bytes], None], by_tcp: bool) -> None:
        try:
            asked = dns.message.from_wire(octets)
        except dns.exception.DNSException:
            return
        name = asked.question[0].name
        text = name.to_text(omit_final_dot=True).lower()
        (self.by_tcp if by_tcp else self.asked)[text] += 1
        way, _, rest = text.partition(".")[0].partition("-")
        answer = dns.message.make_response(asked, recursion_available=True)
        answer.flags |= dns.flags.AA
        if way == "slow":
            time.sleep(int(rest) / 1000)
            way = "good"
        if way == "formerr" and asked.edns < 0:
            way = "good"
        if way in TOO_LONG and not by_tcp:
            answer.flags |= dns.flags.TC
            send(answer.to_wire())
        elif not odd(way, asked, octets, send):
            fill(answer, way, int(rest) if rest.isdigit() else 0)
            send(answer.to_wire(max_size=65_535 if by_tcp else 0))


def odd(way: str, asked: dns.message.Message, octets: bytes, send: Callable[[bytes], None]) -> bool:
    """Send what is no answer, before the true one or instead of it; tell whether that was all."""
    name = asked.question[0].name
    good = dns.message.make_response(asked, recursion_available=True)
    add(good, name, "A", "192.0.2.1")
    good.use_edns(False)
    match way:
        case "nothing" | "notcp":
            pass
        case "slowtcp":
            time.sleep(10)
        case "garbage":
            send(octets[:2] + b"\x81\x80" + os.urandom(40))
        case "cut":
            send(good.to_wire()[:-6])
        case "halftcp":
            send(good.to_wire()[:-2])
        case "other":  # the answer to another question, and then the true one
            other = dns.name.from_text("elsewhere.test.")
            wrong = dns.message.make_response(dns.message.make_query(other, "A", id=asked.id))
            add(wrong, other, "A", "192.0.2.66")
            send(wrong.to_wire())
            return False
        case "guess":  # many answers with other numbers, and then the true one
            for number in range(64):
                good.id = asked.id ^ (number + 1)
                send(good.to_wire())
            return False
        case _:
            return False
    return True


def fill(answer: dns.message.Message, way: str, number: int) -> None:
    """Write the answer that the way wants: a good one by default."""
    name = answer.question[0].name
    parent = dns.name.Name(name.labels[1:])
    match way:
        case "servfail" | "refused" | "notimp" | "formerr" | "yxdomain":
            answer.set_rcode(dns.rcode.from_text(way))
            if way == "formerr":
                answer.use_edns(False)
        case "lame":  # it sends us up to the root (RFC 8499, "lame delegation")
            answer.flags &= ~dns.flags.AA
            add(answer, dns.name.root, "NS", "ns.elsewhere.test.", section=answer.authority)
        case "loop":
            add(answer, name, "CNAME", f"loop-2.{parent}")
            add(answer, dns.name.from_text(f"loop-2.{parent}"), "CNAME", name.to_text())
        case "chain":
            for step in range(number, 0, -1):
                target = dns.name.from_text(f"chain-{step - 1}.{parent}")
                add(answer, name, "CNAME", target.to_text())
                name = target
            add(answer, name, "A", "192.0.2.1")
        case "big":
            add(answer, name, "A", *[f"10.0.{each >> 8}.{each & 255}" for each in range(BIG)])
        case "huge":
            add(answer, name, "TXT", " ".join(f'"{"x" * 250}"' for _ in range(HUGE)))
        case "truncatedtcp":
            answer.flags |= dns.flags.TC
        case "nosoa":
            answer.set_rcode(dns.rcode.NXDOMAIN)
        case "absent":
            answer.set_rcode(dns.rcode.NXDOMAIN)
            soa = "ns.test. hostmaster.test. 1 2 3 4 77"
            add(answer, dns.name.from_text("test."), "SOA", soa, section=answer.authority)
        case "stray":  # a record of another name, which nobody asked for
            add(answer, dns.name.from_text("bank.test."), "A", "192.0.2.66")
        case _:
            add(answer, name, "A", "192.0.2.1")


def add(
    message: dns.message.Message,
    name: dns.name.Name,
    kind: str,
    *records: str,
    section: list[dns.rrset.RRset] | None = None,
) -> None:
    """Put records into a section, the answers when none is named."""
    rrset = dns.rrset.from_text_list(name, 300, dns.rdataclass.IN, dns.rdatatype.from_text(kind), records)
    (message.answer if section is None else section).append(rrset)
