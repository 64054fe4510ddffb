"""Asking clamd, the daemon of ClamAV: INSTREAM within an IDSESSION, over connections that are kept.

Below the virus check. Knows clamd's protocol and nothing of mail. Every way in which asking can fail is a
value (`Outage`) with a reason in words; an answer is believed only when it is whole and carries the number
of the question, so that a message can never get the verdict on another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from struct import Struct as Layout
from typing import Final

from msgspec import Struct

from gatepost.checks.check import Dialer, Stream
from gatepost.checks.content.engines.connections import (
    Connection,
    Connections,
    Outage,
    converse,
    quoted,
    readable,
)

MAX_REPLY: Final = 4096
_READ: Final = 4096
_LENGTH: Final = Layout(">I")
_END: Final = b"\0\0\0\0"
_OPEN: Final = b"zIDSESSION\0"
_ASK: Final = b"zINSTREAM\0"
_MAX_SIGNATURE: Final = 200


class Clean(Struct, frozen=True, gc=False):
    """No signature matched."""


class Match(Struct, frozen=True, gc=False):
    """A signature matched."""

    signature: str


Verdict = Clean | Match | Outage
CLEAN: Final = Clean()


class Clamd:
    """Asks one clamd, over a bounded number of connections.

    `monotonic` gives seconds that only grow. Times are in seconds.
    """

    def __init__(
        self,
        address: str,
        dial: Dialer,
        monotonic: Callable[[], float],
        *,
        timeout: float,
        connect_timeout: float,
        idle_timeout: float,
        max_connections: int,
    ) -> None:
        self._connections = Connections(
            address,
            dial,
            monotonic,
            timeout=timeout,
            connect_timeout=connect_timeout,
            idle_timeout=idle_timeout,
            max_connections=max_connections,
        )

    async def ask(self, size: int, chunks: Callable[[], Iterable[bytes]]) -> Verdict:
        """Ask about `size` octets, which `chunks` gives, from the start at each call.

        Raises nothing but CancelledError; `chunks` may raise OSError.
        """

        async def exchange(connection: Connection) -> Verdict:
            begin = _OPEN + _ASK if connection.asked == 1 else _ASK
            pieces = _question(begin, size, chunks)
            answer, all_sent = await converse(connection, pieces, _read_answer(connection.stream))
            verdict = read_answer(answer, connection.asked)
            if not all_sent and not isinstance(verdict, Outage):
                return Outage("it answered before it had all of the message")
            return verdict

        return await self._connections.ask(exchange)

    def close(self) -> None:
        """Close the connections that are kept; those in use close when their question is answered."""
        self._connections.close()


def _question(begin: bytes, size: int, chunks: Callable[[], Iterable[bytes]]) -> Iterator[bytes]:
    pieces = readable(chunks)
    piece = next(pieces, b"")
    if len(piece) == size:  # all of a small message in one write
        yield b"".join((begin, _LENGTH.pack(size), piece, _END)) if piece else begin + _END
        return
    yield begin
    while piece:
        yield _LENGTH.pack(len(piece))
        yield piece
        piece = next(pieces, b"")
    yield _END


async def _read_answer(stream: Stream) -> bytes:
    """Read up to the NUL that ends an answer, to the end, or until it is longer than any answer."""
    heard = await stream.read(_READ)
    if heard.endswith(b"\0") or not heard:
        return heard
    while b"\0" not in heard and len(heard) <= MAX_REPLY:
        more = await stream.read(_READ)
        if not more:
            break
        heard += more
    return heard


def read_answer(answer: bytes, number: int) -> Verdict:
    """Read the answer to question `number` of a session: everything but a whole, fitting one is an Outage.

    `answer` is what was heard up to its NUL, or all there was.
    """
    if not answer:
        return Outage("it closed the connection without an answer")
    if len(answer) > MAX_REPLY:
        return Outage(f"its answer is longer than {MAX_REPLY} octets")
    text = answer[:-1].decode("utf-8", "replace")
    if not answer.endswith(b"\0"):
        return Outage(f"its answer broke off: {quoted(answer.decode('utf-8', 'replace'))}")
    numbered, _, verdict = text.partition(": ")
    if numbered != str(number) or "\0" in verdict:
        return Outage(f"its answer makes no sense: {quoted(text)}")
    if verdict == "stream: OK":
        return CLEAN
    if verdict.startswith("stream: ") and verdict.endswith(" FOUND"):
        signature = verdict[len("stream: ") : -len(" FOUND")]
        if signature and signature.isprintable() and len(signature) <= _MAX_SIGNATURE:
            return Match(signature)
    if verdict.endswith(" ERROR"):
        too_long = "size limit exceeded" in verdict
        hint = "; its StreamMaxLength is below the gateway's size limit" if too_long else ""
        return Outage(f"it reported an error: {quoted(verdict)}{hint}", temporary=not too_long)
    return Outage(f"its answer makes no sense: {quoted(text)}")
