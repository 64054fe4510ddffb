"""The supervisor: binds the sockets, forks a worker per core and the web process, and keeps them alive.

Now and then it sends a process on an errand, such as the DMARC reports of the day.

It holds every listening socket itself. A worker that dies leaves its connections-to-be waiting in the socket's
queue, and its successor takes them: not even `kill -9` turns a client away. It reads no mail and runs no event
loop, so there is next to nothing in it that can fail.
"""

from __future__ import annotations

import contextlib
import logging
import mmap
import os
import random
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

from gatepost.gateway.dmarc import daily, incoming
from gatepost.gateway.dmarc.outgoing import Shut, door_of
from gatepost.gateway.errand import Errand, Occasion
from gatepost.gateway.settings import PID_FILE, Settings, SettingsError, host_and_port
from gatepost.mail.ids import NODES
from gatepost.reception.counts import ConnectionCounts
from gatepost.spool.embedded import SpoolUnusable

log = logging.getLogger("gatepost")

_NODE_FILE: Final = "node"
_BACKLOG: Final = 1024
_STOP_SECONDS: Final = 20.0
_AGAIN: Final = 75  # how an errand ends that is not done yet: EX_TEMPFAIL of sysexits(3)
_SIGNALS: Final = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


class StartError(Exception):
    """The gateway cannot start; the text says in one sentence why, and what to do."""


class _Child:
    """A process to keep alive, and how often it died young."""

    def __init__(self, name: str, run: Callable[[], None]) -> None:
        self.name = name
        self.run = run
        self.pid = 0
        self.started = 0.0
        self.early_deaths = 0
        self.start_at = 0.0


class Supervisor:
    """Runs the gateway by `settings`; `reread` gives new settings on SIGHUP (raises SettingsError).

    `pages` serves the web pages on a listening socket until told to stop, in a process of its own.
    """

    def __init__(
        self,
        settings: Settings,
        reread: Callable[[], Settings],
        pages: Callable[[Settings, socket.socket], None],
    ) -> None:
        self._pages = pages
        self._settings = settings
        self._reread = reread
        self._workers = settings.workers or os.cpu_count() or 1
        self._node = 0
        self._children: list[_Child] = []
        errands = (
            ("sender of DMARC reports", lambda: daily.run(self._settings, time.time)),
            ("reader of DMARC reports", lambda: incoming.run(self._settings, time.time)),
        )
        self._errands = [
            Errand(name, run, occasion, time.monotonic)
            for (name, run), occasion in zip(errands, _occasions(settings), strict=True)
        ]
        self._sockets: dict[tuple[str, int], socket.socket] = {}
        self._web_socket: socket.socket | None = None
        self._lifeline = os.pipe()
        self._counts = mmap.mmap(-1, ConnectionCounts.size(self._workers))
        self._stopping = False

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT. Raises StartError before anything was started."""
        with self._claimed_data_dir():
            self._bind()
            signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
            for index in range(self._workers):
                self._children.append(_Child(f"worker {index}", self._worker(index)))
            if self._web_socket is not None:
                self._children.append(_Child("web", self._serve_pages))
            self._announce()
            try:
                self._watch()
            finally:
                self._stop()

    def _watch(self) -> None:
        while not self._stopping:
            now = time.monotonic()
            for child in self._children:
                if not child.pid and child.start_at <= now:
                    self._start(child)
            for errand in self._errands:
                if errand.due():
                    errand.pid = self._fork(errand.name, partial(_errand_status, errand))
            waits = [child.start_at - now for child in self._children if not child.pid]
            waits += [errand.wait() for errand in self._errands]
            received = signal.sigtimedwait(_SIGNALS, max(min(waits, default=3600.0), 0.01))
            match received.si_signo if received is not None else None:
                case signal.SIGCHLD:
                    self._reap()
                case signal.SIGHUP:
                    self._reload()
                case signal.SIGTERM | signal.SIGINT:
                    self._stopping = True

    def _start(self, child: _Child) -> None:
        child.started = time.monotonic()
        child.pid = self._fork(child.name, child.run)

    def _fork(self, name: str, run: Callable[[], int | None]) -> int:
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if not pid:
            _become(name, run, self._lifeline[1])
        return pid

    def _reap(self) -> None:
        """Note which children ended; they are started again, later and later when they die young."""
        for errand in self._errands:
            if errand.pid and (ended := os.waitpid(errand.pid, os.WNOHANG))[0]:
                errand.ended(os.waitstatus_to_exitcode(ended[1]))
        for child in self._children:
            if not child.pid:
                continue
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if not pid:
                continue
            child.pid = 0
            code = os.waitstatus_to_exitcode(status)
            young = time.monotonic() - child.started < 5
            child.early_deaths = child.early_deaths + 1 if young and code != -signal.SIGKILL else 0
            delay = min(0.5 * 2**child.early_deaths, 30.0) if child.early_deaths else 0.0
            child.start_at = time.monotonic() + delay
            if code and not self._stopping:
                how = (
                    f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
                )
                log.warning(
                    "%s %s; starting it again%s", child.name, how, f" in {delay:g} s" if delay else ""
                )

    def _reload(self) -> None:
        """Check new settings; when they are good, restart the children one by one with them."""
        try:
            new = self._reread()
        except SettingsError as error:
            log.error(  # noqa: TRY400 - the text says it all
                "the new settings are bad, the old ones stay: %s", error
            )
            return
        fixed = ("data_dir", "workers", "web")
        old_addresses = [listener.address for listener in self._settings.listener]
        changed = [name for name in fixed if getattr(new, name) != getattr(self._settings, name)]
        if [listener.address for listener in new.listener] != old_addresses:
            changed.append("listener addresses")
        if changed:
            log.error("the old settings stay: a change of %s needs a restart", ", ".join(changed))
            return
        self._settings = new
        for errand, occasion in zip(self._errands, _occasions(new), strict=True):
            errand.occasion = occasion
        log.info("new settings: restarting the workers one by one")
        for child in self._children:
            if child.pid:
                os.kill(child.pid, signal.SIGTERM)
                self._wait_for(child, _STOP_SECONDS)
                child.early_deaths = 0
                self._start(child)
        log.info("new settings are in force")

    def _stop(self) -> None:
        """End the children: politely, then not."""
        log.info("stopping: sessions finish or get 421, deliveries finish or wait in the spool")
        for sock in self._sockets.values():
            sock.close()
        running: list[_Child | Errand] = [*self._children, *self._errands]
        for one in running:
            if one.pid:
                os.kill(one.pid, signal.SIGTERM)
        until = time.monotonic() + _STOP_SECONDS
        for one in running:
            if one.pid:
                self._wait_for(one, max(until - time.monotonic(), 0.1))
        log.info("stopped")

    def _wait_for(self, child: _Child | Errand, seconds: float) -> None:
        until = time.monotonic() + seconds
        while os.waitpid(child.pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > until:
                log.warning("%s does not stop; killing it (nothing accepted is lost)", child.name)
                os.kill(child.pid, signal.SIGKILL)
                os.waitpid(child.pid, 0)
                break
            signal.sigtimedwait({signal.SIGCHLD}, 0.1)
        child.pid = 0

    def _worker(self, index: int) -> Callable[[], None]:
        def run() -> None:
            from gatepost.gateway.worker import Worker

            sockets = [self._sockets[listener.address, index] for listener in self._settings.listener]
            Worker(
                self._settings, index, self._workers, self._node, sockets, self._counts, self._lifeline[0]
            ).run()

        return run

    def _serve_pages(self) -> None:
        assert self._web_socket is not None  # noqa: S101
        self._pages(self._settings, self._web_socket)

    def _bind(self) -> None:
        for listener in self._settings.listener:
            for index in range(self._workers):
                self._sockets[listener.address, index] = _listening(listener.address, "listener")
        if self._settings.web.address:
            self._web_socket = _listening(self._settings.web.address, "web", shared=False)

    @contextlib.contextmanager
    def _claimed_data_dir(self) -> Iterator[None]:
        """Make the data directory ours, and leave our process id there for `gatepost reload`."""
        directory = self._settings.data_dir
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o750)
            self._settings.spool_dir.mkdir(exist_ok=True, mode=0o700)
            self._settings.journal_dir.mkdir(exist_ok=True, mode=0o750)
            self._node = _node_of(directory)
            pid_file = directory / PID_FILE
            running = running_pid(directory)
            if running:
                raise StartError(
                    f"{directory} is in use by a running gateway (process {running}); stop it, or set a data_dir"
                )
            pid_file.write_text(f"{os.getpid()}\n")
        except OSError as error:
            raise StartError(f"data_dir {directory} cannot be used: {error.strerror}") from None
        try:
            yield
        finally:
            pid_file.unlink(missing_ok=True)

    def _announce(self) -> None:
        settings = self._settings
        for listener in settings.listener:
            log.info("taking mail at %s (%s)", listener.address, listener.role)
        for domain in settings.domain:
            name = "any domain, from the relay networks" if domain.name == "*" else domain.name
            if domain.next_hop:
                log.info("mail for %s goes to %s", name, ", then ".join(domain.next_hop))
            else:
                log.warning("mail for %s is HELD: no next_hop is named in the settings", name)
        if settings.checks.virus is None:
            log.warning(
                "no virus scanner is named (checks.virus.address): messages are not checked for viruses"
            )
        if settings.dmarc.reports_from and isinstance(door := door_of(settings), Shut):
            log.warning("%s", door.why)
        if settings.web.address:
            log.info("pages at http://%s/", settings.web.address)


def running_pid(data_dir: Path) -> int:
    """Give the process id of the gateway that runs on a data directory, 0 when none does."""
    try:
        pid = int((data_dir / PID_FILE).read_text())
        os.kill(pid, 0)
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return 0
    return pid if pid != os.getpid() and b"gatepost" in command else 0


def _occasions(settings: Settings) -> tuple[Occasion, Occasion]:
    return daily.DailyTurn(settings, time.time), incoming.Waiting(settings)


def _errand_status(errand: Errand) -> int:
    return 0 if errand.run() else _AGAIN


def _become(name: str, run: Callable[[], int | None], lifeline: int) -> NoReturn:
    """Be the child: never return into the supervisor's code."""
    status = 1
    try:
        os.close(lifeline)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        for number in (signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # the supervisor hears these for all
        status = run() or 0
    except SpoolUnusable as error:
        log.error("%s cannot run: %s", name, error)  # noqa: TRY400 - the sentence says what to do
    except BaseException:
        log.exception("%s ended by an error", name)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _listening(address: str, what: str, shared: bool = True) -> socket.socket:
    host, port = host_and_port(address)
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind((host, port))
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        why = error.strerror or str(error)
        hint = ""
        if isinstance(error, PermissionError):
            hint = "; ports below 1024 need root or CAP_NET_BIND_SERVICE"
        elif error.errno == 98:  # EADDRINUSE
            hint = "; stop what listens there, or choose another address"
        raise StartError(f"{what} {address}: {why}{hint}") from None
    return sock


def _node_of(directory: Path) -> int:
    """Give this machine's part of every id: drawn once, kept in the data directory."""
    path = directory / _NODE_FILE
    try:
        return int(path.read_text()) % NODES
    except (OSError, ValueError):
        node = random.SystemRandom().randrange(NODES)
        path.write_text(f"{node}\n")
        return node
