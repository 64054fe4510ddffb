"""Asking a scanner by ICAP (RFC 3507): the message as what a server sent (RESPMOD), or as what one is sent (REQMOD).

A scanner that has nothing against the content says 204, or gives it back as it was. Everything else it may do is a
finding: name what it found (the fields that scanners have for it are no part of the RFC), put a page of its own in
the content's place, or change it, for what it changes we do not pass on.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Final

from msgspec import Struct

from gatepost.checks.check import Dialer
from gatepost.checks.content.engines.connections import (
    Connection,
    Connections,
    NonsenseError,
    Outage,
    converse,
    quoted,
    readable,
)
from gatepost.checks.content.engines.engine import Opinion
from gatepost.checks.content.engines.incoming import MAX_HEAD, Incoming, fields_of
from gatepost.checks.content.engines.settings import IcapSettings
from gatepost.checks.evidence import SignatureEvidence
from gatepost.checks.facts import CHUNK, Content, Facts

_STATUS: Final = re.compile(r"ICAP/1\.[0-9] ([1-5][0-9]{2})(?: (.*))?")
_HTTP: Final = re.compile(r"HTTP/1\.[0-9] ([1-5][0-9]{2})\b")
_PART: Final = re.compile(r"(req-hdr|res-hdr|req-body|res-body|opt-body|null-body) *= *([0-9]{1,6})")
_CHUNK_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?")
_THREAT: Final = re.compile(r"Threat *= *([^;\n]+)", re.IGNORECASE)
_NOTHING: Final = frozenset({"", "0", "no", "none", "false"})
_MAX_CHUNK_LINE: Final = 256
_MAX_NAME: Final = 200
_MAX_TRAILER: Final = 20
_USUAL_TTL: Final = 3600
_MAX_TTL: Final = 86_400
_WHERE: Final = "the message as a whole"


class Options(Struct, frozen=True, gc=False):
    """What a service can: the octets it wants to see first (None: it knows no preview), and how long that holds."""

    preview: int | None
    seconds: int


class Head(Struct, frozen=True, gc=False):
    """The head of an answer: status, reason, fields by name in lower case."""

    status: int
    reason: str
    fields: dict[str, str]


class Icap:
    """One service of a scanner."""

    name = "icap"

    def __init__(self, settings: IcapSettings, dial: Dialer, monotonic: Callable[[], float]) -> None:
        self.label = f"the scanner at {settings.url}"
        self.max_size = settings.max_size
        self._url = settings.url
        self._method = settings.method
        self._host = settings.address
        self._monotonic = monotonic
        self._options: Options | None = None
        self._until = 0.0
        self._connections = Connections(
            settings.address,
            dial,
            monotonic,
            timeout=settings.timeout,
            connect_timeout=settings.connect_timeout,
            idle_timeout=settings.idle_timeout,
            max_connections=settings.max_connections,
        )

    async def ask(self, facts: Facts, content: Content) -> Opinion | Outage:
        """Ask whether there is something in a message; "" is nothing."""
        # RFC 3507 §4.10.2: a preview is as long as the service says at most, and it says so to OPTIONS.
        if self._options is None or self._monotonic() >= self._until:
            options = await self._connections.ask(self._learn)
            if isinstance(options, Outage):
                return options
            self._options, self._until = options, self._monotonic() + options.seconds
        preview = self._options.preview

        async def exchange(connection: Connection) -> str | Outage:
            return await self._scan(connection, facts, content, preview)

        answer = await self._connections.ask(exchange)
        if isinstance(answer, Outage):
            self._options = None  # it may have been set up anew
            return answer
        if not answer:
            return Opinion("")
        return Opinion("icap-found", (SignatureEvidence(answer, self.label, _WHERE),))

    async def health(self) -> Outage | None:
        """Ask it what it can."""
        answer = await self._connections.ask(self._learn)
        return answer if isinstance(answer, Outage) else None

    def close(self) -> None:
        """Close the connections that are kept."""
        self._connections.close()

    async def _learn(self, connection: Connection) -> Options | Outage:
        question = f"OPTIONS {self._url} ICAP/1.0\r\nHost: {self._host}\r\nEncapsulated: null-body=0\r\n\r\n"
        incoming = Incoming(connection.stream)
        text, _ = await converse(connection, iter((question.encode(),)), incoming.head())
        head = read_head(text)
        if head.status != 200:
            raise NonsenseError(f"it has no such service: {head.status} {quoted(head.reason)}")
        parts = encapsulated(head)
        if any(name == "opt-body" for name, _ in parts) or incoming.ahead:
            raise NonsenseError("it says more of its options than anybody asked for")
        connection.reusable = closes_not(head)
        return options_of(head, self._method)

    async def _scan(
        self, connection: Connection, facts: Facts, content: Content, preview: int | None
    ) -> str | Outage:
        if preview is not None:
            preview = min(preview, CHUNK)
        pieces = readable(content.chunks)
        first = next(pieces, b"")
        head = self._head(facts, content, preview)
        incoming = Incoming(connection.stream)
        if preview is None:
            body = _chunked(first, pieces)
            text, all_sent = await converse(connection, _behind(head, body), incoming.head())
            answer = read_head(text)
        else:
            # RFC 3507 §4.5: the preview is all when it ends with "0; ieof"; else "100 Continue" asks for the rest.
            shown, rest = first[:preview], first[preview:]
            all_sent = len(shown) == content.size
            end = b"0; ieof\r\n\r\n" if all_sent else b"0\r\n\r\n"
            text, _ = await converse(
                connection, iter((b"".join((head, _chunk(shown), end)),)), incoming.head()
            )
            answer = read_head(text)
            if answer.status == 100:
                if all_sent:
                    raise NonsenseError("it asks for more of the message than there is")
                text, all_sent = await converse(connection, _chunked(rest, pieces), incoming.head())
                answer = read_head(text)
            elif answer.status == 204:
                all_sent = True  # what it saw was enough for it
        connection.reusable = closes_not(answer)
        found = found_by(answer)
        if found:
            connection.reusable = False  # the page that it would show instead is nothing to wait for
            return found
        if not all_sent:
            raise NonsenseError("it answered before it had all of the message")
        return await self._unchanged(connection, incoming, answer, content)

    async def _unchanged(
        self, connection: Connection, incoming: Incoming, answer: Head, content: Content
    ) -> str:
        """Tell what it did to the content; "" when it did nothing."""
        if answer.status == 204:
            connection.reusable = connection.reusable and not incoming.ahead
            return ""
        if answer.status != 200:
            raise NonsenseError(f"it reported an error: {answer.status} {quoted(answer.reason)}")
        parts = encapsulated(answer)
        names = [name for name, _ in parts]
        header = ""
        if parts and parts[-1][1]:
            header = (await incoming.exactly(parts[-1][1])).decode("utf-8", "replace")
        connection.doing = "hearing what it made of the message"
        status = _HTTP.match(header)
        if "res-hdr" in names and (self._method == "reqmod" or status is None or status[1] != "200"):
            connection.reusable = False
            return f"something (its answer in place of the message: HTTP {status[1] if status else '?'})"
        if not names or not names[-1].endswith("-body"):
            raise NonsenseError("its answer does not say what it holds")
        if names[-1] == "null-body":
            return "" if content.size == 0 else "something (it took the message away)"
        heard, size = hashlib.sha256(), 0
        async for piece in _unchunked(incoming):
            heard.update(piece)
            size += len(piece)
            if size > content.size:
                connection.reusable = False
                return "something (it made the message longer)"
        sent = hashlib.sha256()
        for piece in readable(content.chunks):
            sent.update(piece)
        connection.reusable = connection.reusable and not incoming.ahead
        return "" if heard.digest() == sent.digest() else "something (it changed the message)"

    def _head(self, facts: Facts, content: Content, preview: int | None) -> bytes:
        """Write all in front of the body: the message as one that is fetched, or sent, by HTTP."""
        kind = f"Content-Type: message/rfc822\r\nContent-Length: {content.size}\r\n\r\n"
        if self._method == "respmod":
            request = "GET /message.eml HTTP/1.1\r\nHost: gatepost.invalid\r\n\r\n"
            shown = request + f"HTTP/1.1 200 OK\r\n{kind}"
            parts = f"req-hdr=0, res-hdr={len(request)}, res-body={len(shown)}"
        else:
            shown = f"POST /message.eml HTTP/1.1\r\nHost: gatepost.invalid\r\n{kind}"
            parts = f"req-hdr=0, req-body={len(shown)}"
        previewed = "" if preview is None else f"Preview: {preview}\r\n"
        client = "".join([c for c in facts.client if c.isalnum() or c in ".:"])
        return (
            f"{self._method.upper()} {self._url} ICAP/1.0\r\nHost: {self._host}\r\nAllow: 204\r\n{previewed}"
            f"X-Client-IP: {client}\r\nEncapsulated: {parts}\r\n\r\n{shown}"
        ).encode()


def read_head(text: str) -> Head:
    """Read the lines in front of an answer. Raises NonsenseError."""
    status, *lines = text.split("\r\n")
    match = _STATUS.fullmatch(status)
    if match is None:
        raise NonsenseError(f"its answer makes no sense: {quoted(status)}")
    return Head(int(match[1]), match[2] or "", fields_of(lines))


def options_of(head: Head, method: str) -> Options:
    """Read what a service says that it can. Raises NonsenseError when it does not know the method."""
    methods = head.fields.get("methods", method).lower()
    if method not in methods:
        raise NonsenseError(f"it does not know {method.upper()}, but {quoted(methods)}")
    preview, ttl = head.fields.get("preview", ""), head.fields.get("options-ttl", "")
    return Options(
        preview=int(preview[:9]) if preview.isascii() and preview.isdigit() else None,
        seconds=min(int(ttl[:9]), _MAX_TTL) if ttl.isascii() and ttl.isdigit() else _USUAL_TTL,
    )


def found_by(head: Head) -> str:
    """Read what a scanner says that it found, fit to be shown; "" for nothing."""
    fields = head.fields
    infection = fields.get("x-infection-found", "")
    threat = _THREAT.search(infection)
    name = threat[1] if threat is not None else infection
    if not name:
        name = fields.get("x-virus-id", "")
    if not name:
        lines = fields.get("x-violations-found", "").split("\n")
        # How many there are, then for each four lines: file, threat, its number, what was done.
        name = lines[2] if len(lines) > 2 else lines[0]
    name = name.strip()
    if name.lower() in _NOTHING:
        return ""
    return "".join([c if c.isprintable() else "?" for c in name[:_MAX_NAME]])


def encapsulated(head: Head) -> list[tuple[str, int]]:
    """Read which parts an answer holds, with the place where each begins (RFC 3507 §4.4.1). Raises NonsenseError."""
    field = head.fields.get("encapsulated", "")
    parts: list[tuple[str, int]] = []
    for text in field.split(",")[:4] if field else ():
        match = _PART.fullmatch(text.strip().lower())
        if match is None or int(match[2]) > MAX_HEAD or (parts and int(match[2]) < parts[-1][1]):
            raise NonsenseError(f"its answer does not say what it holds: {quoted(field)}")
        parts.append((match[1], int(match[2])))
    return parts


def closes_not(head: Head) -> bool:
    """Tell whether the connection stays."""
    return "close" not in head.fields.get("connection", "").lower()


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""


def _behind(head: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield head + next(pieces)
    yield from pieces


def _chunked(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Write a body in chunks (RFC 9112 §7.1), that of a small message in one piece."""
    following = next(pieces, b"")
    while following:
        yield _chunk(first)
        first, following = following, next(pieces, b"")
    yield _chunk(first) + b"0\r\n\r\n"


async def _unchunked(incoming: Incoming) -> AsyncIterator[bytes]:
    """Hear a body in chunks, piece by piece. Raises NonsenseError."""
    while True:
        match = _CHUNK_SIZE.fullmatch(await incoming.until(b"\r\n", _MAX_CHUNK_LINE))
        if match is None:
            raise NonsenseError("its answer has a chunk without a size")
        left = int(match[1], 16)
        if not left:
            break
        while left:
            piece = await incoming.some(min(left, CHUNK))
            left -= len(piece)
            yield piece
        if await incoming.exactly(2) != b"\r\n":
            raise NonsenseError("its answer has a chunk that is longer than it says")
    for _ in range(_MAX_TRAILER):  # fields behind the body
        if not await incoming.until(b"\r\n", MAX_HEAD):
            return
    raise NonsenseError("its answer has too many fields behind its body")
