"""The program of an inspector: takes questions from its standard input, a socket, and answers them until it closes.

Everything is imported first, then the limits are set, and only then is anything opened. It asks nobody, knows no
settings, and keeps nothing from one question to the next.
"""

from __future__ import annotations

import encodings
import mmap
import os
import pkgutil
import socket
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Final

import msgspec

from gatepost.checks.content.formats import readers
from gatepost.checks.content.formats.format import Budget, Look, Seen
from gatepost.checks.content.formats.walk import Item, looked, walk
from gatepost.checks.content.inspector import Inspected
from gatepost.gateway.inspector.confine import confine, let_compute, unfiltered
from gatepost.gateway.inspector.question import READY, Question, decode_question, framed

_PIECE: Final = 65_536
_ROOM_TO_MATCH: Final = 268_435_456
"""Octets of address space that yara-x reserves once it matches, for its thread and its machine."""
_MAX_TEXT: Final = 1_000_000
"""Characters of text that one answer holds in all."""
_TIRED: Final = 400_000_000
"""Octets of memory in use after a question with which an inspector ends; the next question goes to a fresh one."""


def main() -> None:
    """Answer until there is nothing more to answer.

    The arguments: the memory allowed, in octets; where there are YARA rules, the open file that they come in, and
    the seconds that they may take.
    """
    memory, tired = int(sys.argv[1]), _TIRED
    line = socket.socket(fileno=os.dup(0))
    readers.prepare()
    for module in pkgutil.iter_modules(encodings.__path__):  # zip names, text: nothing can be imported later
        if module.name not in ("mbcs", "oem"):  # Windows has these
            import_module(f"encodings.{module.name}")
    look: Look | None = None
    if len(sys.argv) > 2:
        mapped, used = _mapped(), _used()
        look = _rules(int(sys.argv[2]), int(sys.argv[3]))
        memory += _mapped() - mapped + _ROOM_TO_MATCH  # what the rules take is not taken from the files
        tired += _used() - used
    if lacking := unfiltered():
        print(f"an inspector runs with resource limits alone: {lacking}", file=sys.stderr)  # noqa: T201
    confine(memory)
    line.sendall(READY)
    while (asked := _next(line)) is not None:
        line.sendall(framed(_answer(*asked, look)))
        if _used() > tired:
            return


def _rules(shared: int, seconds: int) -> Look:
    """Take over the rules that are to be matched against all that is seen."""
    from gatepost.checks.content.yara import matcher

    with os.fdopen(shared, "rb") as source:
        source.seek(0)
        return matcher(source.read(), seconds)


def _mapped() -> int:
    """Give the octets of address space in use."""
    return _pages(0) * mmap.PAGESIZE


def _used() -> int:
    """Give the octets of memory in use. The peak that getrusage tells is that of the worker before it forked, too."""
    return _pages(1) * mmap.PAGESIZE


def _pages(place: int) -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[place])


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


def _answer(question: Question, shared: int, look: Look | None) -> Inspected:
    let_compute(question.seconds)
    budget = Budget(question.octets, question.member, question.members, question.passwords)
    text = _MAX_TEXT
    files: list[tuple[Item, ...]] = []
    message: tuple[Seen, ...] = ()
    try:
        if look is not None and question.message:
            message = tuple(looked(look, _message(question, shared)))
        for walked in _walks(question, shared, budget, look):
            items: list[Item] = []
            for item in walked:
                items.append(msgspec.structs.replace(item, text=item.text[:text]))
                text -= min(text, len(item.text))
            files.append(tuple(items))
    finally:
        os.close(shared)
    return Inspected(tuple(files), message)


def _message(question: Question, shared: int) -> bytes:
    with mmap.mmap(shared, 0, access=mmap.ACCESS_READ) as memory:
        return memory[len(memory) - question.message :]


def _walks(question: Question, shared: int, budget: Budget, look: Look | None) -> Iterator[Iterator[Item]]:
    if not sum(named.size for named in question.files):
        yield from (walk(b"", named.name, budget, readers.reader_of, look) for named in question.files)
        return
    with mmap.mmap(shared, 0, access=mmap.ACCESS_READ) as memory:
        start = 0
        for named in question.files:
            yield walk(memory[start : start + named.size], named.name, budget, readers.reader_of, look)
            start += named.size


if __name__ == "__main__":
    main()
