"""The inspection: what the files of a message are and hold, asked of the inspectors, told by what was seen where.

At the end of data. It picks the parts that are worth a look, hands them to an inspector in one question, and makes
a finding of each kind of trait. A message on which inspectors fail again and again is recognised by its content, so
that it is not put off for ever. Decides nothing; opens nothing itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

from gatepost.checks.check import Looked
from gatepost.checks.content.file_rules import FileRules
from gatepost.checks.content.files_settings import FilesSettings
from gatepost.checks.content.formats.format import Trait
from gatepost.checks.content.formats.kinds import is_plain_text
from gatepost.checks.content.formats.walk import Item
from gatepost.checks.content.inspector import Failed, File, Inspector
from gatepost.checks.content.poison import Poison
from gatepost.checks.evidence import Evidence, FileEvidence, NoteEvidence, OutageEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.mail.header import decode_words
from gatepost.mail.html import read_html
from gatepost.mail.mime import Part

_NAME: Final = "inspection"
MAX_FILES: Final = 500
"""Parts of one message that are handed to an inspector."""
MAX_TEXT: Final = 50_000
"""Characters of a message in which passwords are looked for."""
MAX_EVIDENCE: Final = 10
"""Files that one finding names."""

_NO_FILES: Final = Finding(check=_NAME, stage=Stage.CONTENT, result=Result.CLEAN)
_NOT_LOOKED: Final = Finding(
    check=_NAME,
    stage=Stage.CONTENT,
    result=Result.SKIPPED,
    evidence=(NoteEvidence("the settings do not let files be looked into"),),
)
_BODY_TYPES: Final = frozenset({"text/plain", "text/html"})


class NoInspection:
    """Stand where the inspection would, when the settings turn it off."""

    name = _NAME
    stages = frozenset({Stage.CONTENT})

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Sequence[Finding]:  # noqa: ARG002
        """Report that nothing was looked at, and why."""
        return (_NOT_LOOKED,)


class InspectionCheck:
    """Look into the files of a message. `monotonic` gives seconds that only grow.

    `passwords` picks from the text of the message what may open its files; None: nothing is tried.
    With `whole` the message itself is looked at too, so that rules about files can be about it.

    Raises OSError when a list of fingerprints of the settings cannot be read.
    """

    name = _NAME
    stages = frozenset({Stage.CONTENT})

    def __init__(
        self,
        settings: FilesSettings,
        inspector: Inspector,
        poison: Poison,
        monotonic: Callable[[], float],
        *,
        passwords: Callable[[str], Sequence[str]] | None = None,
        whole: bool = False,
    ) -> None:
        self._blocked = FileRules(settings.blocked)
        self._allowed = FileRules(settings.allowed)
        self._inspector = inspector
        self._poison = poison
        self._monotonic = monotonic
        self._passwords = passwords
        self._whole = whole

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Looked:  # noqa: ARG002
        """Report what the files are and hold; at once when there are none."""
        if content is None:
            return ()
        files = worth_a_look(content)
        return self._looked(content, files) if files or self._whole else (_NO_FILES,)

    async def _looked(self, content: Content, files: Sequence[tuple[Part, File]]) -> Sequence[Finding]:
        began = self._monotonic()
        passwords = self._passwords(shown_text(content)) if self._passwords is not None else ()
        message = content.view().octets if self._whole else b""
        answer = await self._inspector.inspect([file for _, file in files], passwords, message)
        duration = self._monotonic() - began
        if isinstance(answer, Failed):
            return (await self._failed(content, answer, duration),)
        found: dict[str, list[FileEvidence]] = {}
        for seen in answer.message:
            evidence = FileEvidence("the message", "email", seen.words, size=content.size)
            found.setdefault(f"file-{seen.trait}", []).append(evidence)
        for (part, _), items in zip(files, answer.files, strict=True):
            for item in items:
                content.items.append((part.number, item))
                self._judge(part, item, found)
        if len(files) == MAX_FILES:
            unseen = FileEvidence(
                "the message", "email", f"more than {MAX_FILES} files; the others are unseen"
            )
            found.setdefault(f"file-{Trait.UNSEEN}", []).append(unseen)
        if not found:
            many = sum(len(items) for items in answer.files)
            note = NoteEvidence(f"looked into {many} {'file' if many == 1 else 'files'}")
            return (_finding("", Result.CLEAN, (note,), duration),)
        return [
            _finding(name, Result.FOUND, tuple(evidence[:MAX_EVIDENCE]), 0.0 if number else duration)
            for number, (name, evidence) in enumerate(found.items())
        ]

    def _judge(self, part: Part, item: Item, found: dict[str, list[FileEvidence]]) -> None:
        if self._allowed.about(item):
            return
        reasons: dict[str, list[str]] = {}
        for seen in item.seen:
            reasons.setdefault(f"file-{seen.trait}", []).append(seen.words)
        if rule := self._blocked.about(item):
            reasons.setdefault("file-blocked", []).append(rule)
        for name, words in reasons.items():
            evidence = FileEvidence(
                item.where, item.kind, "; ".join(words[:3]), part.number, item.size, item.sha256
            )
            found.setdefault(name, []).append(evidence)

    async def _failed(self, content: Content, failed: Failed, duration: float) -> Finding:
        outage = OutageEvidence("the inspector", failed.reason)
        if failed.by_content:
            times = await self._poison.again(_fingerprint(content))
            if times >= self._poison.most:
                note = NoteEvidence(f"inspectors failed on this content {times} times: {failed.reason}")
                return _finding("poison-message", Result.FOUND, (note,), duration)
        return _finding("", Result.UNAVAILABLE, (outage,), duration)


def worth_a_look(content: Content) -> list[tuple[Part, File]]:
    """Pick the parts that may be or hold a file, in each reading: all but what is shown as text of the message."""
    picked: list[tuple[Part, File]] = []
    for part in content.view().leaves:
        if len(picked) >= MAX_FILES:
            break
        attached = bool(part.names) or part.disposition == "attachment"
        for reading in part.readings():
            if not reading or reading.isspace():
                continue
            if not attached and part.media_type in _BODY_TYPES and is_plain_text(reading):
                continue  # whatever its words are: people write to each other about scripts
            picked += [(part, File(name, reading)) for name in part.names or (_unnamed(part),)]
    return picked[:MAX_FILES]


def shown_text(content: Content) -> str:
    """Give the text that a person reads, up to a bound: subject and body."""
    view = content.view()
    texts = [decode_words(view.root.field("subject").decode("utf-8", "replace"))]
    left = MAX_TEXT
    for part in view.leaves:
        if part.names or part.media_type not in _BODY_TYPES:
            continue
        text = part.text()[:left]
        left -= len(text)
        texts.append(read_html(text).text if part.media_type == "text/html" else text)
    return "\n".join(texts)


def _unnamed(part: Part) -> str:
    return f"part {part.number}" if part.number else "the message"


def _fingerprint(content: Content) -> str:
    """Give what stays the same when a sender tries again: the content behind its header."""
    view = content.view()
    return hashlib.sha256(view.octets[view.root.body_start :]).hexdigest()


def _finding(name: str, result: Result, evidence: tuple[Evidence, ...], duration: float) -> Finding:
    return Finding(
        check=_NAME, stage=Stage.CONTENT, result=result, name=name, evidence=evidence, duration=duration
    )
