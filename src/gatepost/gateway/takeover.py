"""What a former life left in a shard: said in the journal, with what that life had no time to write.

Called while the shard is opened, before any of it is changed for good: a start that is killed here says it again.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Final

import msgspec

from gatepost.journal.reader import Skipped, decoded
from gatepost.journal.records import HeldBack, Noted, Reception
from gatepost.journal.writer import Journal
from gatepost.mail.clock import Clock
from gatepost.mail.ids import session_of
from gatepost.reception.holding import held_back
from gatepost.spool.interface import Recovered

log = logging.getLogger("gatepost.worker")

_FILES: Final = 8
_OCTETS: Final = 8 << 20  # of the end of each file


def take_over(found: Recovered, journal: Journal, directory: Path, clock: Clock) -> None:
    """Record what was on its way when a life ended, and rebuild what the journal in `directory` lacks."""
    for message in found.interrupted:
        if message.facts and not in_journal(directory, message.id, "reception"):
            journal.append(msgspec.json.decode(message.facts, type=Reception))
            for record in held_back(message, clock()):
                journal.append(record)
        if len(message.held_for()) < len(message.recipients):
            journal.append(
                Noted(
                    time=clock(),
                    session=session_of(message.id),
                    message=message.id,
                    event="interrupted",
                    detail="the gateway stopped while this message was on its way; it is sent again now",
                )
            )
    for corrupt in found.corrupt:
        log.error("message %s is held: %s", corrupt.message_id, corrupt.reason)
        journal.append(
            HeldBack(
                time=clock(),
                session=session_of(corrupt.message_id),
                message=corrupt.message_id,
                recipients=(),
                reason=corrupt.reason,
            )
        )
    if found.interrupted or found.garbage:
        log.warning(
            "took over %d interrupted messages and removed %d unfinished files",
            len(found.interrupted),
            found.garbage,
        )
    journal.flush()


def in_journal(directory: Path, message: str, kind: str, since: float = 0.0) -> bool:
    """Tell whether the journal has a record of a kind about a message, written `since` or later.

    The ends of the newest files are enough: a life that ended writes nothing any more.
    """
    needle = f'"message":"{message}"'.encode()
    begin = f'{{"type":"{kind}"'.encode()
    for path in sorted(directory.glob("*.jsonl"))[-_FILES:]:
        with path.open("rb") as file:
            file.seek(max(os.fstat(file.fileno()).st_size - _OCTETS, 0))
            for line in file:
                if needle in line and line.startswith(begin) and line.endswith(b"\n"):
                    record = decoded(line, Skipped())
                    if record is not None and record.time >= since:
                        return True
    return False
