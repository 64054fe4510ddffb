"""What Gatepost knows about replies: tables in TOML beside this file, read when first asked for.

README.md says how they are written. This module gives them as values; it says nothing about how a decision is
made: that is `explain`.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from msgspec import Struct

from gatepost.reply.explanation import Confidence, Persistence, Retry, Side

Level = Literal["signature", "strong", "weak"]
Spoken = Literal["sent", "received", "local", ""]


class Cause(Struct, frozen=True, forbid_unknown_fields=True):
    """A reason why replies are given: what it means, whose move it is, and what follows.

    The sentences of `reply.letter` begin with `letter_`: why and what to do, for a sender; what to change, and how it
    shows that it was changed, for the administrator whose move it is.
    """

    title: str
    group: str
    meaning: str
    action: str
    side: Side
    persistence: Literal["class", "temporary", "permanent"]
    retry_temporary: Retry
    retry_permanent: Retry
    references: tuple[str, ...]
    letter_why: str
    letter_do: str
    letter_admin: str
    letter_cured: str
    action_sent: str = ""
    action_received: str = ""
    action_local: str = ""
    side_sent: Side | None = None
    side_received: Side | None = None
    side_local: Side | None = None


class Code(Struct, frozen=True, forbid_unknown_fields=True):
    """What a reply code alone can tell."""

    meaning: str
    move: str
    action: str
    references: tuple[str, ...]
    misread: str = ""
    causes: tuple[str, ...] = ()
    sure: bool = False
    by_stage: dict[str, tuple[str, ...]] = {}


class Enhanced(Struct, frozen=True, forbid_unknown_fields=True):
    """What an enhanced status code stands for, by the registry or at one provider."""

    meaning: str
    cause: str
    generic: bool = False
    references: tuple[str, ...] = ()


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """Words that give a cause away. `examples` are replies that it must decide.

    `speaker` is the file it stands in where the rule holds only for that one (`here` in the file).
    """

    cause: str
    phrases: str
    source: str
    examples: tuple[str, ...]
    level: Level = "strong"
    here: bool = False
    speaker: str = ""
    only: Literal["temporary", "permanent", ""] = ""
    enhanced: str = ""
    also: tuple[str, ...] = ()
    direction: Spoken = ""
    confidence: Confidence | None = None
    side: Side | None = None
    side_sent: Side | None = None
    side_received: Side | None = None
    persistence: Persistence | None = None
    retry: Retry | None = None
    meaning: str = ""
    action: str = ""
    action_received: str = ""


class Mark(Struct, frozen=True, forbid_unknown_fields=True):
    """Words that tell of the circumstances: who speaks, the stage, the direction."""

    phrases: str
    speaker: str = ""
    stage: str = ""
    direction: Spoken = ""


class Speaker(Struct, frozen=True):
    """One who speaks in its own way: a provider, a mail server, a list; and what it means by enhanced codes."""

    title: str
    enhanced: dict[str, Enhanced]


class Knowledge(Struct, frozen=True):
    """All tables, and the words by which rules and marks are found.

    `index` holds, by the first word of a phrase, the phrase's other words and the position of what it stands for:
    in `rules`, or behind their end in `marks`.
    """

    causes: dict[str, Cause]
    codes: dict[int, Code]
    enhanced: dict[str, Enhanced]
    speakers: dict[str, Speaker]
    rules: tuple[Rule, ...]
    marks: tuple[Mark, ...]
    index: dict[str, list[tuple[list[str], int]]]


@cache
def known() -> Knowledge:
    """Give everything that is known."""
    from gatepost.reply.knowledge import compiled  # it is large, and not needed before the first reply

    return compiled.load()


def causes() -> dict[str, Cause]:
    """Give the causes by name."""
    return known().causes


def codes() -> dict[int, Code]:
    """Give the reply codes by number."""
    return known().codes


def enhanced() -> dict[str, Enhanced]:
    """Give the registered enhanced codes by "subject.detail", without the class digit."""
    return known().enhanced


def rules() -> tuple[Rule, ...]:
    """Give the rules from words to causes, in the order written."""
    return known().rules


def marks() -> tuple[Mark, ...]:
    """Give the marks of circumstances."""
    return known().marks


def speakers() -> dict[str, Speaker]:
    """Give those who speak in their own way, by the name of their file."""
    return known().speakers


def meant_by(speaker: str, code: str) -> Enhanced | None:
    """Give what a speaker means by an enhanced code ("5.7.26"), where it differs from the registry.

    The tables name codes with their class digit where the classes differ, else without; "*" stands for digits.
    """
    found = speakers().get(speaker)
    if found is None:
        return None
    own, detail = found.enhanced, code[2:]
    meant = own.get(code) or own.get(detail)
    if meant is None and len(detail) == 5:
        meant = own.get(detail[:-1] + "*") or own.get(detail[:-2] + "*")
    return meant


def meanings(code: str) -> list[Enhanced]:
    """Give what each speaker means by an enhanced code, of those that differ from the registry."""
    found = (meant_by(speaker, code) for speaker in speakers())
    return [meant for meant in found if meant is not None]
