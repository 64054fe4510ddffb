"""Children are numbered as they come, and each region is cut out once."""

from __future__ import annotations

from gatepost.mail.mime.part import Origin
from gatepost.mail.mime.place import Children, Place, Source


def test_parts_are_numbered_from_one_and_the_preamble_is_zero() -> None:
    children = Children(Place("2", 1, Origin.PART))
    origins = (Origin.PREAMBLE, Origin.PART, Origin.PART)
    assert [children.next(origin).number for origin in origins] == ["2.0", "2.1", "2.2"]
    assert Children(Place("", 0, Origin.MESSAGE)).next(Origin.PART).number == "1"


def test_a_second_preamble_gets_a_number_of_its_own() -> None:
    children = Children(Place("", 0, Origin.MESSAGE))
    numbers = [children.next(origin).number for origin in (Origin.PART, Origin.PREAMBLE)]
    assert numbers == ["1", "2"]


def test_another_reading_stands_where_its_part_stands() -> None:
    children = Children(Place("", 0, Origin.MESSAGE, boundaries=(b"outer",)))
    children.place = Place("", 0, Origin.MESSAGE, boundaries=(b"outer", b"inner"))
    place = children.again("why")
    assert (place.origin, place.reading, place.boundaries) == (Origin.ALTERNATIVE, "why", (b"outer",))


def test_a_region_is_new_once() -> None:
    children = Children(Place("", 0, Origin.MESSAGE))
    source = Source(b"octets", nested=False)
    assert children.is_new(source, 0, 3)
    assert not children.is_new(source, 0, 3)
    assert children.is_new(Source(b"octets", nested=True), 0, 3)
