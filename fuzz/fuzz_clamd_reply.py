"""Fuzz the reading of clamd's answers."""

from __future__ import annotations

from gatepost.checks.content.clamd import Match, read_answer
from gatepost.checks.content.engines.connections import Outage


def target(data: bytes) -> None:
    """Any answer but the two whole forms with our number is an outage with a printable reason, never a verdict."""
    verdict = read_answer(data, 1)
    if isinstance(verdict, Outage):
        assert verdict.reason.isprintable()
        assert len(verdict.reason) < 1000
    elif isinstance(verdict, Match):
        assert data.decode("utf-8", "replace") == f"1: stream: {verdict.signature} FOUND\0"
    else:
        assert data == b"1: stream: OK\0"
