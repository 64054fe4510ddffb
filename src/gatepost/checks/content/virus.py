"""The virus check: asks clamd about the content of every message, and reports its word or its silence.

At the end of data, while the client waits for its reply. Decides nothing: what an outage means is a line of
policy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, assert_never

from pybase64 import encodebytes

from gatepost.checks.check import Dialer
from gatepost.checks.content.clamd import Clamd, Clean, Match, Verdict
from gatepost.checks.content.engines.connections import Outage
from gatepost.checks.evidence import Evidence, NoteEvidence, OutageEvidence, SignatureEvidence
from gatepost.checks.facts import CHUNK, Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.settings import VirusSettings
from gatepost.mail.mime import Origin, Part, View
from gatepost.mail.mime.encodings import IDENTITY

WHOLE: Final = "the message as a whole"
_NAME: Final = "virus"
_MAX_DEPTH: Final = 5
_MAX_ASKED: Final = 64  # parts asked about to find the place of one signature
_LEAST_BATCH: Final = 1 << 20  # octets that are asked about at once beside a small message
_WITH_HEADER: Final = frozenset((Origin.PART, Origin.MESSAGE))

NO_SCANNER: Final = Finding(
    check=_NAME,
    stage=Stage.CONTENT,
    result=Result.SKIPPED,
    evidence=(NoteEvidence("no virus scanner is named in the settings"),),
)
"""The finding on each message when there is no scanner: none passes unchecked without a record of it."""


class NoVirusCheck:
    """Stand where the virus check would, when the settings name no scanner."""

    name = _NAME
    stages = frozenset({Stage.CONTENT})
    _FINDINGS: Final = (NO_SCANNER,)

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Sequence[Finding]:  # noqa: ARG002
        """Report that nothing was looked at, and why."""
        return self._FINDINGS


class VirusCheck:
    """Ask the clamd that the settings name. `monotonic` gives seconds that only grow."""

    name = _NAME
    stages = frozenset({Stage.CONTENT})

    def __init__(self, settings: VirusSettings, dial: Dialer, monotonic: Callable[[], float]) -> None:
        self._engine = f"clamd at {settings.address}"
        self._monotonic = monotonic
        self._timeout = settings.timeout
        self._locate_limit = settings.locate_limit
        self._locating = asyncio.Semaphore(1)  # at most one message is held in memory as a whole
        self._clamd = Clamd(
            settings.address,
            dial,
            monotonic,
            timeout=settings.timeout,
            connect_timeout=settings.connect_timeout,
            idle_timeout=settings.idle_timeout,
            max_connections=settings.max_connections,
        )

    async def look(self, stage: Stage, facts: Facts, content: Content | None) -> Sequence[Finding]:  # noqa: ARG002
        """Report whether a signature matches the content, and where; or why that could not be found out."""
        if content is None:
            return ()
        began = self._monotonic()
        evidence: tuple[Evidence, ...] = ()
        verdict = await self._clamd.ask(content.size, content.chunks)
        where = ""
        if isinstance(verdict, Clean):
            verdict, where = await self._ask_otherwise(content)
        match verdict:
            case Clean():
                result = Result.CLEAN
            case Match():
                result = Result.FOUND
                where = where or await self._locate(content, verdict.signature, began)
                evidence = (SignatureEvidence(verdict.signature, self._engine, where),)
            case Outage():
                result = Result.UNAVAILABLE
                evidence = (OutageEvidence(self._engine, verdict.reason),)
            case _:
                assert_never(verdict)
        return (
            Finding(
                check=_NAME,
                stage=stage,
                result=result,
                evidence=evidence,
                duration=self._monotonic() - began,
            ),
        )

    def close(self) -> None:
        """Close the connections that are kept for the next message."""
        self._clamd.close()

    async def _ask_otherwise(self, content: Content) -> tuple[Verdict, str]:
        """Ask about what another reader of the message would see than the scanner may have seen, and where it is."""
        for parts, message in _otherwise(content.view(), max(content.size, _LEAST_BATCH)):
            verdict = await self._clamd.ask(len(message), partial(_pieces, message))
            if not isinstance(verdict, Clean):
                return verdict, f"another reading of {' or '.join(parts[:3])}"
        return Clean(), ""

    async def _locate(self, content: Content, signature: str, began: float) -> str:
        """Say in which part the signature matches: clamd tells only that it does, so ask about part by part.

        Honest where it stays unknown: a signature that needs the whole message, or time that ran out.
        """
        if content.size > self._locate_limit:
            return WHOLE
        place = [WHOLE]
        try:
            async with asyncio.timeout(self._timeout - (self._monotonic() - began)), self._locating:
                await self._descend(content.view().root, signature, place)
        except OSError:  # a TimeoutError among them: what was found until then is true
            pass
        return place[0]

    async def _descend(self, part: Part, signature: str, place: list[str]) -> None:
        asked = 0
        for _ in range(_MAX_DEPTH):
            for child in part.children:
                asked += 1
                if asked > _MAX_ASKED:
                    return
                message = as_message(child)
                verdict = await self._clamd.ask(len(message), partial(_pieces, message))
                if isinstance(verdict, Outage):
                    return
                if verdict == Match(signature):
                    place[0] = str(child)
                    part = child
                    break
            else:
                return


def _otherwise(view: View, most: int) -> Iterator[tuple[list[str], bytes]]:
    """Give plain messages, of at most so many octets decoded, that hold what can be read in more than one way.

    Each comes with the names of the parts in it. An ordinary message has no such part.
    """
    batch: list[bytes] = []
    names: list[str] = []
    size = 0
    for part in view.leaves:
        elsewhere = part.reading or part.nested
        if not elsewhere and (_is_plain(part) or len(part.readings()) == 1):
            continue
        for reading in part.readings():
            if batch and size + len(reading) > most:
                yield list(dict.fromkeys(names)), _plain(batch)
                batch, names, size = [], [], 0
            batch.append(reading)
            names.append(str(part))
            size += len(reading)
    if batch:
        yield list(dict.fromkeys(names)), _plain(batch)


def _is_plain(part: Part) -> bool:
    """Tell whether a body has one reading whatever stands in it."""
    return all(encoding in IDENTITY for encoding in part.transfer_encodings)


def _plain(files: Sequence[bytes]) -> bytes:
    """Write a message of files that every reader reads alike."""
    head = b'From: part\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=_part"\r\n\r\n'
    part = b"--=_part\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + b"".join([part + encodebytes(file) for file in files]) + b"--=_part--\r\n"


def as_message(part: Part) -> bytes:
    """Make a part a message, so that a scanner decodes it as it did within the whole one.

    What has no header of its own in the message, such as a file within text, goes as it is decoded.
    """
    if part.origin in _WITH_HEADER:
        return b"From: part\r\nMIME-Version: 1.0\r\n" + part.buffer[part.start : part.end]
    return b"\r\n\r\n".join(part.readings())


def _pieces(octets: bytes) -> Sequence[bytes]:
    return [octets[start : start + CHUNK] for start in range(0, len(octets), CHUNK)]
