"""Asking Rspamd about a message: /checkv2 by HTTP, over connections that are kept where it keeps them.

Knows Rspamd's fields and words: its action is the name of the finding, its score counts by the weight of the
settings, the rules that matched are evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import Struct

from gatepost.checks.check import Dialer
from gatepost.checks.content.engines import http
from gatepost.checks.content.engines.connections import Connection, Connections, Outage, quoted
from gatepost.checks.content.engines.engine import Opinion
from gatepost.checks.content.engines.settings import RspamdSettings
from gatepost.checks.content.engines.weighed import Weighed, number, strongest
from gatepost.checks.evidence import WeighedEvidence
from gatepost.checks.facts import Content, Facts

MAX_BODY: Final = 1_048_576
"""Octets of an answer; one with every rule that Rspamd ships has some ten thousand."""
_MAX_RECIPIENTS: Final = 100
_MAX_FIELD: Final = 320
_NONE: Final[tuple[bytes, ...]] = ()

FINDINGS: Final = {
    "reject": "rspamd-reject",
    "add header": "rspamd-spam",
    "rewrite subject": "rspamd-spam",
    "quarantine": "rspamd-spam",
    "discard": "rspamd-reject",
    "soft reject": "rspamd-defer",
    "greylist": "rspamd-greylist",
    "no action": "",
    "accept": "",
}
"""Rspamd's actions, and the findings that they are here. An administrator's own actions are "rspamd-spam"."""


class _Symbol(Struct, gc=False):
    score: float = 0.0


class _Answer(Struct, gc=False):
    action: str = ""
    score: float = 0.0
    required_score: float = 0.0
    symbols: dict[str, _Symbol] = {}
    is_skipped: bool = False
    error: str = ""


_decode: Final = msgspec.json.Decoder(_Answer).decode


class Rspamd:
    """One Rspamd."""

    name = "rspamd"

    def __init__(self, settings: RspamdSettings, dial: Dialer, monotonic: Callable[[], float]) -> None:
        self.label = f"Rspamd at {settings.address}"
        self.max_size = settings.max_size
        self._weight = settings.weight
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
        """Ask what to do with a message, and why."""

        async def exchange(connection: Connection) -> Weighed | Outage:
            reply = await http.ask(
                connection,
                "POST",
                "/checkv2",
                _fields(facts),
                content.size,
                content.chunks,
                max_body=MAX_BODY,
            )
            return read_answer(reply)

        answer = await self._connections.ask(exchange)
        if isinstance(answer, Outage):
            return answer
        found = FINDINGS.get(answer.action, "rspamd-spam")
        evidence = WeighedEvidence(self.label, answer.score, answer.limit, answer.action, answer.symbols)
        return Opinion(found, (evidence,), max(0.0, number(answer.score * self._weight)) if found else 0.0)

    async def health(self) -> Outage | None:
        """Ask it whether it is there."""

        async def exchange(connection: Connection) -> http.Response | Outage:
            return await http.ask(connection, "GET", "/ping", (), 0, lambda: _NONE, max_body=MAX_BODY)

        answer = await self._connections.ask(exchange)
        if isinstance(answer, Outage):
            return answer
        if answer.status != 200 or answer.body.strip() != b"pong":
            return Outage(f"it answers a ping with {answer.status} and {_text(answer.body)}")
        return None

    def close(self) -> None:
        """Close the connections that are kept."""
        self._connections.close()


def read_answer(reply: http.Response) -> Weighed | Outage:
    """Read an answer to /checkv2: everything but a whole one with an action is an Outage."""
    try:
        answer = _decode(reply.body)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        if reply.status == 200:
            return Outage(f"its answer makes no sense: {_text(reply.body)}")
        return Outage(f"it answered with status {reply.status}: {_text(reply.body)}")
    if reply.status != 200 or answer.error:
        return Outage(f"it answered with status {reply.status}: {quoted(answer.error)}")
    if answer.is_skipped:
        return Outage("it did not look at the message: its settings say to skip it")
    action = "".join([c for c in answer.action[:40] if c.isprintable()]).strip()
    if not action:
        return Outage("its answer names no action")
    symbols = strongest((name, symbol.score) for name, symbol in answer.symbols.items())
    return Weighed(number(answer.score), number(answer.required_score), action, symbols)


def _fields(facts: Facts) -> list[tuple[bytes, bytes]]:
    """Tell of session and envelope; names as https://rspamd.com/doc/developers/protocol.html has them."""
    fields = [(b"IP", facts.client), (b"Queue-Id", facts.session), (b"Helo", facts.helo)]
    if facts.reverse_path is not None:
        fields.append((b"From", str(facts.reverse_path)))
    fields += [(b"Rcpt", str(recipient)) for recipient in facts.recipients[:_MAX_RECIPIENTS]]
    return [(name, value) for name, text in fields if (value := _value(text))]


def _value(text: str) -> bytes:
    """Write what a stranger said as the value of a field, with nothing in it that could end the field."""
    shown = "".join([c if c.isprintable() else "?" for c in text[:_MAX_FIELD]])
    return shown.strip().encode("utf-8", "replace")


def _text(body: bytes) -> str:
    return quoted(body[:400].decode("utf-8", "replace"))
