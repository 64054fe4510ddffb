"""What the name of a file claims, and where it lies: about the kind of the file, or to the eye of a person.

The walk asks for each file it meets. Knows names and kinds, not where the file came from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gatepost.checks.content.formats.format import Seen, Trait
from gatepost.checks.content.formats.kinds import KINDS, Family, Kind

_RUN: Final = {Family.PROGRAM: Trait.PROGRAM, Family.SCRIPT: Trait.SCRIPT, Family.SHORTCUT: Trait.SHORTCUT}
_ARTICLES: Final = {Family.PROGRAM: "a program", Family.SCRIPT: "a script", Family.SHORTCUT: "a shortcut"}
_FAMILIES: Final = {
    extension: kind.family for kind in reversed(KINDS.values()) for extension in kind.extensions
}
"""What opening a file with an extension does; where kinds share one, the kind that does most tells."""

# Python and PHP sources, class files, packages of other systems: a double click in a mail client runs none of them.
_HARMLESS: Final = frozenset(
    {"py", "php", "o", "so", "a", "class", "deb", "rpm", "bin", "sh", "swf", "ar", "pkg"}
)
_DIRECTION: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_GAP: Final = re.compile(r"\s{5,}\.?\w{1,20}\s*$|\s{3,}\.\w{1,20}\s*$")
_OUTSIDE: Final = re.compile(r"(?:^|[\\/])\.\.(?:[\\/]|$)|^[\\/]|^[A-Za-z]:[\\/]")
_SHOWN: Final = 80


def extension_of(name: str) -> str:
    """Give the extension as Windows would see it: behind the last dot, without dots and spaces at the end."""
    base = re.split(r"[\\/]", name)[-1].rstrip(". \t\x00")
    stem, dot, extension = base.rpartition(".")
    return extension.strip().lower() if dot and stem else ""


def what_it_runs(name: str, kind: Kind) -> Iterator[Seen]:
    """Tell whether opening the file runs something: by its content, or by its name where that is enough."""
    trait = _RUN.get(kind.family)
    if trait is not None:
        yield Seen(trait, f"{_ARTICLES[kind.family]} ({kind.name})")
        return
    extension = extension_of(name)
    family = _FAMILIES.get(extension)
    if family in _RUN and extension not in _HARMLESS and extension not in kind.extensions:
        yield Seen(_RUN[family], f"named as {_ARTICLES[family]} (.{extension}), and is {kind.name}")


def tricks(name: str, kind: Kind) -> Iterator[Seen]:
    """Tell what about a name misleads: its extension against the content, or its letters against the eye."""
    extension = extension_of(name)
    claimed = _FAMILIES.get(extension)
    if kind.family in _RUN and claimed is not None and claimed not in _RUN:
        yield Seen(Trait.DISGUISED, f"named .{extension}, and is {_ARTICLES[kind.family]} ({kind.name})")
    if _DIRECTION.search(name):
        yield Seen(Trait.TRICK_NAME, "turns the direction of writing, so it is shown otherwise than it is")
    if _CONTROL.search(name):
        yield Seen(Trait.TRICK_NAME, "has control characters in it")
    if _GAP.search(name):
        yield Seen(Trait.TRICK_NAME, f"hides its end (.{extension}) behind a gap")
    if outside(name):
        yield Seen(Trait.TRICK_NAME, "leads out of the folder that it would be unpacked to")
    before = extension_of(name[: -len(extension) - 1].rstrip(". ")) if extension else ""
    runs = _FAMILIES.get(extension) in _RUN and extension not in _HARMLESS
    if runs and before in _FAMILIES and _FAMILIES[before] not in _RUN:
        yield Seen(Trait.TRICK_NAME, f"has two extensions: looks like .{before}, is opened as .{extension}")


def locked(name: str) -> Iterator[Seen]:
    """Tell of an encrypted file that was not opened, by its name alone."""
    yield Seen(Trait.ENCRYPTED, f"the file {shown(name)}")
    extension = extension_of(name)
    family = _FAMILIES.get(extension)
    if family in _RUN and extension not in _HARMLESS:
        yield Seen(_RUN[family], f"{shown(name)}, encrypted and named as {_ARTICLES[family]}")


def outside(name: str) -> bool:
    """Tell whether a path leads out of the folder that it is unpacked to."""
    return _OUTSIDE.search(name) is not None


def shown(name: str) -> str:
    """Make a name fit for a report: no control character, no turn of direction, no more than 80 characters."""
    clean = "".join(c if c.isprintable() else "?" for c in _DIRECTION.sub("?", name).strip())
    return clean if len(clean) <= _SHOWN else f"{clean[: _SHOWN - 21]}…{clean[-20:]}"
