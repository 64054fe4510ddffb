"""Search for octets that make the server's dialogue depend on how they were cut."""

from __future__ import annotations

from collections.abc import Iterable

from gatepost.reply import catalogue
from gatepost.reply.reply import Reply
from gatepost.smtp.command import Data, Quit, StartTls
from gatepost.smtp.server import Chunk, EndOfContent, Event, Fault, Limits, ServerProtocol

LIMITS = Limits(command_line=100, text_line=200, size=1000)
REFUSED = catalogue.SPOOL_FULL.reply("s")


def target(data: bytes) -> None:
    """Whole and octet by octet, the same octets give the same events, answers and end; every line its answer."""
    # The first octet decides which answers are negative, so that refusals are searched too.
    refuse, octets = data[:1], data[1:]
    at_once = dialogue([octets], refuse)
    assert dialogue((octets[at : at + 1] for at in range(len(octets))), refuse) == at_once
    assert dialogue((octets[at : at + 7] for at in range(0, len(octets), 7)), refuse) == at_once


def dialogue(pieces: Iterable[bytes], refuse: bytes) -> tuple[list[Event], list[bytes], bytes, str]:
    protocol = ServerProtocol(host="mx.example", session="s", limits=LIMITS)
    out = protocol.greet(catalogue.GREETING.reply("s", host="mx.example"))
    events: list[Event] = []
    contents: list[bytes] = []
    content = b""
    for piece in pieces:
        protocol.receive(piece)
        while (event := protocol.next_event()) is not None:
            if isinstance(event, Chunk):
                content += event.data
                assert len(content) <= LIMITS.size
                continue
            assert protocol.next_event() is None
            if isinstance(event, EndOfContent):
                if event.fault is None:
                    assert len(content) == event.size
                    assert not set(b"\r\n") & set(content.replace(b"\r\n", b""))
                    contents.append(content)
                content = b""
            events.append(event)
            out += protocol.answer(answer(event, bool(refuse) and len(events) % 8 == refuse[0] % 8))
            assert protocol.line.isprintable()
        assert protocol.buffered <= max(LIMITS.command_line, 2)
    return events, contents, out, protocol.state


def answer(event: Event, negative: bool) -> Reply:
    if isinstance(event, Fault):
        return event.reply
    if isinstance(event, EndOfContent) and event.fault is not None:
        return event.fault
    if negative and not isinstance(event, Quit | StartTls):
        return REFUSED
    return catalogue.DATA_GO.reply("s") if isinstance(event, Data) else catalogue.NOOP_OK.reply("s")
