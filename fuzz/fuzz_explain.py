"""Fuzz the explanation of replies."""

from __future__ import annotations

from gatepost.reply import knowledge
from gatepost.reply.explain import explain
from gatepost.reply.explanation import Context
from gatepost.reply.parse import BOUND


def target(data: bytes) -> None:
    """Any text is explained with a known cause, whole sentences and a bounded echo, the same every time."""
    text = data.decode("utf-8", "replace")
    told = explain(text)
    assert told == explain(text)
    assert len(told.text) <= BOUND
    assert all(cause in knowledge.causes() for cause in told.causes)
    assert told.cause == (told.causes[0] if told.causes else "")
    assert told.meaning.endswith(".")
    assert told.action.endswith(".")
    assert told.code is None or 200 <= told.code <= 599
    received = explain(text, Context(direction="received", stage="rcpt", peer="mx.example.org"))
    assert received.class_ == told.class_
