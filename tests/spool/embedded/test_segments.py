from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatepost.spool.embedded.reserve import Reserve
from gatepost.spool.embedded.rows import Place
from gatepost.spool.embedded.segments import Segments, Usage

SIZE = 1 << 16


@pytest.fixture
def segments(tmp_path: Path) -> Iterator[Segments]:
    fd = os.open(tmp_path, os.O_RDONLY)
    it = Segments(tmp_path, fd, SIZE, Reserve(tmp_path, 4096))
    yield it
    it.end(0)
    os.close(fd)


def files(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.glob("*.segment"))


def test_contents_stand_one_after_the_other_and_are_read_back(segments: Segments) -> None:
    contents = [b"one", b"", b"three" * 1000]
    places = segments.append(contents, 0)
    assert places == [
        Place("00000001.segment", 0, 3),
        Place("00000001.segment", 3, 0),
        Place("00000001.segment", 3, 5000),
    ]
    assert [segments.read(place.file, place.start, place.length) for place in places] == contents


def test_more_contents_than_one_system_call_takes_are_written_whole(segments: Segments) -> None:
    contents = [b"%05d" % number for number in range(3000)]
    places = segments.append(contents, 0)
    assert [segments.read(place.file, place.start, place.length) for place in places] == contents


def test_what_does_not_fit_goes_whole_into_the_next_file(segments: Segments, tmp_path: Path) -> None:
    (first,) = segments.append([b"a" * (SIZE - 1)], 0)
    segments.keep(first)
    (second,) = segments.append([b"bb"], 0)
    assert (second.file, second.start) == ("00000002.segment", 0)
    assert (tmp_path / first.file).stat().st_size == SIZE - 1
    assert files(tmp_path) == [first.file, second.file]


def test_a_content_larger_than_a_segment_gets_a_file_as_large_as_it_needs(segments: Segments) -> None:
    (place,) = segments.append([b"x" * (3 * SIZE)], 0)
    assert segments.read(place.file, 0, 3 * SIZE) == b"x" * (3 * SIZE)


def test_a_file_in_which_nothing_was_kept_goes_when_it_is_closed(segments: Segments, tmp_path: Path) -> None:
    segments.append([b"its row was never committed"], 0)
    segments.end(0)
    assert files(tmp_path) == []
    assert segments.usage == {}


def test_the_open_file_stays_when_its_last_message_goes(segments: Segments, tmp_path: Path) -> None:
    (place,) = segments.append([b"x"], 0)
    segments.keep(place)
    segments.drop(place)
    assert files(tmp_path) == [place.file]


def test_a_file_is_never_written_again_after_a_failure(segments: Segments) -> None:
    (place,) = segments.append([b"good"], 0)
    segments.keep(place)
    with Path("/dev/full").open("wb") as full:
        os.dup2(full.fileno(), segments._fd)
    with pytest.raises(OSError, match="No space left"):
        segments.append([b"lost"], 0)
    (after,) = segments.append([b"after"], 0)
    assert after.file != place.file
    assert segments.read(place.file, 0, 4) == b"good"


def test_the_next_file_is_made_ahead_and_goes_when_it_is_not_needed(
    segments: Segments, tmp_path: Path
) -> None:
    (place,) = segments.append([b"a" * (SIZE // 2 + 1)], 0)
    segments.keep(place)
    assert segments._next is not None
    assert segments._next.result()[1] == "00000002.segment"
    assert (tmp_path / "00000002.segment").stat().st_size == SIZE
    (second,) = segments.append([b"b" * (SIZE // 2 + 1)], 0)
    segments.keep(second)
    assert second.file == "00000002.segment"
    segments.end(0)
    assert files(tmp_path) == [place.file, second.file]


def test_reading_beyond_the_end_raises_an_os_error(segments: Segments) -> None:
    (place,) = segments.append([b"x"], 0)
    segments.keep(place)
    segments.close(0)
    with pytest.raises(OSError, match="ends within a content"):
        segments.read(place.file, 0, 2)


def test_sparse_files_are_those_closed_long_enough_with_little_needed(segments: Segments) -> None:
    segments.known("00000007.segment", Usage(1, 100, 1000, 10.0))
    segments.known("00000008.segment", Usage(9, 900, 1000, 10.0))
    segments.known("00000009.segment", Usage(1, 100, 1000, 50.0))
    assert segments.sparse(0.25, 40) == ["00000007.segment"]
    (place,) = segments.append([b"x"], 0)
    assert place.file == "00000010.segment"
