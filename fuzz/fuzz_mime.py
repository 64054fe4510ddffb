"""Fuzz the view of messages."""

from __future__ import annotations

from gatepost.mail.mime import view
from gatepost.mail.mime.bounds import MAX_PARTS, MAX_READINGS


def target(data: bytes) -> None:
    """Any octets are a message: parts within bounds and within their buffers, all readable, no exception."""
    taken = view(data)
    assert len(taken.parts) <= MAX_PARTS
    assert len({part.number for part in taken.parts}) == len(taken.parts)
    for part in taken.parts:
        assert 0 <= part.start <= part.body_start <= part.end <= len(part.buffer)
    for part in taken.leaves:
        assert 1 <= len(part.readings()) <= MAX_READINGS
        assert part.texts()
    for ambiguity in taken.ambiguities:
        assert ambiguity.words
        assert len(ambiguity.words) < 2000
