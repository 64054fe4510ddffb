"""The connections to one engine: a bounded number, kept from question to question where the protocol allows it.

Below every engine that is asked over a stream. Knows no protocol: that is the exchange it is handed. Every way in
which asking can fail is a value (`Outage`) with a reason in words.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from typing import Any, Final, TypeVar

from msgspec import Struct

from gatepost.checks.check import Dialer, Stream

_YIELD_EVERY: Final = 16  # chunks of 64 KiB: other sessions get a turn at least once per MiB
_BROKEN: Final = (OSError, RuntimeError)  # uvloop raises the latter on writing to what the other side reset
_SHOWN: Final = 120

Answer = TypeVar("Answer")


class Outage(Struct, frozen=True, gc=False):
    """No verdict, and why, in words. `temporary` is false where the same octets would fail again."""

    reason: str
    temporary: bool = True


class NonsenseError(Exception):
    """What was heard is not what the protocol says; the text says how, in words."""


class _UnreadableError(Exception):
    pass


class Connection:
    """A line to the engine: how many questions it has carried, and what it is busy with, in words.

    An exchange that hears that the other side will close, or stops in the middle, sets `reusable` to false.
    """

    __slots__ = ("asked", "doing", "reusable", "since", "stream")

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.asked = 0
        self.since = 0.0
        self.doing = ""
        self.reusable = True


class Connections:
    """A bounded pool of connections to one engine.

    `monotonic` gives seconds that only grow. Times are in seconds. A connection serves one question at a time.
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
        self._idle: list[Connection] = []
        self._closed = False

    async def ask(self, exchange: Callable[[Connection], Awaitable[Answer | Outage]]) -> Answer | Outage:
        """Ask by an exchange, which may be begun twice: on a connection that was kept, then on a new one.

        It may raise NonsenseError and OSError. Raises nothing but CancelledError.
        """
        doing = "waiting for a free connection"
        connection: Connection | None = None
        try:
            async with asyncio.timeout(self._timeout), self._places:
                connection = self._take()
                if connection is not None:
                    verdict = await self._ask_on(connection, exchange)
                    if not (isinstance(verdict, Outage) and verdict.temporary):
                        return verdict
                    # A kept connection may have died unseen: the engine was restarted, or closed it as idle. The
                    # others are dead too, then. Ask once more on a new one: asking twice does no harm.
                    self._drop_idle()
                connection, doing = None, "connecting"
                try:
                    async with asyncio.timeout(self._connect_timeout):
                        connection = Connection(await self._dial(self._address))
                except TimeoutError:
                    return Outage(f"no connection within {self._connect_timeout:g} s")
                except OSError as error:
                    return Outage(f"cannot connect: {_reason(error)}")
                return await self._ask_on(connection, exchange)
        except TimeoutError:
            doing = connection.doing if connection is not None else doing
            return Outage(f"no answer within {self._timeout:g} s ({doing})")

    def close(self) -> None:
        """Close the connections that are kept; those in use close when their question is answered."""
        self._closed = True
        self._drop_idle()

    def _take(self) -> Connection | None:
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
        self, connection: Connection, exchange: Callable[[Connection], Awaitable[Answer | Outage]]
    ) -> Answer | Outage:
        verdict: Answer | Outage = Outage("broken off")
        try:
            connection.asked += 1
            connection.doing = "sending"
            verdict = await exchange(connection)
        except NonsenseError as error:
            verdict = Outage(str(error))
        except _UnreadableError as error:
            verdict = Outage(f"the content cannot be read: {error}", temporary=False)
        except _BROKEN as error:
            verdict = Outage(f"the connection broke: {getattr(error, 'strerror', None) or 'closed'}")
        finally:
            # After anything but a verdict nobody knows where in the dialogue the other side is.
            if isinstance(verdict, Outage) or self._closed or not connection.reusable:
                connection.stream.close()
            else:
                connection.since = self._monotonic()
                self._idle.append(connection)
        return verdict


async def converse(
    connection: Connection, pieces: Iterator[bytes], hear: Coroutine[Any, Any, Answer]
) -> tuple[Answer, bool]:
    """Send a question in pieces and hear the answer; tell with it whether all was sent before it came.

    Of more than one piece it listens while it sends: an engine may answer early, and close.
    """
    stream = connection.stream
    connection.doing = "sending"
    try:
        first = next(pieces, b"")
        second = next(pieces, None)
    except BaseException:
        hear.close()
        raise
    if second is None:
        try:
            stream.write(first)
            await stream.drain()
        except BaseException:
            hear.close()
            raise
        connection.doing = "waiting for the answer"
        return await hear, True
    answer = asyncio.ensure_future(hear)
    try:
        stream.write(first)
        piece, sent, all_sent = second, 0, False
        while not answer.done():
            following = next(pieces, None)
            try:
                stream.write(piece)
                if following is None:
                    all_sent = True
                    break
                await stream.drain()
            except _BROKEN:
                break  # what was heard until then says more
            piece = following
            sent += 1
            if sent % _YIELD_EVERY == 0:
                await asyncio.sleep(0)
        connection.doing = "waiting for the answer"
        return await answer, all_sent
    finally:
        if not answer.cancel() and not answer.cancelled():
            answer.exception()  # seen: asyncio complains of what nobody looked at


def _reason(error: OSError) -> str:
    if error.errno is not None and error.errno > 0:  # asyncio writes words of its own into `strerror`
        return os.strerror(error.errno)
    return error.strerror or str(error)


def readable(chunks: Callable[[], Iterable[bytes]]) -> Iterator[bytes]:
    """Give a content in pieces; that it cannot be read ends the question, not the connection's good name."""
    try:
        yield from chunks()
    except OSError as error:
        raise _UnreadableError(error.strerror or str(error)) from error


def quoted(text: str) -> str:
    """Make what an engine said fit to be shown: printable, within bounds, in quotes."""
    text = "".join([c if c.isprintable() else "?" for c in text[: _SHOWN + 1].strip("\r\n\0")])
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
