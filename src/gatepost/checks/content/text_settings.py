"""The settings of the rules about text."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gatepost.checks.content.numbers import KINDS
from gatepost.checks.content.patterns import MAX_WORDS, PatternError, Patterns, Wanted

_PLACES: Final = ("subject", "body", "hidden", "files", "raw", "any")
_FIELD: Final = re.compile(r"header[ \t]+([!-9;-~]{1,78})")
_NAME: Final = re.compile(r"[\w .+-]{1,60}")


class TextRule(BaseModel):
    """A rule about text: where to look, for what, and what it weighs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="What the journal calls it: letters, digits, spaces, at most 60.")
    where: str = Field(
        default="any",
        description='"subject"; "body": text and HTML as a person reads it, also what HTML keeps from being seen; '
        '"hidden": only that; "files": names and text of the files, also within others; "any": all of these; '
        '"header NAME": a field of the header, decoded; "raw": the octets of the message as they came.',
    )
    pattern: str = Field(
        default="",
        max_length=2000,
        description="A regular expression in the syntax of RE2, which needs no more time than the text is long. "
        '"(?i)" at its beginning disregards case.',
    )
    words: tuple[str, ...] = Field(
        default=(),
        max_length=MAX_WORDS,
        description="Words and phrases, whole, in either case. In scripts without spaces they may stand anywhere.",
    )
    words_file: Path | None = Field(
        default=None,
        description='A file with more words, one per line, in UTF-8. What follows "#" is a remark.',
    )
    disregard_marks: bool = Field(
        default=False, description='Find words also with other marks on their letters: "resume" and "résumé".'
    )
    kind: str = Field(
        default="",
        description=f"A kind of number, found by its check digits: {', '.join(KINDS)}. "
        'Such a rule finds "data-leak".',
    )
    at_least: int = Field(
        default=1,
        ge=1,
        le=100,
        description="How often it must be there in one text; of numbers: how many different ones in the message.",
    )
    direction: Literal["in", "out", "both"] = Field(
        default="both", description='"out": mail of your own clients; "in": mail of everyone else.'
    )
    score: float = Field(
        default=1.0,
        ge=-100,
        le=100,
        description="What it adds to the score of a message; below 0 speaks for it.",
    )
    finding: Literal["text-rule", "text-blocked"] = Field(
        default="text-rule",
        description='What it finds: "text-rule" marks the message and counts, "text-blocked" refuses it. '
        "What each does is set in policy.findings.",
    )
    note: str = Field(default="", description="Why the rule is there; it stands beside what it finds.")

    @field_validator("name")
    @classmethod
    def _a_name(cls, name: str) -> str:
        if not _NAME.fullmatch(name) or not name.strip():
            raise ValueError(
                f"{name[:80]!r} is no name for a rule; use letters, digits and spaces, at most 60"
            )
        return name.strip()

    @field_validator("where")
    @classmethod
    def _a_place(cls, where: str) -> str:
        field = _FIELD.fullmatch(where.strip())
        if field is not None:
            return f"header {field[1].lower()}"
        if where not in _PLACES:
            raise ValueError(f'{where!r} is no place; write "header NAME" or one of {", ".join(_PLACES)}')
        return where

    @field_validator("kind")
    @classmethod
    def _a_kind(cls, kind: str) -> str:
        if kind and kind not in KINDS:
            raise ValueError(f"{kind!r} is no kind of number; known are {', '.join(KINDS)}")
        return kind

    @model_validator(mode="after")
    def _one_thing(self) -> TextRule:
        things = [self.pattern, self.words or self.words_file, self.kind]
        if sum(map(bool, things)) != 1:
            raise ValueError(
                f"the rule {self.name!r} must have one of pattern, words (or words_file), and kind"
            )
        if self.where == "raw" and not self.pattern:
            raise ValueError(f'the rule {self.name!r} is about "raw" octets and so can only have a pattern')
        if self.disregard_marks and self.pattern:
            raise ValueError(
                f"the rule {self.name!r} has a pattern, which says itself which letters it means"
            )
        if self.kind and self.finding != "text-rule":
            raise ValueError(f'the rule {self.name!r} has a kind, so it finds "data-leak"; leave finding out')
        return self

    def wanted(self) -> Wanted:
        """Give what is to be looked for. Raises OSError when the file of words cannot be read."""
        words = self.words
        if self.words_file is not None:
            lines = self.words_file.read_text(encoding="utf-8-sig").splitlines()
            words += tuple([word for line in lines if (word := line.partition("#")[0].strip())])
        return Wanted(self.name, self.where, self.pattern, words, self.kind, self.disregard_marks)


class TextSettings(BaseModel):
    """The `[checks.text]` part of the settings: rules about text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: tuple[TextRule, ...] = Field(
        default=(), max_length=500, description="Rules, each a table `[[checks.text.rule]]`."
    )
    seconds: float = Field(
        default=2.0,
        gt=0,
        le=60,
        description="Seconds after which no more text of a message is searched. Only texts made to be slow, and "
        'rules that let them be, such as "x.{50}y", come near it.',
    )

    @model_validator(mode="after")
    def _can_be_searched_for(self) -> TextSettings:
        names = [rule.name for rule in self.rule]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two rules are called {twice!r}; give each a name of its own")
        _ = (
            self.patterns
        )  # compiled with the settings: a second of work for many rules, which no worker repeats
        return self

    @cached_property
    def patterns(self) -> Patterns:
        """The patterns of all rules, by their place in `rule`. Raises ValueError, saying which rule is wrong."""
        wanted: list[Wanted] = []
        for rule in self.rule:
            try:
                wanted.append(rule.wanted())
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is not in UTF-8"
                raise ValueError(
                    f"the words of the rule {rule.name!r} in {rule.words_file}: {reason}"
                ) from None
        try:
            return Patterns(wanted)
        except PatternError as error:
            raise ValueError(str(error)) from None
