"""The walk through a file and all files within it: what each is, and what was seen in it, with the way to it.

Runs in an inspector process. It takes the reader for each kind, gives it the octets, and goes into every member that
comes out, to a bound; what a reader raises becomes a trait of the file. It knows no single format.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from msgspec import Struct

from gatepost.checks.content.formats.carried import carried
from gatepost.checks.content.formats.format import (
    Budget,
    ExhaustedError,
    Link,
    Look,
    Member,
    Reader,
    Seen,
    Text,
    Trait,
)
from gatepost.checks.content.formats.kinds import kind_of
from gatepost.checks.content.formats.names import shown, tricks, what_it_runs

MAX_DEPTH: Final = 12
MAX_SEEN: Final = 100
"""Traits that are kept of one file; more of them change nothing."""
MAX_LINKS: Final = 500
MAX_TEXT: Final = 100_000
MAX_LINK: Final = 2000
MAX_WORDS: Final = 300
_BOMB_RATIO: Final = 100

ReaderOf = Callable[[str], Reader | None]
"""Give the reader for a kind; None where nothing is inside, or nothing is known of it."""


class Item(Struct, frozen=True, gc=False):
    """A file: the way to it from the part of the message, what it is, and what was seen in it, all within bounds.

    `path` are names from the outside in, made fit to be shown. `sha256` is in hexadecimal.
    """

    path: tuple[str, ...]
    kind: str
    size: int
    sha256: str
    seen: tuple[Seen, ...] = ()
    links: tuple[Link, ...] = ()
    text: str = ""

    @property
    def where(self) -> str:
        """Give the way to it, as people read it."""
        return " › ".join(self.path)


def walk(
    octets: bytes, name: str, budget: Budget, reader_of: ReaderOf, look: Look | None = None
) -> Iterator[Item]:
    """Give the file and all files in it that can be reached, the outer before the inner. Raises nothing.

    `look` is taken at each of them.
    """
    size = len(octets)
    outermost: tuple[str, ...] = (shown(name) or "(no name)",)
    waiting = [(outermost, name, octets)]
    whole = budget.octets
    while waiting:
        path, name, octets = waiting.pop()
        sight = _Sight()
        kind = kind_of(octets)
        for claim in (*what_it_runs(name, kind), *tricks(name, kind)):
            sight.note(claim)
        if look is not None:
            for seen_whole in looked(look, octets):
                sight.note(seen_whole)
        members: list[Member] = []
        for inside, at in ((kind.name, 0), *carried(octets, kind)):
            reader = reader_of(inside)
            if reader is None:
                continue
            try:
                if len(path) > MAX_DEPTH:
                    raise ExhaustedError(f"files within files, more than {MAX_DEPTH} deep")  # noqa: TRY301
                for seen in reader(octets[at:], budget):
                    if isinstance(seen, Member):
                        members.append(seen)
                    else:
                        sight.note(seen)
            except ExhaustedError as error:
                made = whole - budget.octets
                sight.note(Seen(Trait.BOMB if made > _BOMB_RATIO * size else Trait.UNSEEN, str(error)))
            except MemoryError:
                sight.note(Seen(Trait.BOMB, "more memory than an inspector has"))
            except Exception as error:  # noqa: BLE001 - a library may raise anything about what a stranger made
                words = f"{inside} that cannot be read: {type(error).__name__}: {error}"
                sight.note(Seen(Trait.DAMAGED, words))
        yield Item(
            path=path,
            kind=kind.name,
            size=len(octets),
            sha256=hashlib.sha256(octets).hexdigest(),
            seen=tuple(sight.seen),
            links=tuple(sight.links),
            text="".join(sight.text),
        )
        waiting += [((*path, shown(m.name) or "(no name)"), m.name, m.octets) for m in reversed(members)]


def looked(look: Look, octets: bytes) -> Iterator[Seen]:
    """Take a look at a file, and tell of it when that fails. Raises nothing."""
    try:
        yield from islice(look(octets), MAX_SEEN)
    except MemoryError:
        yield Seen(Trait.UNSEEN, "looking at it as a whole takes more memory than an inspector has")
    except Exception as error:  # noqa: BLE001 - as with readers
        yield Seen(
            Trait.UNSEEN, f"looking at it as a whole failed: {type(error).__name__}: {error}"[:MAX_WORDS]
        )


class _Sight:
    """What was seen in one file, up to the bounds, each thing once."""

    def __init__(self) -> None:
        self.seen: dict[Seen, None] = {}
        self.links: dict[Link, None] = {}
        self.text: list[str] = []
        self._left = MAX_TEXT

    def note(self, sight: Seen | Link | Text) -> None:
        match sight:
            case Seen():
                if len(self.seen) < MAX_SEEN:
                    self.seen[Seen(sight.trait, sight.words[:MAX_WORDS])] = None
            case Link():
                if len(self.links) < MAX_LINKS:
                    self.links[Link(sight.target[:MAX_LINK], sight.shown[:MAX_WORDS])] = None
            case Text(text):
                if self._left > 0:
                    self.text.append(text[: self._left])
                    self._left -= len(text)
