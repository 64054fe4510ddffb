"""Where in the tree a part is to be, while the tree is built: numbers, depth, and the children made so far.

Under `tree`, which does the reading.
"""

from __future__ import annotations

from msgspec import Struct

from gatepost.mail.mime.claims import Claims
from gatepost.mail.mime.part import Field, Origin, Part


class Source(Struct, frozen=True, gc=False):
    """A buffer: the message, or what something in it decodes to."""

    octets: bytes
    nested: bool


class Place(Struct, frozen=True, gc=False):
    """Where in the tree a part is to be: its number, depth, and what brought it there."""

    number: str
    depth: int
    origin: Origin
    reading: str = ""
    usual_type: str = "text/plain"
    boundaries: tuple[bytes, ...] = ()  # of the multiparts around it


class Children:
    """The children of a part while it is made: they are numbered as they come."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.around = place.boundaries
        self.made: list[Part] = []
        self._regions: dict[tuple[int, int, int], Source] = {}
        self._last: int | None = None

    def next(self, origin: Origin, reading: str = "", usual_type: str = "text/plain") -> Place:
        """Give the place of the next child; what it is read by is inherited where it is not told."""
        # The preamble is 0: so the parts keep their usual numbers.
        is_first = self._last is None
        self._last = 0 if is_first and origin is Origin.PREAMBLE else (self._last or 0) + 1
        number = f"{self.place.number}.{self._last}".lstrip(".")
        return Place(
            number,
            self.place.depth + 1,
            origin,
            reading or self.place.reading,
            usual_type,
            self.place.boundaries,
        )

    def again(self, why: str) -> Place:
        """Give the place of another reading of the part itself."""
        place = self.next(Origin.ALTERNATIVE, why, self.place.usual_type)
        return Place(place.number, place.depth, place.origin, place.reading, place.usual_type, self.around)

    def is_new(self, source: Source, start: int, end: int) -> bool:
        """Tell whether a region was not cut out before, and note that it is now."""
        region = (id(source), start, end)
        if region in self._regions:
            return False
        self._regions[region] = source  # kept, so that its id stays its own
        return True


def made_part(
    source: Source,
    start: int,
    body: int,
    end: int,
    place: Place,
    fields: tuple[Field, ...],
    said: Claims,
    children: Children,
    *,
    opened: bool,
) -> Part:
    """Make the part at a place, of what its header says and what was made of its body."""
    return Part(
        place.number,
        place.origin,
        source.octets,
        start,
        body,
        end,
        fields,
        said.media_types,
        said.parameters,
        said.charsets,
        said.encodings,
        said.disposition,
        said.names,
        tuple(children.made),
        place.reading,
        source.nested,
        opened,
    )
