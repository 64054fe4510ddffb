"""The program of an inspector: takes questions from its standard input, a socket, and answers them until it closes.

Everything is imported first, then the limits are set, and only then is anything opened. It asks nobody, knows no
settings, and keeps nothing from one question to the next.
"""

from __future__ import annotations

import encodings
import mmap
import os
import pkgutil
import resource
import socket
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Final

import msgspec

from gatepost.checks.content.formats import readers
from gatepost.checks.content.formats.format import Budget
from gatepost.checks.content.formats.walk import Item, walk
from gatepost.checks.content.inspector import Inspected
from gatepost.gateway.inspector.confine import confine, let_compute, unfiltered
from gatepost.gateway.inspector.question import READY, Question, decode_question, framed

_PIECE: Final = 65_536
_MAX_TEXT: Final = 1_000_000
"""Characters of text that one answer holds in all."""
_TIRED: Final = 400_000
"""KiB of memory once in use after which an inspector ends; the next question goes to a fresh one."""


def main() -> None:
    """Answer until there is nothing more to answer; the first argument is the memory allowed, in octets."""
    memory = int(sys.argv[1])
    line = socket.socket(fileno=os.dup(0))
    readers.prepare()
    for module in pkgutil.iter_modules(encodings.__path__):  # zip names, text: nothing can be imported later
        if module.name not in ("mbcs", "oem"):  # Windows has these
            import_module(f"encodings.{module.name}")
    if lacking := unfiltered():
        print(f"an inspector runs with resource limits alone: {lacking}", file=sys.stderr)  # noqa: T201
    confine(memory)
    line.sendall(READY)
    while (asked := _next(line)) is not None:
        line.sendall(framed(_answer(*asked)))
        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > _TIRED:
            return


def _next(line: socket.socket) -> tuple[Question, int] | None:
    """Wait for a question and the memory that belongs to it; None at the end."""
    octets, shared, _, _ = socket.recv_fds(line, _PIECE, 1)
    if not octets or not shared:
        return None
    while len(octets) < 4 or len(octets) < 4 + int.from_bytes(octets[:4], "big"):
        more = line.recv(_PIECE)
        if not more:
            return None
        octets += more
    return decode_question(octets[4:]), shared[0]


def _answer(question: Question, shared: int) -> Inspected:
    let_compute(question.seconds)
    budget = Budget(question.octets, question.member, question.members, question.passwords)
    text = _MAX_TEXT
    files: list[tuple[Item, ...]] = []
    try:
        for walked in _walks(question, shared, budget):
            items: list[Item] = []
            for item in walked:
                items.append(msgspec.structs.replace(item, text=item.text[:text]))
                text -= min(text, len(item.text))
            files.append(tuple(items))
    finally:
        os.close(shared)
    return Inspected(tuple(files))


def _walks(question: Question, shared: int, budget: Budget) -> Iterator[Iterator[Item]]:
    if not sum(named.size for named in question.files):
        yield from (walk(b"", named.name, budget, readers.reader_of) for named in question.files)
        return
    with mmap.mmap(shared, 0, access=mmap.ACCESS_READ) as memory:
        start = 0
        for named in question.files:
            yield walk(memory[start : start + named.size], named.name, budget, readers.reader_of)
            start += named.size


if __name__ == "__main__":
    main()
