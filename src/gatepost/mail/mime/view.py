"""The view of a message: the tree of all parts that some reader would see, and all that is ambiguous about it.

On the way of a message: the content -> `view`, once -> all content checks. Nothing raises; nothing is decoded that
need not be to find the parts. Bounds and why the time is linear: `bounds.py`.
"""

from __future__ import annotations

from functools import cached_property

from gatepost.mail.mime.ambiguity import Ambiguity
from gatepost.mail.mime.part import Origin, Part
from gatepost.mail.mime.tree import Tree
from gatepost.mail.mime.words import word_doubts


class View:
    """A message taken apart. Made by `view`; read-only."""

    def __init__(self, octets: bytes) -> None:
        tree = Tree(octets)
        self.octets = octets
        self.root: Part = tree.root()
        self._structure = tree.ambiguities

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """All parts, in order: the whole message first, each part before those in it."""
        return tuple(self.root.walk())

    @cached_property
    def leaves(self) -> tuple[Part, ...]:
        """The parts whose bodies must be scanned for nothing to be missed: those that are not opened."""
        return tuple([part for part in self.parts if not part.opened])

    @cached_property
    def ambiguities(self) -> tuple[Ambiguity, ...]:
        """All that two readers could see differently, none twice; this decodes the bodies once."""
        found = dict.fromkeys(self._structure)
        for part in self.parts:
            if part.origin is Origin.MESSAGE:
                found.update(dict.fromkeys(word_doubts(part)))
            if not part.opened and not part.reading:  # another reading has its doubt already: why it is one
                found.update(dict.fromkeys(part.ambiguities()))
        return tuple(found)


def view(octets: bytes) -> View:
    """Take a message apart, whose lines may end in any way. Never raises."""
    return View(octets)
