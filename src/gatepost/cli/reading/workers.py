"""The summary of many files over several processes: pieces of large files and whole small ones, side by side.

It gives out the work, adds up what comes back and passes on how far it has come. What counts is `maillog.sieve`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from msgspec import Struct

from gatepost.cli.reading.sources import Fault, Progress, pieces
from gatepost.maillog.sieve import Sieve
from gatepost.maillog.summary import Summary
from gatepost.maillog.wanted import Wanted


class Outcome(Struct, frozen=True):
    """What was counted, what could not be read, and whether it was broken off by Ctrl-C before the end."""

    summary: Summary
    faults: tuple[Fault, ...] = ()
    interrupted: bool = False


def summarise(paths: Sequence[str], wanted: Wanted, today: dt.date, progress: Progress) -> Outcome:
    """Count the lines of files; "-" is standard input. What cannot be read is told in the outcome."""
    summary, faults = Summary(), list[Fault]()
    done = 0
    for path in paths:
        sieve = Sieve(today, wanted)
        for piece in pieces(path, faults.append):
            sieve.receive(piece)
            done += len(piece)
            progress(done, None)
        summary.merge(sieve.end())
    return Outcome(summary, tuple(faults))
