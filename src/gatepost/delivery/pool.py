"""Connections to one group of next hops: opened when there is work, kept while there is, tried in order.

On the way of a message: courier -> `Pool.submit` -> `smtp.aio.ClientConnection` -> next hop, and the results
back to the job. A group none of whose hops can be reached rests for a while: mail for it is put off at once
with the words of the last failure, instead of each message waiting for a time-out of its own.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, assert_never

from gatepost.delivery.routes import Group, NextHop
from gatepost.delivery.settings import DeliverySettings
from gatepost.reply.reply import Reply
from gatepost.smtp.aio import ClientConnection, Deadlines
from gatepost.smtp.client import (
    ClientEvent,
    ClientProtocol,
    Finished,
    NotReady,
    Ready,
    Result,
    Stage,
    StartTlsWanted,
    Step,
    Transaction,
    Unsolicited,
    Violation,
    WantContent,
)

log = logging.getLogger("gatepost.delivery")

REST_SECONDS: Final = 15.0
_REST_MOST: Final = 300.0
_QUIT_SECONDS: Final = 5.0
UNREACHABLE: Final = "4.4.1"  # RFC 3463 §3.5: no answer from host
TLS_FAILED: Final = "4.7.5"  # RFC 3463 §3.8: cryptographic failure


class Job:
    """One message on its way to one group; `done` is told once, with a result for each recipient."""

    __slots__ = ("content", "done", "peer", "restarted", "results", "started", "steps", "tls", "transaction")

    def __init__(
        self,
        transaction: Transaction,
        content: Callable[[], bytes | Iterator[bytes]],
        done: Callable[[Job], None],
    ) -> None:
        self.transaction = transaction
        self.content = content
        self.done = done
        self.restarted = False
        self.started = 0.0
        self.peer = ""
        self.tls = ""
        self.results: tuple[Result, ...] = ()
        self.steps: tuple[Step, ...] = ()


class _HopError(Exception):
    """A next hop that cannot be used now: its words, or ours about it."""

    def __init__(
        self, hop: NextHop, reply: Reply, stage: Stage, steps: tuple[Step, ...], local: bool
    ) -> None:
        super().__init__(str(reply))
        self.hop = hop
        self.reply = reply
        self.stage = stage
        self.steps = steps
        self.local = local


class Pool:
    """The connections to one group. All calls come from one event loop."""

    def __init__(
        self,
        group: Group,
        *,
        name: str,
        settings: DeliverySettings,
        loop: asyncio.AbstractEventLoop,
        deadlines: Deadlines,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._group = group
        self._name = name
        self._settings = settings
        self._loop = loop
        self._deadlines = deadlines
        self._tls = tls
        self._open = 0
        self._idle: list[ClientConnection] = []
        self._jobs: dict[ClientConnection, Job] = {}
        self._uses: dict[ClientConnection, int] = {}
        self._opening: dict[ClientConnection, asyncio.Future[None]] = {}
        self._waiting: deque[Job] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: _HopError | None = None
        self._rest = REST_SECONDS
        self._rested_until = 0.0
        self._closing = False

    @property
    def resting(self) -> bool:
        """Whether no hop of this group can be reached just now."""
        return self._failure is not None and self._open == 0 and self._loop.time() < self._rested_until

    def submit(self, job: Job) -> None:
        """Send a job as soon as a connection is free."""
        if self._idle:
            self._start(self._idle.pop(), job)
            return
        if self.resting and self._failure is not None:
            self._end_by_failure(job, self._failure)
            return
        self._waiting.append(job)
        self._open_one()

    async def close(self) -> None:
        """Say goodbye on idle connections, and drop the rest."""
        self._closing = True
        for task in tuple(self._tasks):
            task.cancel()
        for connection in tuple(self._idle):
            self._quit(connection)
        self._idle.clear()
        until = self._loop.time() + 1
        while self._uses and self._loop.time() < until:  # noqa: ASYNC110 - once in a worker's life
            await asyncio.sleep(0.01)
        for connection in tuple(self._uses):
            connection.abort("the gateway is stopping")

    # -- what connections tell --------------------------------------------------------------------------

    def on(self, connection: ClientConnection, event: ClientEvent) -> None:
        """Act on an event of a connection."""
        match event:
            case WantContent():
                self._send_content(connection)
            case Finished(results, steps):
                self._finished(connection, results, steps)
            case Ready():
                opening = self._opening.pop(connection, None)
                if opening is not None and not opening.done():
                    opening.set_result(None)
            case NotReady():
                opening = self._opening.pop(connection, None)
                if opening is not None and not opening.done():
                    opening.set_exception(
                        _HopError(self._group[0], event.reply, event.stage, event.steps, event.local)
                    )
                connection.quit()
            case Violation(reason):
                connection.abort(f"the next hop does not speak SMTP: {reason}")
            case Unsolicited():
                if connection in self._idle:  # most often 421: it has waited long enough
                    self._idle.remove(connection)
                    connection.abort(str(event.reply))
            case StartTlsWanted():
                raise AssertionError("the connection upgrades by itself")
            case _:
                assert_never(event)

    def late(self, connection: ClientConnection) -> None:
        """Nothing came in time: an idle connection has served, a busy one is broken."""
        if connection in self._idle:
            self._idle.remove(connection)
            self._quit(connection)
        else:
            connection.abort("the next hop did not answer in time")

    def lost(self, connection: ClientConnection, reason: str) -> None:
        """Learn that a connection is gone; its job starts again on a fresh one if it had been kept open too long."""
        opening = self._opening.pop(connection, None)
        if opening is not None and not opening.done():
            words = reason or "the next hop closed the connection"
            reply = Reply(450, TLS_FAILED, words) if connection.tls_failed else _unreachable(words)
            steps = connection.protocol.closed(words).steps
            stage: Stage = "starttls" if connection.tls_failed else "connect"
            opening.set_exception(_HopError(self._group[0], reply, stage, steps, True))
        uses = self._uses.pop(connection, None)
        if connection in self._idle:
            self._idle.remove(connection)
        if uses is not None:
            self._open -= 1
        job = self._jobs.pop(connection, None)
        if job is not None:
            if uses and not job.restarted and not self._closing and connection.protocol.unanswered:
                # A kept connection that was closed before it answered anything of this transaction: nothing
                # has happened, so the message is as new.
                job.restarted = True
                self._waiting.appendleft(job)
            else:
                finished = connection.protocol.closed(reason or "the connection was closed")
                self._end(job, connection, finished.results, finished.steps)
        if self._waiting:
            self._open_one()

    # -- opening ----------------------------------------------------------------------------------------

    def _open_one(self) -> None:
        if self._closing or self._open >= min(self._settings.max_connections, self._open_wanted()):
            return
        self._open += 1
        task = self._loop.create_task(self._open_connection())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _open_wanted(self) -> int:
        return self._open - len(self._tasks) + len(self._waiting)

    async def _open_connection(self) -> None:
        """Reach the first hop of the group that takes us."""
        failure: _HopError | None = None
        for hop in self._group:
            try:
                connection = await self._reach(hop)
            except _HopError as error:
                log.warning("next hop %s: %s", hop, error)
                failure = error
            except asyncio.CancelledError:
                self._open -= 1
                raise
            else:
                self._failure = None
                self._rest = REST_SECONDS
                self._uses[connection] = 0
                self._next(connection)
                return
        self._open -= 1
        assert failure is not None  # a group has at least one hop  # noqa: S101
        if self._uses:  # others work: let them have the jobs
            return
        self._failure = failure
        self._rested_until = self._loop.time() + self._rest
        self._rest = min(self._rest * 2, _REST_MOST)
        waiting, self._waiting = self._waiting, deque()
        for job in waiting:
            self._end_by_failure(job, failure)

    async def _reach(self, hop: NextHop) -> ClientConnection:
        settings = self._settings
        loop = self._loop
        protocol = ClientProtocol(name=self._name, lmtp=hop.lmtp, starttls=settings.starttls)
        connection = ClientConnection(protocol, self, self._deadlines, self._tls, hop.host)
        connection.peer = str(hop)
        ready = self._opening[connection] = loop.create_future()
        try:
            async with asyncio.timeout(settings.connect_timeout):
                if hop.path:
                    await loop.create_unix_connection(lambda: connection, hop.path)
                else:
                    await loop.create_connection(lambda: connection, hop.host, hop.port)
            connection.deadline = self._deadlines.now + settings.reply_timeout
            await ready
        except TimeoutError:
            self._forget(connection, ready)
            words = f"connect to {hop}: no answer within {settings.connect_timeout} seconds"
            raise _HopError(hop, _unreachable(words), "connect", (), True) from None
        except OSError as error:
            self._forget(connection, ready)
            words = f"connect to {hop}: {error.strerror or error}"
            raise _HopError(hop, _unreachable(words), "connect", (), True) from None
        except _HopError as failure:
            failure.hop = hop
            raise
        return connection

    def _forget(self, connection: ClientConnection, ready: asyncio.Future[None]) -> None:
        self._opening.pop(connection, None)
        ready.cancel()
        connection.abort("not reached in time")

    # -- transactions -----------------------------------------------------------------------------------

    def _start(self, connection: ClientConnection, job: Job) -> None:
        job.started = self._loop.time()
        connection.deadline = self._deadlines.now + self._settings.reply_timeout
        self._jobs[connection] = job
        connection.send(job.transaction)

    def _send_content(self, connection: ClientConnection) -> None:
        connection.deadline = self._deadlines.now + self._settings.content_timeout
        content = self._jobs[connection].content()
        if isinstance(content, bytes):
            connection.send_whole(content)
        else:
            connection.send_content(content)

    def _finished(
        self, connection: ClientConnection, results: tuple[Result, ...], steps: tuple[Step, ...]
    ) -> None:
        job = self._jobs.pop(connection)
        self._uses[connection] += 1
        self._end(job, connection, results, steps)
        if connection.protocol.ended:
            connection.abort("")
        elif self._uses[connection] >= self._settings.messages_per_connection or self._closing:
            self._quit(connection)
        else:
            self._next(connection)

    def _next(self, connection: ClientConnection) -> None:
        if self._waiting:
            self._start(connection, self._waiting.popleft())
        else:
            connection.deadline = self._deadlines.now + self._settings.idle_timeout
            self._idle.append(connection)

    def _quit(self, connection: ClientConnection) -> None:
        connection.deadline = self._deadlines.now + _QUIT_SECONDS
        connection.quit()

    def _end(
        self, job: Job, connection: ClientConnection, results: tuple[Result, ...], steps: tuple[Step, ...]
    ) -> None:
        job.peer = connection.peer
        job.tls = connection.tls
        job.results = results
        job.steps = steps
        job.done(job)

    def _end_by_failure(self, job: Job, failure: _HopError) -> None:
        job.peer = str(failure.hop)
        job.started = self._loop.time()
        job.results = tuple(
            [Result(r, failure.reply, failure.stage, failure.local) for r in job.transaction.recipients]
        )
        job.steps = failure.steps
        job.done(job)


def _unreachable(words: str) -> Reply:
    return Reply(450, UNREACHABLE, words)
