"""The spam check: asks the classifier, by what was learned at this site, and tells what weighed.

At the end of the content, in the wave after the checks whose findings are features too. It reads the model that
`gatepost learn` writes, as soon as there is a new one; it learns nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from gatepost.checks.content.classifier.explaining import reasons
from gatepost.checks.content.classifier.features import read
from gatepost.checks.content.classifier.file import CURRENT, Loaded, NoModel
from gatepost.checks.content.classifier.model import probability
from gatepost.checks.content.classifier.site import FOLDER
from gatepost.checks.evidence import (
    DkimEvidence,
    DmarcEvidence,
    Evidence,
    NoteEvidence,
    OutageEvidence,
    SpamEvidence,
    SpfEvidence,
)
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.settings import SpamSettings

_NAME: Final = "spam"
_ENGINE: Final = "the classifier"


class SpamCheck:
    """Judge each message by the model in a data directory."""

    name = _NAME
    stages = frozenset({Stage.CONTENT})

    def __init__(self, settings: SpamSettings, data_dir: Path) -> None:
        self._settings = settings
        self._path = data_dir / FOLDER / CURRENT
        self._seen: tuple[int, int] | None = None
        self._loaded: Loaded | None = None
        self._without = self._nothing = self._skipped(0, 0)

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Sequence[Finding]:  # noqa: ARG002 - Check
        """Judge a message. Without a model, or with one that has learned too little, say so."""
        loaded = self._newest()
        if loaded is None or content is None:
            return (self._without,)
        try:
            message = read(content.view(), marks(facts.findings))
        except OSError as error:
            return (_unavailable(f"the content could not be read: {error.strerror}"),)
        likely = probability(loaded.model.log_odds(message.features()))
        if likely < self._settings.probability:
            evidence = SpamEvidence(round(likely, 4), (), loaded.model.spam, loaded.model.ham)
            return (_finding(Result.CLEAN, evidence),)
        why = reasons(message, loaded.model)
        return (
            Finding(
                check=_NAME,
                stage=Stage.CONTENT,
                result=Result.FOUND,
                name="spam-likely",
                score=round(self._settings.score * likely, 2),
                evidence=(SpamEvidence(round(likely, 4), why, loaded.model.spam, loaded.model.ham),),
            ),
        )

    def _newest(self) -> Loaded | None:
        """Give the model that judges, reading it again when there is a new one; None when there is none that may."""
        try:
            status = self._path.stat()
        except (FileNotFoundError, NotADirectoryError):
            self._seen, self._loaded, self._without = None, None, self._nothing
            return None
        except OSError as error:
            self._seen, self._loaded = None, None
            self._without = _unavailable(f"the model in {self._path.parent} cannot be read: {error.strerror}")
            return None
        seen = (status.st_ino, status.st_mtime_ns)
        if seen != self._seen:
            self._seen, self._loaded = seen, None
            try:
                loaded = Loaded(self._path)
            except NoModel as why:
                self._without = _unavailable(str(why))
            else:
                spam, ham = loaded.model.spam, loaded.model.ham
                if min(spam, ham) >= self._settings.least:
                    self._loaded = loaded
                else:
                    self._without = self._skipped(spam, ham)
        return self._loaded

    def _skipped(self, spam: int, ham: int) -> Finding:
        least = self._settings.least
        note = (
            f"no model yet: {min(spam, least)} of the {least} spam and {min(ham, least)} of the {least} other "
            "messages needed were learned; see gatepost learn"
        )
        return _finding(Result.SKIPPED, NoteEvidence(note))


def marks(findings: Sequence[Finding]) -> Iterator[str]:
    """Give what the identity checks found in the words of Authentication-Results, as it will stand in the message."""
    for finding in findings:
        for evidence in finding.evidence:
            match evidence:
                case SpfEvidence(result=result):
                    yield f"spf={result}"
                case DkimEvidence(result=result):
                    yield f"dkim={result}"
                case DmarcEvidence(result=result):
                    yield f"dmarc={result}"
                case _:
                    pass


def _finding(result: Result, evidence: Evidence) -> Finding:
    return Finding(check=_NAME, stage=Stage.CONTENT, result=result, evidence=(evidence,))


def _unavailable(reason: str) -> Finding:
    return _finding(Result.UNAVAILABLE, OutageEvidence(_ENGINE, reason))
