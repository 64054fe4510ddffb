"""What Gatepost knows about replies: tables in TOML beside this file, read when first asked for.

README.md says how they are written. This module gives them as values; it says nothing about how a decision is
made: that is `explain`.
"""

from __future__ import annotations

from functools import cache
from typing import Final, Literal

from msgspec import Raw, Struct, msgpack

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


_RULE: Final = msgpack.Decoder(Rule)
_MARK: Final = msgpack.Decoder(Mark)
_PHRASES: Final = msgpack.Decoder(list[tuple[list[str], int]])
_HINTS: Final = msgpack.Decoder(list[tuple[str, float]])


class Tables(Struct, frozen=True):
    """All tables, each packed as MessagePack until it is asked for: to explain one reply takes little of them.

    `index` holds, by the first word of a phrase, the phrase's other words and the position of what it stands for:
    in `rules`, or behind their end in `marks`. `hints` holds what single words hint at.
    """

    causes: Raw
    codes: Raw
    enhanced: Raw
    speakers: dict[str, Raw]
    rules: tuple[Raw, ...]
    marks: tuple[Raw, ...]
    index: dict[str, Raw]
    hints: dict[str, Raw]


@cache
def tables() -> Tables:
    """Give everything that is known, packed."""
    from gatepost.reply.knowledge import compiled  # it needs the types above

    return compiled.load()


@cache
def causes() -> dict[str, Cause]:
    """Give the causes by name."""
    return msgpack.decode(tables().causes, type=dict[str, Cause])


@cache
def codes() -> dict[int, Code]:
    """Give the reply codes by number."""
    return msgpack.decode(tables().codes, type=dict[int, Code])


@cache
def enhanced() -> dict[str, Enhanced]:
    """Give the registered enhanced codes by "subject.detail", without the class digit."""
    return msgpack.decode(tables().enhanced, type=dict[str, Enhanced])


@cache
def told_by(number: int) -> Rule | Mark:
    """Give the rule or mark that a phrase stands for, by its position."""
    rules = tables().rules
    if number < len(rules):
        return _RULE.decode(rules[number])
    return _MARK.decode(tables().marks[number - len(rules)])


def phrases(first: str) -> list[tuple[list[str], int]]:
    """Give the phrases that begin with a word: their other words, and the position of what they stand for."""
    return _PHRASES.decode(tables().index[first])


def hinted(word: str) -> list[tuple[str, float]]:
    """Give the causes that a word hints at, each with how strongly (a logarithm of odds)."""
    packed = tables().hints.get(word)
    return _HINTS.decode(packed) if packed is not None else []


def rules() -> tuple[Rule, ...]:
    """Give the rules from words to causes, in the order written."""
    return tuple(_RULE.decode(packed) for packed in tables().rules)


def marks() -> tuple[Mark, ...]:
    """Give the marks of circumstances."""
    return tuple(_MARK.decode(packed) for packed in tables().marks)


@cache
def speaker(name: str) -> Speaker:
    """Give one who speaks in its own way, by the name of its file."""
    return msgpack.decode(tables().speakers[name], type=Speaker)


def speakers() -> dict[str, Speaker]:
    """Give all who speak in their own way, by the name of their file."""
    return {name: speaker(name) for name in tables().speakers}


def meant_by(name: str, code: str) -> Enhanced | None:
    """Give what a speaker means by an enhanced code ("5.7.26"), where it differs from the registry.

    The tables name codes with their class digit where the classes differ, else without; "*" stands for digits.
    """
    if name not in tables().speakers:
        return None
    own, detail = speaker(name).enhanced, code[2:]
    meant = own.get(code) or own.get(detail)
    if meant is None and len(detail) == 5:
        meant = own.get(detail[:-1] + "*") or own.get(detail[:-2] + "*")
    return meant


def meanings(code: str) -> list[Enhanced]:
    """Give what each speaker means by an enhanced code, of those that differ from the registry."""
    found = (meant_by(name, code) for name in tables().speakers)
    return [meant for meant in found if meant is not None]
