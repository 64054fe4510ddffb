"""The classifier of a site: the votes and the model made from them, in a folder; the door for those who teach.

`gatepost learn` comes here, and whatever else has a person's word on a message. Workers only read the file that is
written here. The model is always what its standing votes give in their order: new votes are learned on top of the
newest version, and when one in the midst was taken back the model is made again from the last version before that.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Final

from msgspec import Struct

from gatepost.checks.content.classifier.features import MAX_VALUE, READ, read
from gatepost.checks.content.classifier.file import FORM, NoModel, Version, resume, versions, write
from gatepost.checks.content.classifier.learning import Learner, packed
from gatepost.checks.content.classifier.votes import Record, Return, Vote, Votes, Withdrawal, digest
from gatepost.mail.clock import Clock
from gatepost.mail.mime import view

FOLDER: Final = "classifier"
"""The name of the folder in the data directory."""
_MARK: Final = re.compile(r"\b(spf|dkim|dmarc)=([a-z]{1,12})\b")
_NAMED: Final = frozenset(("from", "to", "subject", "date", "message-id"))
Told = Callable[[int, int], None]
"""Hears how many votes of how many are learned."""


def _unheard(done: int, of: int) -> None:
    """Take what nobody wants to hear."""


class Lesson(Struct, frozen=True, gc=False):
    """What a message teaches: its fingerprint and its packed features. The message itself is not needed any more."""

    fingerprint: bytes
    features: bytes


class Taught(Struct, frozen=True, gc=False):
    """What became of lessons: learned, known already, and learned before as the other kind; or taken back."""

    new: int = 0
    known: int = 0
    moved: int = 0
    withdrawn: int = 0


def lesson(message: bytes) -> Lesson:
    """Read what a message teaches. Never raises; only its first READ octets are looked at.

    What our checks found in it stands in its topmost Authentication-Results, if it came through this gateway.
    """
    seen = view(message[:READ])
    named = [
        b" ".join(field.value.split()) for field in seen.root.fields if field.name in _NAMED
    ]  # what is kept of a message when others add fields to it or fold them anew
    fingerprint = blake2b(digest_size=16)
    for value in named:
        fingerprint.update(value + b"\n")
    said = seen.root.field("authentication-results")[:MAX_VALUE].decode("utf-8", "replace")
    marks = {f"{method}={result}" for method, result in _MARK.findall(said)}
    fingerprint.update(b"\n" + seen.root.raw.replace(b"\r\n", b"\n").rstrip())
    return Lesson(fingerprint.digest(), packed(read(seen, marks).features()))


class Site:
    """The votes and models in a folder. Teaching and taking back raise OSError where it cannot be written."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def versions(self) -> Sequence[Version]:
        """List the versions that are kept, the newest first."""
        return versions(self._folder)

    def standing(self) -> Sequence[Vote]:
        """Give the votes that stand, in their order."""
        return tuple(Votes(self._folder / "votes").standing().values())

    def teach(self, lessons: Sequence[Lesson], spam: bool, told: Told = _unheard) -> Taught:
        """Learn messages as spam or ham. A message counts once; one that was learned as the other kind moves."""
        with self._locked() as votes:
            standing = votes.standing()
            records: list[Record] = []
            seen: set[bytes] = set()
            known = moved = 0
            for lesson in lessons:
                before = standing.get(lesson.fingerprint)
                if lesson.fingerprint in seen or (before is not None and before.spam == spam):
                    known += 1
                    continue
                seen.add(lesson.fingerprint)
                moved += before is not None
                records.append(Vote(lesson.fingerprint, spam, self._clock(), lesson.features))
            self._record(votes, records, told)
            return Taught(new=len(records) - moved, known=known, moved=moved)

    def withdraw(self, lessons: Sequence[Lesson], spam: bool, told: Told = _unheard) -> Taught:
        """Take back the votes that messages are spam, or ham; `known` counts those that nobody had given."""
        with self._locked() as votes:
            standing = votes.standing()
            records: list[Record] = []
            for fingerprint in {lesson.fingerprint for lesson in lessons}:
                vote = standing.get(fingerprint)
                if vote is not None and vote.spam == spam:
                    records.append(Withdrawal(fingerprint, self._clock()))
            self._record(votes, records, told)
            return Taught(known=len(lessons) - len(records), withdrawn=len(records))

    def roll_back(self, number: int, told: Told = _unheard) -> Version | None:
        """Return to a version: votes after it count no more. Give the new version like it; None: it is not kept."""
        with self._locked() as votes:
            target = next((version for version in self.versions() if version.number == number), None)
            if target is None:
                return None
            self._record(votes, [Return(target.records, self._clock())], told)
            return self.versions()[0]

    def _record(self, votes: Votes, records: Sequence[Record], told: Told) -> None:
        """Keep records, and make the model that follows. Votes are kept first: a model can be made from them."""
        if records:
            votes.add(records)
        there = self.versions()
        if records or (votes.records and (not there or there[0].records != votes.records)):
            self._make(votes, told, there)

    def _make(self, votes: Votes, told: Told, there: Sequence[Version]) -> None:
        standing = list(votes.standing().values())
        digests = [b""]
        for vote in standing:
            digests.append(digest(digests[-1], vote))
        learner, learned = self._resumed(standing, digests, there)
        for number, vote in enumerate(standing[learned:], learned + 1):
            learner.learn(vote.features, vote.spam)
            told(number - learned, len(standing) - learned)
        spam = sum([vote.spam for vote in standing])
        newest = max([version.number for version in self.versions()], default=0)
        version = Version(
            form=FORM,
            number=newest + 1,
            made=self._clock(),
            spam=spam,
            ham=len(standing) - spam,
            records=votes.records,
            digest=digests[-1].hex(),
            checksum=0,
        )
        write(self._folder, version, learner)

    def _resumed(
        self, standing: Sequence[Vote], digests: Sequence[bytes], there: Sequence[Version]
    ) -> tuple[Learner, int]:
        """Go on from the version that has learned most of the votes and no others."""
        for version in sorted(there, key=lambda version: -(version.spam + version.ham)):
            votes = version.spam + version.ham
            if votes < len(digests) and digests[votes].hex() == version.digest:
                try:
                    learner = resume(self._folder, version.number)
                except NoModel:
                    continue
                for vote in standing[:votes]:
                    learner.recall(vote.features, vote.spam)
                return learner, votes
        return Learner(), 0

    @contextmanager
    def _locked(self) -> Iterator[Votes]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield Votes(self._folder / "votes")
        finally:
            os.close(descriptor)
