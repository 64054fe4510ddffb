"""The resolver: answers that are remembered, questions that are asked once however many wait for them.

Made by each worker and passed to all that ask (`mail.dns.Resolver`). A question that somebody else has on its way is
waited for and not asked again; an asker that is cancelled takes nothing from the others. What is remembered is
bounded, in number and in size, and so are the questions on their way: the rest waits in a line that has an end too.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from pathlib import Path
from typing import Final

from msgspec import Struct

from gatepost.gateway.resolver.exchange import Exchange, Server
from gatepost.gateway.resolver.settings import PORT, ResolverSettings, nameserver
from gatepost.gateway.resolver.wire import NXDOMAIN, Said, encode_name
from gatepost.mail.clock import Clock
from gatepost.mail.dns import Answer, Kind, Status

MAX_TTL: Final = 3600  # seconds: what a zone changes is known within an hour
MAX_NEGATIVE_TTL: Final = 900  # RFC 2308 §5 allows hours; new records of a sender should help him sooner
FAILURE_TTL: Final = 5  # RFC 9520 §3.2: at least 1, a failure is not to be asked for again and again
MAX_REMEMBERED: Final = 4096  # characters of records; a longer answer is given, but not kept
MAX_ON_THEIR_WAY: Final = 512
MAX_IN_LINE: Final = 8192
MAX_NAMESERVERS: Final = 3  # as resolv.conf(5) says

_Key = tuple[str, Kind]


class _Held(Struct, frozen=True, gc=False):
    answer: Answer
    until: float


class DnsResolver:
    """Ask name servers, by the settings. Made within a running loop; `clock` gives the time for `Answer.at`."""

    def __init__(
        self, settings: ResolverSettings, clock: Clock, resolv_conf: Path = Path("/etc/resolv.conf")
    ) -> None:
        self.servers: Final = tuple(map(nameserver, settings.nameservers)) or system_servers(resolv_conf)
        self._loop = asyncio.get_running_loop()
        self._clock = clock
        self._exchange = Exchange(self.servers, settings.timeout, settings.tries)
        self._size = settings.cache_size
        self._held: dict[_Key, _Held] = {}
        self._asked: dict[_Key, asyncio.Future[Answer]] = {}
        self._line: deque[tuple[_Key, bytes]] = deque()
        self._on_their_way = 0

    async def ask(self, name: str, kind: Kind) -> Answer:
        """Give the answer about a name, as `mail.dns.Resolver` says."""
        key = (name.lower().removesuffix("."), kind)
        held = self._held.get(key)
        if held is not None:
            if held.until > self._loop.time():
                return held.answer
            del self._held[key]
        future = self._asked.get(key)
        if future is None:
            octets = encode_name(key[0])
            if octets is None:
                return Answer(*key, Status.ABSENT, at=self._clock())
            if self._on_their_way >= MAX_ON_THEIR_WAY and len(self._line) >= MAX_IN_LINE:
                reason = f"{MAX_IN_LINE} questions wait already"
                return Answer(*key, Status.FAILED, at=self._clock(), reason=reason)
            future = self._asked[key] = self._loop.create_future()
            if self._on_their_way < MAX_ON_THEIR_WAY:
                self._send(key, octets)
            else:
                self._line.append((key, octets))
        return await asyncio.shield(future)

    def close(self) -> None:
        """Close the sockets; whoever still waits gets a failure."""
        self._line.clear()
        self._exchange.close()
        for key, future in self._asked.items():
            if not future.done():
                reason = "the resolver is being closed"
                future.set_result(Answer(*key, Status.FAILED, at=self._clock(), reason=reason))
        self._asked.clear()

    def _send(self, key: _Key, octets: bytes) -> None:
        self._on_their_way += 1
        self._exchange.send(octets, key[1], partial(self._settled, key))

    def _settled(self, key: _Key, said: Said | None, reason: str) -> None:
        self._on_their_way -= 1
        answer, keep = self._answer(key, said, reason)
        if keep > 0 and self._size:
            self._keep(key, answer, keep)
        future = self._asked.pop(key, None)
        if future is not None and not future.done():
            future.set_result(answer)
        if self._line:
            self._loop.call_soon(self._advance)  # not from here: a question may be settled while it is sent

    def _advance(self) -> None:
        while self._line and self._on_their_way < MAX_ON_THEIR_WAY:
            self._send(*self._line.popleft())

    def _answer(self, key: _Key, said: Said | None, reason: str) -> tuple[Answer, float]:
        """Make the answer, and say for how many seconds it is remembered."""
        at = self._clock()
        if said is None:
            return Answer(*key, Status.FAILED, at=at, reason=reason), FAILURE_TTL
        if said.code == NXDOMAIN or not said.records:
            status = Status.ABSENT if said.code == NXDOMAIN else Status.EMPTY
            # RFC 2308 §5: without an SOA record nothing says for how long, so it is hardly kept.
            ttl = FAILURE_TTL if said.ttl < 0 else min(said.ttl, MAX_NEGATIVE_TTL)
            return Answer(*key, status, ttl=max(said.ttl, 0), at=at), ttl
        answer = Answer(*key, Status.FOUND, said.records, said.ttl, at)
        large = sum(map(len, said.records)) > MAX_REMEMBERED
        return answer, 0 if large else min(said.ttl, MAX_TTL)

    def _keep(self, key: _Key, answer: Answer, seconds: float) -> None:
        if len(self._held) >= self._size:
            del self._held[next(iter(self._held))]  # the oldest: cheap, and near to what is least wanted
        self._held[key] = _Held(answer, self._loop.time() + seconds)


def system_servers(path: Path) -> tuple[Server, ...]:
    """Read the name servers of the system; none that can be read is one on this machine (resolv.conf(5))."""
    servers: list[Server] = []
    try:
        text = path.read_text(errors="replace")
    except OSError:
        text = ""
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver":
            try:
                servers.append((nameserver(words[1])[0], PORT))
            except ValueError:
                continue
    return tuple(servers[:MAX_NAMESERVERS]) or (("127.0.0.1", PORT),)
