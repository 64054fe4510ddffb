"""Fuzz the glance at a header block."""

from __future__ import annotations

from gatepost.mail.header import MAX_VALUE, glance


def target(data: bytes) -> None:
    """Any octets give a glance: printable one-line fields of bounded length, no exception."""
    seen = glance(data)
    for value in (seen.header_from, seen.subject, seen.message_id):
        assert value.isprintable()
        assert len(value) <= MAX_VALUE
    assert 0 <= seen.hops <= data.lower().count(b"received:")
