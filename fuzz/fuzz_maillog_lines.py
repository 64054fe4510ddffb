"""Search for octets that become other lines when they come in other pieces."""

from __future__ import annotations

from gatepost.maillog.lines import BOUND, Lines


def target(data: bytes) -> None:
    """Any octets give the same bounded lines, whole or in pieces, and as many as they have ends."""
    whole = Lines()
    lines = whole.receive(data) + whole.end()
    size = 1 + len(data) % 13
    pieces = Lines()
    got = [line for at in range(0, len(data), size) for line in pieces.receive(data[at : at + size])]
    assert got + pieces.end() == lines
    assert pieces.cut == whole.cut
    assert all(len(line) <= BOUND or line.startswith("__CURSOR=") for line in lines)
    assert len(lines) <= data.count(b"\n") + data.count(b"\r") + 2
    assert not any("\n" in line and not line.startswith("__CURSOR=") for line in lines)
