"""Ids of sessions and messages: one thread through reply, Received field, journal, DSN and page.

A session id is 65 bits written as 13 characters of lower-case Crockford base32 (no i, l, o, u, so it can be
read out over a telephone): 41 bits of milliseconds since 2020, 14 bits of node, 10 bits of counter. Sorting
ids sorts sessions by the time they began. A message id is its session's id, a hyphen and a number.
"""

from __future__ import annotations

import re
from typing import Final

from gatepost.mail.clock import Clock

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
EPOCH: Final = 1_577_836_800_000  # 2020-01-01T00:00Z in milliseconds: 41 bits last until 2089
NODES: Final = 1 << 14
_PER_MILLISECOND: Final = 1 << 10
_PAIRS: Final = tuple(a + b for a in ALPHABET for b in ALPHABET)
_ID = re.compile(rf"[{ALPHABET}]{{13}}(?:-[0-9]{{1,9}})?")


class SessionIds:
    """Hand out session ids for one node; every call gives a greater id than the call before.

    `node` (0 .. NODES-1) must differ between processes that run at the same time.
    """

    def __init__(self, node: int, clock: Clock) -> None:
        if not 0 <= node < NODES:
            raise ValueError(f"node {node} is not between 0 and {NODES - 1}")
        self._node = node << 10
        self._clock = clock
        self._last_millisecond = 0
        self._counter = 0

    def __call__(self) -> str:
        """Give the next id."""
        now = int(self._clock() * 1000) - EPOCH
        if now > self._last_millisecond:
            self._last_millisecond = now
            self._counter = 0
        elif self._counter < _PER_MILLISECOND - 1:
            self._counter += 1
        else:  # more than 1,024 in a millisecond, or the clock went back: run ahead of it
            self._last_millisecond += 1
            self._counter = 0
        return _base32(self._last_millisecond << 24 | self._node | self._counter)


def message_id(session: str, number: int) -> str:
    """Name the `number`th message (from 1) of a session."""
    return f"{session}-{number}"


def session_of(any_id: str) -> str:
    """Give the session id that a message id begins with; a session id is its own."""
    return any_id.partition("-")[0]


def is_id(text: str) -> bool:
    """Tell whether `text` has the form of a session id or a message id."""
    return _ID.fullmatch(text) is not None


def began_at(any_id: str) -> float:
    """Read from an id when its session began, in seconds since 1970, to the millisecond."""
    number = 0
    for character in session_of(any_id):
        number = number << 5 | ALPHABET.index(character)
    return ((number >> 24) + EPOCH) / 1000


def _base32(number: int) -> str:
    pairs = _PAIRS
    return (
        ALPHABET[number >> 60 & 31]
        + pairs[number >> 50 & 1023]
        + pairs[number >> 40 & 1023]
        + pairs[number >> 30 & 1023]
        + pairs[number >> 20 & 1023]
        + pairs[number >> 10 & 1023]
        + pairs[number & 1023]
    )
