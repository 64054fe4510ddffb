"""Fuzz reading, finding and telling a journal of any content."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec

from gatepost.journal.query import Story, find
from gatepost.journal.reader import Skipped, Tail, records
from gatepost.journal.render import as_json, story, summary


def target(data: bytes) -> None:
    """Any octets give records and a count that make up all lines, and stories of printable lines."""
    with tempfile.TemporaryDirectory(prefix="journal-") as directory:
        (Path(directory) / "2026-11-23T133005.123Z-w0.jsonl").write_bytes(data)
        _read(Path(directory), data)


def _read(directory: Path, data: bytes) -> None:
    skipped = Skipped()
    found = list(records(directory, skipped=skipped))
    lines = data.count(b"\n") + (not data.endswith(b"\n") and data != b"")
    assert len(found) + skipped.unreadable + skipped.unknown == lines
    assert len(Tail(directory, backlog=1000).poll()) == min(len(found), 1000)
    for what in (data[:40].decode(errors="replace"), "35ahjhz1g0700", "@example.com", "192.0.2.7", "a"):
        find(directory, what, limit=3)
    if found:
        told = Story(found[0].session, tuple(sorted(found, key=lambda record: record.time))[:50])
        assert all(line.isprintable() for line in story(told))
        assert summary(told).isprintable()
        msgspec.json.encode(as_json(told))
