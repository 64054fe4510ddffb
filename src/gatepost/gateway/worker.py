"""One worker: a process with an event loop, its own listening sockets, its own spool shards, its own journal file.

Everything a message meets is put together here. A worker that is killed loses nothing that was answered 250:
its successor takes over the shard, and delivers again only what was on its way.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import mmap
import signal
import socket
import ssl
import time
from collections.abc import Sequence
from functools import partial
from ipaddress import ip_address
from typing import Final

import uvloop

from gatepost.checks.connection.list_health import HealthChange
from gatepost.delivery.courier import Courier
from gatepost.delivery.routes import Routes
from gatepost.gateway.checking import Checking
from gatepost.gateway.compose import compose, dial
from gatepost.gateway.memory import EmbeddedMemory, secret
from gatepost.gateway.quarantine.carrier import Carrier
from gatepost.gateway.resolver import DnsResolver
from gatepost.gateway.settings import ListenerSettings, Settings, host_and_port
from gatepost.gateway.shards import shards_of
from gatepost.gateway.takeover import take_over
from gatepost.journal.records import ListChanged, Noted
from gatepost.journal.writer import Journal
from gatepost.mail.ids import NODES, SessionIds
from gatepost.policy.domains import Domains
from gatepost.reception.counts import ConnectionCounts
from gatepost.reception.listener import Listener
from gatepost.reception.services import Door
from gatepost.spool.embedded import EmbeddedSpool

log = logging.getLogger("gatepost.worker")

DRAIN_SECONDS: Final = 10.0
# What kill -9 may take of the replies to commands; a reception is written before its 250 is said.
FLUSH_SECONDS: Final = 0.005


class Worker:
    """Worker number `index` of `workers`; `sockets` are its listening sockets, in the order of the listeners.

    `lifeline` is the reading end of a pipe that the supervisor holds open: when the supervisor is gone, so is
    the reason to go on, and the worker drains.
    """

    def __init__(
        self,
        settings: Settings,
        index: int,
        workers: int,
        node: int,
        sockets: Sequence[socket.socket],
        counts: mmap.mmap,
        lifeline: int,
    ) -> None:
        self._settings = settings
        self._index = index
        self._workers = workers
        self._node = node
        self._sockets = sockets
        self._counts = counts
        self._lifeline = lifeline
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self) -> None:
        """Serve until told to stop (SIGTERM, SIGINT, or the supervisor's end)."""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        settings = self._settings
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_reader(self._lifeline, stop.set)

        journal = Journal(
            settings.journal_dir, f"worker{self._index}", time.time, partial(loop.call_later, FLUSH_SECONDS)
        )
        ids = SessionIds((self._node + self._index) % NODES, time.time)
        domains = Domains(settings.domain)
        routes = Routes(domains)
        resolver = DnsResolver(settings.dns, time.time)
        memory = EmbeddedMemory(settings.data_dir, time.time, loop, settings.memory.max_records)
        rules = settings.policy.rules()
        checking = Checking(
            settings,
            domains=domains,
            rules=rules,
            resolver=resolver,
            memory=memory,
            secret=secret(settings.data_dir),
            dial=dial,
            clock=time.time,
            monotonic=loop.time,
            told=partial(_note_health, journal, self._index),
        )
        watching = [loop.create_task(checking.watch())]
        couriers: list[Courier] = []
        spools: list[EmbeddedSpool] = []
        carriers: list[Carrier] = []
        for shard in shards_of(settings.spool_dir, self._index, self._workers):
            spool = EmbeddedSpool(
                shard,
                time.time,
                loop.call_soon_threadsafe,
                settings.spool,
                partial(take_over, journal=journal, directory=settings.journal_dir, clock=time.time),
            )
            spools.append(spool)
            couriers.append(
                Courier(
                    name=settings.host,
                    settings=settings.delivery,
                    routes=routes,
                    spool=spool,
                    journal=journal,
                    clock=time.time,
                    ids=ids,
                    loop=loop,
                    tls=_client_tls(settings),
                )
            )
            carriers.append(
                Carrier(
                    shard,
                    spool,
                    journal,
                    settings.journal_dir,
                    time.time,
                    lifetime=settings.delivery.lifetime,
                    days=settings.policy.hold_days,
                )
            )
        services = compose(
            settings,
            loop=loop,
            checking=checking,
            rules=rules,
            domains=domains,
            ids=ids,
            spool=spools[0],
            journal=journal,
            counts=ConnectionCounts(self._counts, self._index, self._workers),
            background=self._keep,
        )
        for courier in couriers:
            courier.start()
        watching += [loop.create_task(carrier.watch()) for carrier in carriers]
        listeners = []
        for listener, sock in zip(settings.listener, self._sockets, strict=True):
            wildcard = ip_address(host_and_port(listener.address)[0]).is_unspecified
            door = Door(
                role=listener.role,
                local="" if wildcard else listener.address,
                tls=_server_tls(listener),
                tls_wanted=listener.tls is not None,
            )
            listeners.append(Listener(services, door))
            await listeners[-1].listen(sock)
        journal.append(
            Noted(time=time.time(), session="", event="worker-started", detail=f"worker {self._index}")
        )
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)  # sessions and messages are freed by their counts; cycles are rare
        try:
            await stop.wait()
            await self._drain(listeners, couriers)
        finally:
            for task in watching:
                task.cancel()
            for spool in spools:
                spool.close()
            checking.close()
            memory.close()
            resolver.close()
            journal.append(
                Noted(time=time.time(), session="", event="worker-stopped", detail=f"worker {self._index}")
            )
            journal.close()

    async def _drain(self, listeners: Sequence[Listener], couriers: Sequence[Courier]) -> None:
        """Take no new sessions, end idle ones with 421, let the others finish, then end delivery."""
        for listener in listeners:
            listener.stop_listening()
        loop = asyncio.get_running_loop()
        until = loop.time() + DRAIN_SECONDS
        while any(listener.sessions for listener in listeners) and loop.time() < until:
            for listener in listeners:
                listener.shut_down_idle()
            await asyncio.sleep(0.05)
        for courier in couriers:
            await courier.stop(max(until - loop.time(), 1.0))
        for listener in listeners:
            listener.close()

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _note_health(journal: Journal, index: int, change: HealthChange) -> None:
    """Put down when a blocklist fell ill or was found well: while it was ill it decided nothing."""
    journal.append(
        ListChanged(
            time=change.at,
            session="",
            list=change.list,
            version=change.version,
            well=change.well,
            reason=change.reason,
            proven=change.proven,
            worker=index,
        )
    )
    if not change.well:
        log.warning("the list %s is left out until it is well again: %s", change.list, change.reason)


def _server_tls(listener: ListenerSettings) -> ssl.SSLContext | None:
    if listener.tls is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 8996: older ones are deprecated
    try:
        context.load_cert_chain(listener.tls.certificate, listener.tls.key)
    except (OSError, ssl.SSLError) as error:
        log.error(  # noqa: TRY400 - the text says it all
            "listener %s: the certificate cannot be used, STARTTLS is answered 454: %s",
            listener.address,
            error,
        )
        return None
    return context


def _client_tls(settings: Settings) -> ssl.SSLContext | None:
    match settings.delivery.starttls:
        case "never":
            return None
        case "must":
            return ssl.create_default_context()
        case "may":  # RFC 7435: encryption without authentication is better than none
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
