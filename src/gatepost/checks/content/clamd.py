"""Asking clamd, the daemon of ClamAV: INSTREAM within an IDSESSION, over connections that are kept.

Below the virus check. Knows clamd's protocol and nothing of mail. Every way in which asking can fail is a
value (`Outage`) with a reason in words; an answer is believed only when it is whole and carries the number
of the question, so that a message can never get the verdict on another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from struct import Struct as Layout
from typing import Final

from msgspec import Struct

from gatepost.checks.check import Dialer, Stream

MAX_REPLY: Final = 4096
_READ: Final = 4096
_YIELD_EVERY: Final = 16  # chunks of 64 KiB: other sessions get a turn at least once per MiB
_LENGTH: Final = Layout(">I")
_END: Final = b"\0\0\0\0"
_OPEN: Final = b"zIDSESSION\0"
_ASK: Final = b"zINSTREAM\0"
_BROKEN: Final = (OSError, RuntimeError)  # uvloop raises the latter on writing to what the other side reset
_SHOWN: Final = 120
_MAX_SIGNATURE: Final = 200


class Clean(Struct, frozen=True, gc=False):
    """No signature matched."""


class Match(Struct, frozen=True, gc=False):
    """A signature matched."""

    signature: str


class Outage(Struct, frozen=True, gc=False):
    """No verdict, and why, in words. `temporary` is false where the same octets would fail again."""

    reason: str
    temporary: bool = True


Verdict = Clean | Match | Outage
CLEAN: Final = Clean()


class _UnreadableError(Exception):
    pass


class _Connection:
    __slots__ = ("asked", "since", "stream")

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.asked = 0
        self.since = 0.0


class Clamd:
    """A bounded pool of connections to one clamd.

    `monotonic` gives seconds that only grow. Times are in seconds. A connection serves one question at a
    time.
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
        self._address = address
        self._dial = dial
        self._monotonic = monotonic
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._idle_timeout = idle_timeout
        self._places = asyncio.Semaphore(max_connections)
        self._idle: list[_Connection] = []
        self._closed = False

    async def ask(self, size: int, chunks: Callable[[], Iterable[bytes]]) -> Verdict:
        """Ask about `size` octets, which `chunks` gives, from the start at each call.

        Raises nothing but CancelledError; `chunks` may raise OSError.
        """
        doing = ["waiting for a free connection"]
        try:
            async with asyncio.timeout(self._timeout), self._places:
                kept = self._take()
                if kept is not None:
                    verdict = await self._ask_on(kept, size, chunks, doing)
                    if not (isinstance(verdict, Outage) and verdict.temporary):
                        return verdict
                    # A kept connection may have died unseen: clamd was restarted, or closed it as idle. The
                    # others are dead too, then. Ask once more on a new one: asking twice does no harm.
                    self._drop_idle()
                doing[0] = "connecting"
                try:
                    async with asyncio.timeout(self._connect_timeout):
                        fresh = _Connection(await self._dial(self._address))
                except TimeoutError:
                    return Outage(f"no connection within {self._connect_timeout:g} s")
                except OSError as error:
                    return Outage(f"cannot connect: {error.strerror or error}")
                return await self._ask_on(fresh, size, chunks, doing)
        except TimeoutError:
            return Outage(f"no answer within {self._timeout:g} s ({doing[0]})")

    def close(self) -> None:
        """Close the connections that are kept; those in use close when their question is answered."""
        self._closed = True
        self._drop_idle()

    def _take(self) -> _Connection | None:
        if not self._idle:
            return None
        kept = self._idle.pop()  # the one used last, so that the others get old and go
        if self._monotonic() - kept.since <= self._idle_timeout:
            return kept
        kept.stream.close()
        self._drop_idle()
        return None

    def _drop_idle(self) -> None:
        for connection in self._idle:
            connection.stream.close()
        self._idle.clear()

    async def _ask_on(
        self, connection: _Connection, size: int, chunks: Callable[[], Iterable[bytes]], doing: list[str]
    ) -> Verdict:
        verdict: Verdict = Outage("broken off")
        try:
            connection.asked += 1
            begin = _OPEN + _ASK if connection.asked == 1 else _ASK
            doing[0] = "sending"
            answer, all_sent = await _exchange(connection.stream, begin, size, chunks, doing)
            verdict = read_answer(answer, connection.asked)
            if not all_sent and not isinstance(verdict, Outage):
                verdict = Outage("it answered before it had all of the message")
        except _UnreadableError as error:
            verdict = Outage(f"the content cannot be read: {error}", temporary=False)
        except _BROKEN as error:
            verdict = Outage(f"the connection broke: {getattr(error, 'strerror', None) or 'closed'}")
        finally:
            # After anything but a verdict nobody knows where in the dialogue the other side is.
            if isinstance(verdict, Outage) or self._closed:
                connection.stream.close()
            else:
                connection.since = self._monotonic()
                self._idle.append(connection)
        return verdict


async def _exchange(
    stream: Stream, begin: bytes, size: int, chunks: Callable[[], Iterable[bytes]], doing: list[str]
) -> tuple[bytes, bool]:
    """Send a question and hear the answer; tell with it whether all was sent before it came."""
    pieces = _readable(chunks)
    piece = next(pieces, b"")
    if len(piece) == size:  # all of a small message in one write
        stream.write(b"".join((begin, _LENGTH.pack(size), piece, _END)) if piece else begin + _END)
        await stream.drain()
        doing[0] = "waiting for the answer"
        return await _read_answer(stream), True
    # clamd answers early when a stream is too long for it, and closes: so listen while sending.
    answer = asyncio.ensure_future(_read_answer(stream))
    try:
        stream.write(begin)
        sent = 0
        while piece and not answer.done():
            try:
                stream.write(_LENGTH.pack(len(piece)))
                stream.write(piece)
                await stream.drain()
            except _BROKEN:
                break  # what was heard until then says more
            sent += 1
            if sent % _YIELD_EVERY == 0:
                await asyncio.sleep(0)
            piece = next(pieces, b"")
        all_sent = not piece and not answer.done()
        if all_sent:
            stream.write(_END)
        doing[0] = "waiting for the answer"
        return await answer, all_sent
    finally:
        if not answer.cancel() and not answer.cancelled():
            answer.exception()  # seen: asyncio complains of what nobody looked at


def _readable(chunks: Callable[[], Iterable[bytes]]) -> Iterator[bytes]:
    try:
        yield from chunks()
    except OSError as error:
        raise _UnreadableError(error.strerror or str(error)) from error


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
        return Outage(f"its answer broke off: {_shown(answer.decode('utf-8', 'replace'))}")
    numbered, _, verdict = text.partition(": ")
    if numbered != str(number) or "\0" in verdict:
        return Outage(f"its answer makes no sense: {_shown(text)}")
    if verdict == "stream: OK":
        return CLEAN
    if verdict.startswith("stream: ") and verdict.endswith(" FOUND"):
        signature = verdict[len("stream: ") : -len(" FOUND")]
        if signature and signature.isprintable() and len(signature) <= _MAX_SIGNATURE:
            return Match(signature)
    if verdict.endswith(" ERROR"):
        too_long = "size limit exceeded" in verdict
        hint = "; its StreamMaxLength is below the gateway's size limit" if too_long else ""
        return Outage(f"it reported an error: {_shown(verdict)}{hint}", temporary=not too_long)
    return Outage(f"its answer makes no sense: {_shown(text)}")


def _shown(text: str) -> str:
    text = "".join(c if c.isprintable() else "?" for c in text[: _SHOWN + 1].strip("\r\n\0"))
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
