"""The virus check: asks clamd about the content of every message, and reports its word or its silence.

At the end of data, while the client waits for its reply. Decides nothing: what an outage means is a line of
policy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, assert_never

from gatepost.checks.check import Dialer
from gatepost.checks.content.clamd import Clamd, Clean, Match, Outage
from gatepost.checks.content.parts import as_message, parts_of
from gatepost.checks.evidence import Evidence, NoteEvidence, OutageEvidence, SignatureEvidence
from gatepost.checks.facts import CHUNK, Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.settings import VirusSettings

WHOLE: Final = "the message as a whole"
_NAME: Final = "virus"
_MAX_DEPTH: Final = 5

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
        match verdict:
            case Clean():
                result = Result.CLEAN
            case Match():
                result = Result.FOUND
                where = await self._locate(content, verdict.signature, began)
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

    async def _locate(self, content: Content, signature: str, began: float) -> str:
        """Say in which part the signature matches: clamd tells only that it does, so ask about part by part.

        Honest where it stays unknown: a signature that needs the whole message, or time that ran out.
        """
        if content.size > self._locate_limit:
            return WHOLE
        place = [WHOLE]
        try:
            async with asyncio.timeout(self._timeout - (self._monotonic() - began)), self._locating:
                await self._descend(b"".join(content.chunks()), signature, place)
        except OSError:  # a TimeoutError among them: what was found until then is true
            pass
        return place[0]

    async def _descend(self, octets: bytes, signature: str, place: list[str]) -> None:
        number = ""
        for _ in range(_MAX_DEPTH):
            for part in parts_of(octets, number):
                message = as_message(part)
                verdict = await self._clamd.ask(len(message), partial(_pieces, message))
                if isinstance(verdict, Outage):
                    return
                if verdict == Match(signature):
                    place[0] = str(part)
                    octets, number = part.octets, part.number
                    break
            else:
                return


def _pieces(octets: bytes) -> Sequence[bytes]:
    return [octets[start : start + CHUNK] for start in range(0, len(octets), CHUNK)]
