"""What the SMTP tests share: three ways to cut octets, a server that answers, and a client and server joined."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import assert_never

import pytest

from gatepost.reply import catalogue
from gatepost.reply.reply import Reply
from gatepost.smtp.client import ClientEvent, ClientProtocol, StartTlsWanted, WantContent
from gatepost.smtp.command import Data, Ehlo, Expn, Help, Mail, Noop, Quit, Rcpt, Rset, StartTls, Vrfy
from gatepost.smtp.server import Chunk, EndOfContent, Event, Fault, Limits, ServerProtocol

Cut = Callable[[bytes], Iterator[bytes]]
SESSION = "7zq4k0v3m8x2a"
HOST = "mx.example.net"


def whole(octets: bytes) -> Iterator[bytes]:
    yield octets


def single(octets: bytes) -> Iterator[bytes]:
    for value in octets:
        yield bytes((value,))


def chance(octets: bytes) -> Iterator[bytes]:
    choice = random.Random(len(octets))
    position = 0
    while position < len(octets):
        size = choice.choice((1, 1, 2, 3, 5, 8, 40, 1000))
        yield octets[position : position + size]
        position += size


@pytest.fixture(params=[whole, single, chance], ids=["whole", "octet by octet", "random chunks"])
def cut(request: pytest.FixtureRequest) -> Cut:
    """Every behaviour is tested in three cuts: it must not matter how the octets come."""
    made: Cut = request.param
    return made


class Server:
    """A server protocol with someone who answers: positively, unless `refuse` names a reply for the kind of event."""

    def __init__(self, cut: Cut = whole, *, limits: Limits | None = None, starttls: bool = False) -> None:
        self.cut = cut
        self.protocol = ServerProtocol(
            host=HOST, session=SESSION, limits=limits or Limits(), starttls=starttls
        )
        self.refuse: dict[type, Reply] = {}
        self.events: list[Event] = []
        self.replies: list[Reply] = []
        self.contents: list[bytes] = []
        self.faults: list[Reply | None] = []
        self._content = bytearray()

    def greet(self, reply: Reply | None = None) -> bytes:
        return self.protocol.greet(reply or catalogue.GREETING.reply(SESSION, host=HOST))

    def feed(self, octets: bytes) -> bytes:
        """Take octets in the cut of the test; give all that was answered."""
        out = []
        for piece in self.cut(octets):
            self.protocol.receive(piece)
            out.append(self.go_on())
        return b"".join(out)

    def go_on(self) -> bytes:
        out = []
        while (event := self.protocol.next_event()) is not None:
            if isinstance(event, Chunk):
                self._content += event.data
                continue
            self.events.append(event)
            if isinstance(event, EndOfContent):
                self.contents.append(bytes(self._content))
                self.faults.append(event.fault)
                self._content.clear()
            reply = self.refuse.get(type(event)) or self.positive(event)
            self.replies.append(reply)
            out.append(self.protocol.answer(reply))
        return b"".join(out)

    def codes(self, octets: bytes) -> list[int]:
        """Take octets; give the codes of the answers."""
        before = len(self.replies)
        self.feed(octets)
        return [reply.code for reply in self.replies[before:]]

    def entries(self, octets: bytes) -> list[str]:
        """Take octets; give the entries of the answers."""
        before = len(self.replies)
        self.feed(octets)
        return [reply.entry for reply in self.replies[before:]]

    def positive(self, event: Event) -> Reply:
        match event:
            case Ehlo(extended=True):
                return catalogue.EHLO_OK.reply(SESSION, host=HOST, more=self.protocol.capabilities())
            case Ehlo():
                return catalogue.HELO_OK.reply(SESSION, host=HOST)
            case Mail():
                return catalogue.MAIL_OK.reply(SESSION)
            case Rcpt():
                return catalogue.RCPT_OK.reply(SESSION)
            case Data():
                return catalogue.DATA_GO.reply(SESSION)
            case EndOfContent(fault=fault):
                return fault or catalogue.MESSAGE_ACCEPTED.reply(SESSION)
            case Fault(reply):
                return reply
            case Rset():
                return catalogue.RESET_OK.reply(SESSION)
            case Noop():
                return catalogue.NOOP_OK.reply(SESSION)
            case Vrfy():
                return catalogue.VRFY_LATER.reply(SESSION)
            case Expn():
                return catalogue.EXPN_OFF.reply(SESSION)
            case Help():
                return catalogue.HELP.reply(SESSION)
            case Quit():
                return catalogue.CLOSING.reply(SESSION, host=HOST)
            case StartTls():
                return catalogue.TLS_GO.reply(SESSION)
            case Chunk():
                raise AssertionError("a chunk wants no answer")
            case _:
                assert_never(event)


class Pair:
    """A client and a server joined by their octets, which `to_server` and `to_client` keep."""

    def __init__(self, server: Server, client: ClientProtocol) -> None:
        self.server = server
        self.client = client
        self.events: list[ClientEvent] = []
        self.content = b""
        self.pieces: Cut = whole
        self.to_server = bytearray()
        self.to_client = bytearray()

    def start(self) -> None:
        self._receive(self.server.greet())
        self.run()

    def deliver(self, transaction: object, content: bytes, pieces: Cut = whole) -> ClientEvent:
        self.content = content
        self.pieces = pieces
        self.client.send(transaction)  # type: ignore[arg-type]
        self.run()
        return self.events[-1]

    def run(self) -> None:
        """Carry octets to and fro until both are silent."""
        while True:
            self._take_events()
            out = self.client.data_to_send()
            if not out:
                return
            self._send(out)

    def _take_events(self) -> None:
        while (event := self.client.next_event()) is not None:
            self.events.append(event)
            if isinstance(event, WantContent):
                for piece in self.pieces(self.content):
                    self._send(self.client.content(piece))
                self._send(self.client.end_of_content())
            elif isinstance(event, StartTlsWanted):
                self.server.protocol.tls_started("TLSv1.3 TEST")
                self.client.tls_started()

    def _send(self, octets: bytes) -> None:
        self.to_server += octets
        self._receive(self.server.feed(octets))

    def _receive(self, octets: bytes) -> None:
        self.to_client += octets
        for piece in self.server.cut(octets):
            self.client.receive(piece)


@pytest.fixture
def make_server(cut: Cut) -> Callable[..., Server]:
    """Make a server that was greeted and takes octets in the cut of the test."""

    def make(*, limits: Limits | None = None, starttls: bool = False) -> Server:
        server = Server(cut, limits=limits, starttls=starttls)
        server.greet()
        return server

    return make


@pytest.fixture(scope="session")
def server_type() -> type[Server]:
    """Give the class itself, for properties that make many servers."""
    return Server


@pytest.fixture
def make_pair(cut: Cut) -> Callable[..., Pair]:
    """Join a client and a server, before the greeting."""

    def make(
        *, server_starttls: bool = False, starttls: str = "may", capabilities: tuple[str, ...] | None = None
    ) -> Pair:
        server = Server(cut, starttls=server_starttls)
        if capabilities is not None:
            ehlo = catalogue.EHLO_OK.reply(SESSION, host=HOST, more=capabilities)
            server.refuse[Ehlo] = ehlo
        return Pair(server, ClientProtocol(name="client.example", starttls=starttls))  # type: ignore[arg-type]

    return make
