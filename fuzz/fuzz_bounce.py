"""Fuzz the reading of bounce messages."""

from __future__ import annotations

from typing import get_args

from gatepost.mail.bounce import Action, Kind, read_bounce
from gatepost.mail.bounce.free import MAX_FAILURES


def target(data: bytes) -> None:
    """Any octets give a bounce of a known kind with bounded values in single lines, or None; no exception."""
    bounce = read_bounce(data)
    if bounce is None:
        return
    assert bounce.kind in get_args(Kind)
    assert bounce.form
    assert len(bounce.failures) <= MAX_FAILURES
    for failure in bounce.failures:
        assert failure.action in get_args(Action)
        assert len(failure.address) <= 512
        assert len(failure.reply) <= 8192
        assert "\n" not in failure.reply
        assert "\n" not in failure.address
    assert read_bounce(data) == bounce
