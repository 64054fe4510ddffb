"""One question by HTTP over a connection to an engine, and its answer, within bounds.

Below Rspamd. h11 knows the protocol; this brings it together with a stream. A head of more than 16 KiB, a body of
more than is asked for, and whatever else is no answer are NonsenseErrors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import h11
from msgspec import Struct

from gatepost.checks.content.engines.connections import (
    Connection,
    NonsenseError,
    converse,
    quoted,
    readable,
)

_READ: Final = 65_536
_MAX_INTERIM: Final = 10
"""Answers of the kind "100 Continue" that are heard before the one that counts."""


class Response(Struct, frozen=True, gc=False):
    """An answer: its status, and its body as a whole."""

    status: int
    body: bytes


async def ask(
    connection: Connection,
    method: str,
    target: str,
    fields: Sequence[tuple[bytes, bytes]],
    size: int,
    chunks: Callable[[], Iterable[bytes]],
    *,
    max_body: int,
) -> Response:
    """Send a request whose body are `size` octets, and hear the answer. Raises NonsenseError, OSError."""
    protocol = h11.Connection(h11.CLIENT)
    try:
        pieces = _request(protocol, method, target, fields, size, chunks)
        reply, all_sent = await converse(connection, pieces, _reply(protocol, connection, max_body))
    except h11.ProtocolError as error:
        raise NonsenseError(f"its answer makes no sense: {quoted(str(error))}") from None
    if not all_sent and reply.status < 400:
        raise NonsenseError("it answered before it had all of the message")
    connection.reusable = (
        protocol.our_state is h11.DONE and protocol.their_state is h11.DONE and not protocol.trailing_data[0]
    )
    return reply


def _request(
    protocol: h11.Connection,
    method: str,
    target: str,
    fields: Sequence[tuple[bytes, bytes]],
    size: int,
    chunks: Callable[[], Iterable[bytes]],
) -> Iterator[bytes]:
    headers = [(b"Host", b"localhost"), *fields, (b"Content-Length", b"%d" % size)]
    head = protocol.send(h11.Request(method=method, target=target, headers=headers)) or b""
    pieces = readable(chunks)
    piece = next(pieces, b"")
    whole = len(piece) == size
    if not whole:
        yield head
        head = b""
    while piece:
        body = protocol.send(h11.Data(data=piece)) or b""
        piece = next(pieces, b"")
        if not whole:
            yield body
        else:
            head += body
    protocol.send(h11.EndOfMessage())
    if whole:  # all of a small message in one write
        yield head


async def _reply(protocol: h11.Connection, connection: Connection, max_body: int) -> Response:
    status, interim, size = 0, 0, 0
    body: list[bytes] = []
    while True:
        match protocol.next_event():
            case h11.NEED_DATA:
                protocol.receive_data(await connection.stream.read(_READ))
            case h11.InformationalResponse():
                interim += 1
                if interim > _MAX_INTERIM:
                    raise NonsenseError("it says again and again that it will answer, and does not")
            case h11.Response(status_code=code):
                status = code
            case h11.Data(data=data):
                size += len(data)
                if size > max_body:
                    raise NonsenseError(f"its answer is longer than {max_body:,} octets")
                body.append(bytes(data))
            case h11.EndOfMessage():
                return Response(status, b"".join(body))
            case _:
                raise NonsenseError("it closed the connection without an answer")
