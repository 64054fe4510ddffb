from __future__ import annotations

import io
import sys

import pytest

from gatepost.cli.explaining import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make stderr a terminal; no fixture, as pytest gives a test another stderr than its fixtures."""
    stderr = Terminal()
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setenv("TERM", "xterm")
    return stderr


def test_nothing_is_drawn_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    with progress.progress("mail.log") as tell:
        tell(1, 2)
    assert stderr.getvalue() == ""


def test_nothing_is_drawn_for_what_is_done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = terminal(monkeypatch)
    with progress.progress("mail.log") as tell:
        tell(1, 2)
    assert stderr.getvalue() == ""


def test_what_takes_long_is_drawn_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    stderr = terminal(monkeypatch)
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    with progress.progress("mail[b].log") as tell:
        tell(1_000_000, 2_000_000)
        tell(2_000_000, None)
    assert "mail[b].log" in stderr.getvalue()
