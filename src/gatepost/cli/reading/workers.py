"""The summary of many files over several processes: spans of large files and whole small ones, side by side.

It gives out the work, adds up what comes back in the order of the log, and passes on how far it has come. Ctrl-C ends
the reading and not the counting: what was read until then is given. What counts is `maillog.sieve`.
"""

from __future__ import annotations

import datetime as dt
import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Final

from msgspec import Struct

from gatepost.cli.reading.sources import Fault, Progress, in_order, pieces, size_of
from gatepost.cli.reading.spans import Span, pieces_of, spans
from gatepost.maillog.sieve import Sieve, Verdicts
from gatepost.maillog.summary import Summary
from gatepost.maillog.wanted import Wanted

_ALONE: Final = 24 << 20  # octets that one process has read before others have started
_PATIENCE: Final = 5.0  # seconds for a process to end
_GARBAGE: Final = 50_000  # objects between two looks for cycles: rows are many and make none


# What is said to a process beside a span: to leave the one it reads, and to end.
_BREAK: Final = "break"
_OVER: Final = "over"


class Outcome(Struct, frozen=True):
    """What was counted, what could not be read, and whether it was broken off by Ctrl-C before the end."""

    summary: Summary
    faults: tuple[Fault, ...] = ()
    interrupted: bool = False


class _Part(Struct):
    """What one span came to."""

    summary: Summary
    faults: list[Fault]


def summarise(paths: Sequence[str], wanted: Wanted, today: dt.date, progress: Progress) -> Outcome:
    """Count the lines of files; "-" is standard input. What cannot be read is told in the outcome."""
    paths = in_order(paths, today)
    sizes = [size_of(path) for path in paths]
    known = [size for size in sizes if size is not None]
    count = _Count(progress, sum(known) if len(known) == len(sizes) else None)
    readers = 1 if sum(known) < _ALONE else len(os.sched_getaffinity(0))
    work = spans(paths, today, readers)
    readers = min(readers, len(work))
    if readers < 2:
        return _alone(work, wanted, today, count)
    return _Crew(readers, wanted, today, count).read(work)


class _Count:
    """How many octets were read, told whenever there are more."""

    def __init__(self, progress: Progress, total: int | None) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def add(self, octets: int) -> None:
        self._done += octets
        self._progress(self._done, self._total)


def _alone(work: list[Span], wanted: Wanted, today: dt.date, count: _Count) -> Outcome:
    summary, faults, verdicts = Summary(), list[Fault](), Verdicts()
    for span in work:
        part = _Part(Summary(), faults)
        sieve = Sieve(today, wanted, verdicts)
        try:
            for piece in _content(span, faults, count.add):
                sieve.receive(piece)
        except KeyboardInterrupt:
            summary.merge(sieve.end())
            return Outcome(summary, tuple(faults), interrupted=True)
        part.summary = sieve.end()
        summary.merge(part.summary)
    return Outcome(summary, tuple(faults))


def _content(span: Span, faults: list[Fault], on_read: Callable[[int], None]) -> Iterator[bytes]:
    if not span.end:
        yield from pieces(span.path, faults.append, on_read)
        return
    try:
        yield from pieces_of(span, on_read)
    except OSError as error:
        sentence = f"{span.path} can be read only in part: {(error.strerror or str(error)).lower()}."
        faults.append(Fault(span.path, sentence, span.begin))


# --- side by side ---


class _Crew:
    """Processes that each read one span after the other."""

    def __init__(self, readers: int, wanted: Wanted, today: dt.date, count: _Count) -> None:
        # A fork shares what is loaded already, but must not be made where other threads may hold locks.
        alone = threading.active_count() == 1
        context = multiprocessing.get_context("fork") if alone else multiprocessing.get_context("spawn")
        self._count = count
        self._processes: dict[Connection, BaseProcess] = {}
        self._reading: dict[Connection, int] = {}
        self._interrupted = False
        for _ in range(readers):
            ours, theirs = context.Pipe()
            process = context.Process(target=_read, args=(theirs, wanted, today), daemon=True)
            process.start()
            theirs.close()
            self._processes[ours] = process

    def read(self, work: list[Span]) -> Outcome:
        """Give out all spans, and add up what they come to."""
        todo = list(enumerate(work))[::-1]
        parts: dict[int, _Part] = {}
        outcome = _Part(Summary(), [])
        added = 0
        try:
            for pipe in self._processes:
                self._give(pipe, todo)
            while self._reading:
                try:
                    self._listen(work, todo, parts)
                except KeyboardInterrupt:
                    if self._interrupted:
                        raise
                    self._interrupted = True
                    todo.clear()
                    for pipe in self._reading:
                        _send(pipe, _BREAK)
                while added in parts:
                    _add(outcome, parts.pop(added))
                    added += 1
        finally:
            self._end()
        for number in sorted(parts):  # behind a gap: broken off
            _add(outcome, parts[number])
        return Outcome(outcome.summary, tuple(outcome.faults), self._interrupted)

    def _give(self, pipe: Connection, todo: list[tuple[int, Span]]) -> None:
        if todo:
            number, span = todo.pop()
            self._reading[pipe] = number
            _send(pipe, span)

    def _listen(self, work: list[Span], todo: list[tuple[int, Span]], parts: dict[int, _Part]) -> None:
        """Take what the processes have to say."""
        ready = wait(list(self._reading))
        for pipe in [one for one in self._reading if one in ready]:
            try:
                said = pipe.recv()
            except (EOFError, OSError):
                path = work[self._reading[pipe]].path
                sentence = (
                    f"A process that read {path} was ended from outside, perhaps for want of memory; "
                    "its part is not counted."
                )
                parts[self._reading.pop(pipe)] = _Part(Summary(), [Fault(path, sentence)])
                if not self._reading:
                    for number, span in todo:
                        parts[number] = _Part(Summary(), [Fault(span.path, sentence)])
                    todo.clear()
                continue
            if isinstance(said, int):
                self._count.add(said)
            else:
                parts[self._reading.pop(pipe)] = said
                self._give(pipe, todo)

    def _end(self) -> None:
        for pipe in self._processes:
            _send(pipe, _OVER)
            pipe.close()
        for process in self._processes.values():
            process.join(0 if self._reading else _PATIENCE)
            if process.is_alive():
                process.kill()
                process.join()
            process.close()


def _add(outcome: _Part, part: _Part) -> None:
    outcome.summary.merge(part.summary)
    outcome.faults += part.faults


def _send(pipe: Connection, word: Span | str) -> None:
    with suppress(OSError):  # it ended; that shows when it is listened to
        pipe.send(word)


def _read(pipe: Connection, wanted: Wanted, today: dt.date) -> None:
    """Read spans as they are given, until a word comes that says to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(_GARBAGE)
    verdicts = Verdicts()
    with suppress(EOFError, OSError):
        while (word := pipe.recv()) != _OVER:
            if word != _BREAK:  # which may come when its span is done already
                pipe.send(_part(pipe, word, Sieve(today, wanted, verdicts)))


def _part(pipe: Connection, span: Span, sieve: Sieve) -> _Part:
    faults: list[Fault] = []
    for piece in _content(span, faults, pipe.send):
        sieve.receive(piece)
        if pipe.poll():
            break
    return _Part(sieve.end(), faults)
