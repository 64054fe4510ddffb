"""A process that writes a journal, to be killed or starved by a test: `child.py append|fill DIRECTORY`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from gatepost.journal.records import Noted
from gatepost.journal.writer import Journal

calls: list[Callable[[], None]] = []
journal = Journal(Path(sys.argv[2]), "child", time.time, calls.append)


def turn(number: int, detail: str = "") -> None:
    journal.append(Noted(time=float(number), session="", event=str(number), detail=detail))
    calls.pop()()


if sys.argv[1] == "append":
    for number in range(1000):
        turn(number)
    print(1000, flush=True)
    while True:
        number += 1
        turn(number)
        time.sleep(0.0001)
else:
    for number in range(200):
        turn(number, "x" * 100_000 if number >= 20 else "")
    problem, lost = journal.problem, journal.lost
    journal.close()
    print(json.dumps({"problem": problem, "lost": lost, "appended": 200}))
