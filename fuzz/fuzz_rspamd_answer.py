"""Fuzz the reading of Rspamd's answers."""

from __future__ import annotations

from gatepost.checks.content.engines.connections import Outage
from gatepost.checks.content.engines.http import Response
from gatepost.checks.content.engines.rspamd import read_answer
from gatepost.checks.content.engines.weighed import MAX_SYMBOLS


def target(data: bytes) -> None:
    """Any body is an answer with bounded, printable words and finite numbers, or an outage with a reason."""
    answer = read_answer(Response(200, data))
    if isinstance(answer, Outage):
        assert answer.reason.isprintable()
        assert len(answer.reason) < 1000
    else:
        assert answer.action
        assert (answer.action + "".join(name for name, _ in answer.symbols)).isprintable()
        assert len(answer.symbols) <= MAX_SYMBOLS
        assert all(abs(score) <= 10_000 for score in (answer.score, answer.limit))
    assert isinstance(read_answer(Response(500, data)), Outage)
