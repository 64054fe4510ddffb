"""Fuzz the reading of spamd's answers."""

from __future__ import annotations

from gatepost.checks.content.engines.connections import Outage
from gatepost.checks.content.engines.spamassassin import read_answer
from gatepost.checks.content.engines.weighed import MAX_SYMBOLS


def target(data: bytes) -> None:
    """Any answer says in its head whether it is spam, or is an outage with a printable reason."""
    head, _, report = data.partition(b"\r\n\r\n")
    answer = read_answer(head.decode("utf-8", "replace"), report)
    if isinstance(answer, Outage):
        assert answer.reason.isprintable()
        assert len(answer.reason) < 1000
    else:
        assert answer.action in ("spam", "no spam")
        assert b"spam" in head.lower()
        assert len(answer.symbols) <= MAX_SYMBOLS
        assert all(abs(score) <= 10_000 for score in (answer.score, answer.limit))
