"""Asking spamd, the daemon of SpamAssassin, about a message: REPORT by the SPAMC protocol, a connection per question.

Knows the protocol (spamd/PROTOCOL in SpamAssassin's source) and the table of its report. What the lines in front say
decides; the table is evidence, and may be missing where the administrator has written a report of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

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
from gatepost.checks.content.engines.incoming import Incoming, fields_of
from gatepost.checks.content.engines.settings import SpamAssassinSettings
from gatepost.checks.content.engines.weighed import Weighed, number, strongest
from gatepost.checks.evidence import WeighedEvidence
from gatepost.checks.facts import Content, Facts

MAX_REPORT: Final = 262_144
"""Octets of a report; an ordinary one has one or two thousand."""
_STATUS: Final = re.compile(r"SPAMD/[0-9]\.[0-9] ([0-9]{1,3}) ?([!-~][ -~]{0,80})?")
_SPAM: Final = re.compile(
    r"(True|Yes|False|No) *; *(-?[0-9]{1,6}(?:\.[0-9]{1,6})?) */ *(-?[0-9]{1,6}(?:\.[0-9]{1,6})?)",
    re.IGNORECASE,
)
# From 10 points on it leaves out the digit behind the point, and indents by one more.
_ROW: Final = re.compile(r"^ {0,3}(-?[0-9]{1,4}(?:\.[0-9]{1,3})?) ([A-Za-z0-9_]{2,80})(?= |$)", re.MULTILINE)


class SpamAssassin:
    """One spamd."""

    name = "spamassassin"

    def __init__(self, settings: SpamAssassinSettings, dial: Dialer, monotonic: Callable[[], float]) -> None:
        self.label = f"spamd at {settings.address}"
        self.max_size = settings.max_size
        self._weight = settings.weight
        self._user = f"User: {settings.user}\r\n" if settings.user else ""
        self._connections = Connections(
            settings.address,
            dial,
            monotonic,
            timeout=settings.timeout,
            connect_timeout=settings.connect_timeout,
            idle_timeout=settings.idle_timeout,
            max_connections=settings.max_connections,
        )

    async def ask(self, facts: Facts, content: Content) -> Opinion | Outage:  # noqa: ARG002 - it has no fields for them
        """Ask whether a message is spam, and why."""
        head = f"REPORT SPAMC/1.5\r\nContent-length: {content.size}\r\n{self._user}\r\n".encode()

        async def exchange(connection: Connection) -> Weighed | Outage:
            (head_heard, body), all_sent = await converse(
                connection, _question(head, content), _answer(connection)
            )
            weighed = read_answer(head_heard, body)
            if not all_sent and not isinstance(weighed, Outage):
                return Outage("it answered before it had all of the message")
            return weighed

        answer = await self._connections.ask(exchange)
        if isinstance(answer, Outage):
            return answer
        found = "spamassassin-spam" if answer.action == "spam" else ""
        evidence = WeighedEvidence(self.label, answer.score, answer.limit, answer.action, answer.symbols)
        return Opinion(found, (evidence,), max(0.0, number(answer.score * self._weight)) if found else 0.0)

    async def health(self) -> Outage | None:
        """Ask it whether it is there."""

        async def exchange(connection: Connection) -> str | Outage:
            connection.reusable = False
            ping = iter((b"PING SPAMC/1.5\r\n\r\n",))
            line, _ = await converse(connection, ping, Incoming(connection.stream).until(b"\r\n", MAX_REPORT))
            return line.decode("utf-8", "replace")

        answer = await self._connections.ask(exchange)
        if isinstance(answer, Outage):
            return answer
        return None if answer.endswith(" PONG") else Outage(f"it answers a ping with {quoted(answer)}")

    def close(self) -> None:
        """Close nothing: no connection is kept, for spamd closes each behind its answer."""
        self._connections.close()


def _question(head: bytes, content: Content) -> Iterator[bytes]:
    pieces = readable(content.chunks)
    piece = next(pieces, b"")
    yield head + piece
    yield from pieces


async def _answer(connection: Connection) -> tuple[str, bytes]:
    """Hear an answer, its head and its report, which has as many octets as it says."""
    connection.reusable = False
    incoming = Incoming(connection.stream)
    head = await incoming.head()
    length = fields_of(head.split("\r\n")[1:]).get("content-length", "")
    body = await incoming.rest(MAX_REPORT)
    if length and (not length.isascii() or not length.isdigit() or int(length[:10]) != len(body)):
        raise NonsenseError(f"its report has {len(body):,} octets, and not {quoted(length)} as it says")
    return head, body


def read_answer(head: str, report: bytes) -> Weighed | Outage:
    """Read an answer to REPORT: everything but one that says whether it is spam is an Outage."""
    status, *lines = head.split("\r\n")
    match = _STATUS.fullmatch(status)
    if match is None:
        return Outage(f"its answer makes no sense: {quoted(status)}")
    if match[1] != "0":
        return Outage(f"it reported an error: {quoted(match[2] or match[1])}")
    verdict = fields_of(lines).get("spam", "")
    said = _SPAM.fullmatch(verdict)
    if said is None:
        return Outage(f"its answer does not say whether it is spam: {quoted(verdict or status)}")
    spam = said[1].lower() in ("true", "yes")
    table = report.decode("utf-8", "replace").rpartition("pts rule name")[2].replace("\r\n", "\n")
    symbols = strongest((name, float(score)) for score, name in _ROW.findall(table))
    return Weighed(number(float(said[2])), number(float(said[3])), "spam" if spam else "no spam", symbols)
