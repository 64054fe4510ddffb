"""Looking into a file as an inspector does, and what was seen, for the tests of the readers."""

from __future__ import annotations

from gatepost.checks.content.formats.format import Budget, Trait
from gatepost.checks.content.formats.readers import reader_of
from gatepost.checks.content.formats.walk import Item, walk


def looked(octets: bytes, name: str = "file", passwords: tuple[str, ...] = ()) -> list[Item]:
    """Look into a file and all files in it."""
    return list(walk(octets, name, Budget(1 << 26, 1 << 25, 1000, passwords), reader_of))


def traits(items: list[Item]) -> set[Trait]:
    """Give all traits of all files."""
    return {seen.trait for item in items for seen in item.seen}


def words(items: list[Item], trait: Trait) -> str:
    """Give what is said of a trait."""
    return "\n".join([seen.words for item in items for seen in item.seen if seen.trait is trait])


def links(items: list[Item]) -> list[str]:
    """Give where all files lead."""
    return [link.target for item in items for link in item.links]
