"""Where a worker leaves a copy of a message that may carry reports about our domains, for the errand that reads them.

A worker must not read them: they are packed, large, and anyone's. It writes two files, the content and then a note of
what it knows of the message, in a thread; a large content, which has a file of its own, is linked. The message itself
is in the spool and goes its way; a copy that is lost costs no mail.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from gatepost.checks.evidence import DmarcEvidence
from gatepost.checks.facts import Content
from gatepost.journal.records import Reception
from gatepost.mailauth.dmarc.attached import MAX_OCTETS

log = logging.getLogger("gatepost.dmarc")

MAX_LETTERS: Final = 1000  # that wait to be read
MAX_WAITING: Final = 1 << 28  # octets of them
_CONTENT: Final = ".eml"
_NOTE: Final = ".json"
_BEGUN: Final = ".begun"


class Letter(Struct, frozen=True, kw_only=True, gc=False):
    """What is known of a message: our id, when it came, and the domain that it proved to come from ("" for none)."""

    message: str
    time: float
    sender: str


class Inbox:
    """Takes messages to one of `addresses` (in lower case); `run` runs a call in a thread."""

    def __init__(
        self, directory: Path, addresses: frozenset[str], run: Callable[[Callable[[], None]], object]
    ) -> None:
        self._directory = directory
        self._addresses = addresses
        self._run = run

    def take(self, reception: Reception, content: Content) -> None:
        """Keep a copy of a message that was just stored, if it is for one of the addresses. Never raises."""
        if not any(recipient.lower() in self._addresses for recipient in reception.recipients):
            return
        letter = Letter(message=reception.message, time=reception.time, sender=proven(reception))
        path = self._directory / (letter.message + _CONTENT)
        if content.file:
            try:  # at once: when it has been delivered, its file is gone
                self._directory.mkdir(parents=True, exist_ok=True, mode=0o750)
                os.link(content.file, path)
            except OSError as error:
                log.warning("%s is not read for reports: %s", letter.message, error.strerror or error)
                return
        self._run(partial(self._keep, letter, path, b"" if content.file else content.data))

    def _keep(self, letter: Letter, path: Path, data: bytes) -> None:
        try:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o750)
            if _is_full(self._directory):
                path.unlink(missing_ok=True)
                log.warning(
                    "%s is not read for reports: too many wait in %s", letter.message, self._directory
                )
                return
            if data:
                path.write_bytes(data[: MAX_OCTETS + 1])
            note = path.with_suffix(_NOTE)
            unfinished = note.with_suffix(".new")
            unfinished.write_bytes(msgspec.json.encode(letter))
            unfinished.rename(note)
        except OSError as error:
            log.warning("%s is not read for reports: %s", letter.message, error.strerror or error)


def proven(reception: Reception) -> str:
    """Give the author's domain when DMARC passed, which RFC 9990 §3.5 wants of a report; else ""."""
    for finding in reception.findings:
        for evidence in finding.evidence:
            if type(evidence) is DmarcEvidence and evidence.result == "pass":
                return evidence.author
    return ""


def waits(directory: Path) -> bool:
    """Tell whether a message waits to be read."""
    try:
        with os.scandir(directory) as entries:
            return any(entry.name.endswith((_NOTE, _BEGUN)) for entry in entries)
    except OSError:
        return False


def letters(directory: Path) -> Iterator[tuple[Letter | None, Path]]:
    """Give what waits, oldest first, each with the path of its content; begins each by renaming its note.

    None for a letter that was begun before: reading it ended the process that did. When the caller goes on with the
    next, the letter is removed; when it ends in between, it was begun.
    """
    for begun in sorted(directory.glob(f"*{_BEGUN}")):
        yield None, begun.with_suffix(_CONTENT)
        _remove(begun)
    for note in sorted(directory.glob(f"*{_NOTE}")):
        begun = note.with_suffix(_BEGUN)
        try:
            letter = msgspec.json.decode(note.read_bytes(), type=Letter)
            note.rename(begun)
        except (OSError, msgspec.DecodeError):
            _remove(note)
            continue
        yield letter, note.with_suffix(_CONTENT)
        _remove(begun)


def put_back(content: Path) -> None:
    """Let a letter that was begun wait again: it was not its fault that it could not be kept."""
    with suppress(OSError):
        content.with_suffix(_BEGUN).rename(content.with_suffix(_NOTE))


def tidy(directory: Path, before: float) -> None:
    """Remove contents without a note that a crash left, older than a time."""
    for path in directory.glob("*"):
        with suppress(OSError):
            if path.suffix in (_CONTENT, ".new") and path.stat().st_mtime < before:
                alone = not any(path.with_suffix(suffix).exists() for suffix in (_NOTE, _BEGUN))
                if alone:
                    path.unlink()


def _remove(note: Path) -> None:
    with suppress(OSError):
        note.with_suffix(_CONTENT).unlink(missing_ok=True)
    with suppress(OSError):
        note.unlink(missing_ok=True)


def _is_full(directory: Path) -> bool:
    count = octets = 0
    with os.scandir(directory) as entries:
        for entry in entries:
            with suppress(OSError):
                octets += entry.stat().st_size
                count += entry.name.endswith(_NOTE)
    return count >= MAX_LETTERS or octets > MAX_WAITING
