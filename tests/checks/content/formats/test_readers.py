from gatepost.checks.content.formats import readers
from gatepost.checks.content.formats.kinds import KINDS


def test_every_reader_can_be_had_and_is_for_a_kind_that_there_is() -> None:
    for kind in readers._READERS:
        assert kind in KINDS
        assert callable(readers.reader_of(kind))


def test_of_what_holds_nothing_there_is_no_reader() -> None:
    assert readers.reader_of("png-but-unknown") is None
