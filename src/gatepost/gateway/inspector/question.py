"""What goes between a worker and an inspector: a question with its files in shared memory, an answer in octets.

With a question goes one open file (SCM_RIGHTS): memory that holds the octets of all files, one behind the other, so
nothing large is copied through the socket and an inspector needs no path. Both are a length of four octets and then
MessagePack.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from gatepost.checks.content.inspector import Inspected

MAX_ANSWER: Final = 33_554_432
"""Octets of an answer that a worker takes; an honest inspector stays far below."""
READY: Final = b"ready"
"""What an inspector says once, when it is confined and waits for questions."""


class Named(Struct, frozen=True, array_like=True):
    """A file of a question: its name, and how many octets of the shared memory are its."""

    name: str
    size: int


class Question(Struct, frozen=True, array_like=True):
    """The files to look into, words to try as passwords, and what may be spent: octets, members, seconds of CPU.

    `message` is how many octets of the shared memory, behind those of the files, are the message as a whole.
    """

    files: tuple[Named, ...]
    passwords: tuple[str, ...]
    octets: int
    member: int
    members: int
    seconds: int
    message: int = 0


def framed(value: Question | Inspected) -> bytes:
    """Write a question or an answer with its length in front."""
    octets = _encode(value)
    return len(octets).to_bytes(4, "big") + octets


_encode: Final = msgspec.msgpack.Encoder().encode
decode_question: Final = msgspec.msgpack.Decoder(Question).decode
decode_answer: Final = msgspec.msgpack.Decoder(Inspected).decode
