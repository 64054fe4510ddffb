"""Fuzz what a person sees of a held message."""

from __future__ import annotations

from gatepost.gateway.quarantine.excerpt import MAX_FIELDS, MAX_LINES, excerpt


def target(data: bytes) -> None:
    """Any octets give an excerpt: a bounded number of bounded, printable lines, no exception."""
    seen = excerpt(data)
    assert len(seen.fields) <= MAX_FIELDS
    assert len(seen.lines) <= MAX_LINES
    for name, value in seen.fields:
        assert name.isprintable()
        assert value.isprintable()
        assert len(value) <= 500
    assert all(line.isprintable() and len(line) <= 200 for line in seen.lines)
