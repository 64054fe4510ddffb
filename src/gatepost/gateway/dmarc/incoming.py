"""The errand that reads the reports which came about our domains: what a hostile one can do, it does to this process.

Started by the supervisor when something waits in the inbox. Bounded in memory and time by the system; a report that
ends the process all the same is counted as unreadable by the next one.
"""

from __future__ import annotations

import fcntl
import logging
import os
import resource
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, assert_never

import apsw

from gatepost.gateway.dmarc import inbox
from gatepost.gateway.dmarc.inbox import Letter
from gatepost.gateway.dmarc.received import Received, opened_to_write
from gatepost.gateway.settings import Settings
from gatepost.journal.records import AnyRecord, Noted
from gatepost.journal.words import printable
from gatepost.journal.writer import add_to_day
from gatepost.mail.clock import Clock
from gatepost.mail.ids import session_of
from gatepost.mailauth.dmarc.attached import Found, read_message
from gatepost.mailauth.dmarc.failure import FailureReport
from gatepost.mailauth.dmarc.report import Report
from gatepost.mailauth.dmarc.report_xml import Unreadable
from gatepost.policy.domains import Domains, a_labels

log = logging.getLogger("gatepost.dmarc")

EVENT: Final = "dmarc-received"
MAX_MEMORY: Final = 2 << 30  # octets of address space: a report of 32 MiB, unpacked, takes a few hundred
MAX_CPU: Final = 60  # seconds for one run: the largest report takes a few
_NICE: Final = 10
_STOLEN: Final = "reading it took more time or memory than there is"


class Waiting:
    """Whether something is to be read, for the supervisor."""

    def __init__(self, settings: Settings) -> None:
        self._directory = inbox_of(settings)
        self._wanted = bool(settings.dmarc.reports_to)

    def due(self) -> bool:
        """Look into the inbox."""
        return self._wanted and inbox.waits(self._directory)

    def done(self) -> None:
        """Do nothing: what came meanwhile is seen at the next look."""


def inbox_of(settings: Settings) -> Path:
    """Say where the inbox is."""
    return settings.dmarc_dir / "inbox"


def run(settings: Settings, clock: Clock) -> bool:
    """Read what waits, in a process that may be ended by its bounds; tell whether all was read."""
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU, MAX_CPU))
    return read(settings, clock)


def read(settings: Settings, clock: Clock) -> bool:
    """Read what waits; tell whether all was read."""
    directory = inbox_of(settings)
    directory.mkdir(parents=True, exist_ok=True, mode=0o750)
    lock = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with opened_to_write(settings.dmarc_dir) as received:
            reader = _Reader(settings, received, clock)
            for letter, content in inbox.letters(directory):
                reader.read(letter, content)
            received.tidy(clock() - settings.dmarc.keep_days * 86_400)
        inbox.tidy(directory, clock() - 3600)
    except BlockingIOError:  # another process reads
        return False
    except (OSError, apsw.Error) as error:
        log.error("received DMARC reports cannot be kept in %s: %s", settings.dmarc_dir, error)  # noqa: TRY400
        return False
    finally:
        os.close(lock)
    return True


class _Reader:
    def __init__(self, settings: Settings, received: Received, clock: Clock) -> None:
        self._domains = Domains(settings.domain)
        self._received = received
        self._journal = settings.journal_dir
        self._clock = clock

    def read(self, letter: Letter | None, content: Path) -> None:
        """Read one letter. Raises OSError and apsw.Error when it could not be kept; then it waits again."""
        try:
            if letter is None:
                message = content.stem
                self._received.count_unread(_STOLEN, self._clock())
                self._note(message, [f"a report could not be read: {_STOLEN}"])
            else:
                self._note(letter.message, [self._keep(letter, found) for found in _found(content)])
        except (OSError, apsw.Error):
            inbox.put_back(content)
            raise

    def _keep(self, letter: Letter, found: Found) -> str:
        """Keep one report; give what to say of it."""
        now = self._clock()
        match found:
            case Unreadable(why):
                self._received.count_unread(why, now)
                return f"a report could not be read: {why}"
            case Report():
                domain = found.policy.domain
                failed = sum(row.count for row in found.rows if "pass" not in (row.spf, row.dkim))
                what = (
                    f"{found.org_name} reports {found.messages} messages in the name of {domain} on "
                    f"{datetime.fromtimestamp(found.begin, UTC):%Y-%m-%d}, {failed} of them failed"
                )
            case FailureReport():
                domain = found.domain
                what = (
                    f"{found.reporter} reports a message in the name of {domain} that failed: {found.meaning}"
                )
            case _:
                assert_never(found)
        if not self._is_ours(domain):
            why = "it is about a domain that is none of ours"
        else:
            why = self._received.add(found, sender=letter.sender, message=letter.message, now=now)
        if why:
            self._received.count_unread(why, now)
            return f"{what}; not kept, as {why}"
        return what

    def _is_ours(self, domain: str) -> bool:
        """Tell whether a domain is named in the settings, or lies below or above one that is (RFC 9989 §4.10)."""
        domain = a_labels(domain)
        return self._domains.named(domain) is not None or any(
            domain.endswith(f".{name}") or ("." in domain and name.endswith(f".{domain}"))
            for name in (a_labels(one.name) for one in self._domains)
        )

    def _note(self, message: str, details: list[str]) -> None:
        now, session = self._clock(), session_of(message)
        notes: list[AnyRecord] = [
            Noted(time=now, session=session, message=message, event=EVENT, detail=printable(detail))
            for detail in details
        ]
        add_to_day(self._journal, "dmarc", notes, now)


def _found(content: Path) -> tuple[Found, ...]:
    try:
        return read_message(content.read_bytes())
    except MemoryError:
        return (Unreadable(_STOLEN),)
    except FileNotFoundError:
        return (Unreadable("its copy is lost"),)
