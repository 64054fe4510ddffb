"""What Gatepost knows about replies: tables in TOML beside this file, read once, when first asked for.

`causes.toml` says what each cause means and asks for; `codes.toml` and `enhanced.toml` what numbers stand for;
`phrases.toml` what words give away. It says nothing about how a decision is made: that is `explain`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct

from gatepost.reply.explanation import Persistence, Retry, Side

Level = Literal["signature", "strong", "weak"]
_HERE: Final = Path(__file__).parent


class Cause(Struct, frozen=True, forbid_unknown_fields=True):
    """A reason why replies are given: what it means, whose move it is, and what follows."""

    group: str
    meaning: str
    action: str
    side: Side
    persistence: Literal["class", "temporary", "permanent"]
    retry_temporary: Retry
    retry_permanent: Retry
    references: tuple[str, ...]
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
    """Words that give a cause away. `examples` are replies that it must decide."""

    cause: str
    phrases: str
    source: str
    examples: tuple[str, ...]
    level: Level = "strong"
    only: Literal["temporary", "permanent", ""] = ""
    enhanced: str = ""
    also: tuple[str, ...] = ()
    direction: Literal["sent", "received", "local", ""] = ""
    persistence: Persistence | None = None
    retry: Retry | None = None
    meaning: str = ""
    action: str = ""
    action_received: str = ""


class Mark(Struct, frozen=True, forbid_unknown_fields=True):
    """Words that tell of the circumstances: the provider, the stage, the direction."""

    phrases: str
    provider: str = ""
    stage: str = ""
    direction: Literal["sent", "received", "local", ""] = ""


class _Enhanced(Struct, frozen=True, forbid_unknown_fields=True):
    codes: dict[str, Enhanced]
    providers: dict[str, dict[str, Enhanced]]


class _Phrases(Struct, frozen=True, forbid_unknown_fields=True):
    mark: tuple[Mark, ...]
    rule: tuple[Rule, ...]


@cache
def causes() -> dict[str, Cause]:
    """Give the causes by name."""
    return msgspec.convert(_table("causes"), dict[str, Cause])


@cache
def codes() -> dict[int, Code]:
    """Give the reply codes by number."""
    return {int(code): value for code, value in msgspec.convert(_table("codes"), dict[str, Code]).items()}


@cache
def enhanced() -> dict[str, Enhanced]:
    """Give the registered enhanced codes by "subject.detail", without the class digit."""
    return _enhanced().codes


@cache
def rules() -> Sequence[Rule]:
    """Give the rules from words to causes, in the order written."""
    return _phrases().rule


@cache
def marks() -> Sequence[Mark]:
    """Give the marks of circumstances."""
    return _phrases().mark


def at_provider(provider: str, code: str) -> Enhanced | None:
    """Give what a provider means by "subject.detail", where it differs from the registry."""
    own = _enhanced().providers.get(provider)
    if own is None:
        return None
    found = own.get(code)
    if found is None and len(code) == 5:
        found = own.get(code[:-1] + "*") or own.get(code[:-2] + "*")
    return found


def at_providers(code: str) -> list[Enhanced]:
    """Give what each provider means by "subject.detail", of those that differ from the registry."""
    found = (at_provider(provider, code) for provider in _enhanced().providers)
    return [own for own in found if own is not None]


@cache
def _enhanced() -> _Enhanced:
    return msgspec.convert(_table("enhanced"), _Enhanced)


@cache
def _phrases() -> _Phrases:
    return msgspec.convert(_table("phrases"), _Phrases)


def _table(name: str) -> dict[str, object]:
    import tomllib  # a third of the import time of this module, and not needed before the first reply

    return tomllib.loads((_HERE / f"{name}.toml").read_text(encoding="utf-8"))
