"""The administrator's YARA rules: compiled once for a worker, matched in the inspectors.

The only place that knows yara-x, which holds the interpreter lock while it works and so has no place in a worker but
for compiling. Imported only where rules are named.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import yara_x
from msgspec import Struct

from gatepost.checks.content.formats.format import Seen, Trait
from gatepost.checks.content.yara_settings import YaraSettings
from gatepost.checks.evidence import OutageEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage

MAX_MATCHES: Final = 50
"""Rules that match one file and are told; of a file that matches more, no further one changes anything."""


class Compiled(Struct, frozen=True):
    """Rules fit to be handed to an inspector, the seconds that they may take for a file, and how many they are."""

    octets: bytes
    seconds: int
    count: int


class Faulty(Struct, frozen=True):
    """Rules that cannot be used: why, in one sentence with file and line."""

    sentence: str


class FaultyRules:
    """Stand where the rules would be matched, when they cannot be: no message passes without a record of it."""

    name = "yara"
    stages = frozenset({Stage.CONTENT})

    def __init__(self, faulty: Faulty) -> None:
        self._findings: Final = (
            Finding(
                check=self.name,
                stage=Stage.CONTENT,
                result=Result.UNAVAILABLE,
                evidence=(OutageEvidence("YARA", faulty.sentence),),
            ),
        )

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Sequence[Finding]:  # noqa: ARG002
        """Report that no rule was matched, and why."""
        return self._findings


def compiled(settings: YaraSettings) -> Compiled | Faulty:
    """Compile the rules that the settings name; each file is a namespace of its own. Raises nothing."""
    compiler = yara_x.Compiler()
    for path in settings.rules:
        try:
            source = path.read_text("utf-8")
        except OSError as error:
            return Faulty(f"the rules in {path} cannot be read: {error.strerror or error}")
        except UnicodeDecodeError:
            return Faulty(f"the rules in {path} cannot be read: they are not UTF-8")
        compiler.add_include_dir(str(path.parent))
        compiler.new_namespace(path.stem)
        try:
            compiler.add_source(source, origin=str(path))
        except yara_x.CompileError as error:
            return Faulty(_sentence(path, compiler.errors(), str(error)))
    rules = compiler.build()
    octets = io.BytesIO()
    rules.serialize_into(octets)
    return Compiled(octets.getvalue(), settings.seconds, sum(1 for _ in rules))


def matcher(octets: bytes, seconds: int) -> Callable[[bytes], Iterator[Seen]]:
    """Give what matches compiled rules against a file, and tells of each that matches it.

    Starts no thread before its first use: one that is started before an inspector is confined would not be.
    """
    rules = yara_x.Rules.deserialize_from(io.BytesIO(octets))

    def matching(file: bytes) -> Iterator[Seen]:
        # A scanner that has a timeout and is used again may take the time of the scan before for its own.
        scanner = yara_x.Scanner(rules)
        scanner.set_timeout(seconds)
        try:
            matched = scanner.scan(file).matching_rules
        except yara_x.TimeoutError:
            yield Seen(Trait.UNSEEN, f"matching the YARA rules took more than {seconds} s")
            return
        for rule in itertools.islice(matched, MAX_MATCHES):
            yield Seen(Trait.YARA, f"the YARA rule {rule.identifier} of {rule.namespace} matches")

    return matching


def _sentence(path: Path, errors: Sequence[dict[str, object]], otherwise: str) -> str:
    """Say the first fault of a file in one sentence."""
    if not errors:
        return f"{path}: {otherwise.splitlines()[0]}"
    error = errors[0]
    labels = error.get("labels")
    label = labels[0] if isinstance(labels, list) and labels else {}
    origin, line = label.get("code_origin") or path, label.get("line") or error.get("line")
    detail = label.get("text")
    return f"{origin}, line {line}: {error.get('title')}{f' ({detail})' if detail else ''}"
