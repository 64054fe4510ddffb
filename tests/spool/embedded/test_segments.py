from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from gatepost.spool.embedded import log
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


def append(segments: Segments, *contents: bytes, done: Sequence[str] = ()) -> list[Place]:
    file, at = segments.append(done, [(len(content),) for content in contents], contents, 0)
    places = []
    for content in contents:
        places.append(Place(file, at, len(content)))
        at += len(content)
    return places


def test_contents_stand_one_after_the_other_and_are_read_back(segments: Segments) -> None:
    contents = [b"one", b"", b"three" * 1000]
    places = append(segments, *contents)
    assert {place.file for place in places} == {"00000001.segment"}
    assert [place.start - places[0].start for place in places] == [0, 3, 3]
    assert [segments.read(place.file, place.start, place.length) for place in places] == contents


def test_more_contents_than_one_system_call_takes_are_written_whole(segments: Segments) -> None:
    contents = [b"%05d" % number for number in range(3000)]
    places = append(segments, *contents)
    assert [segments.read(place.file, place.start, place.length) for place in places] == contents


def test_each_frame_is_written_and_synced_by_one_call(
    segments: Segments, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(segments, b"the file is made")
    calls: list[str] = []
    for name in ("pwritev", "pwrite", "fdatasync"):
        monkeypatch.setattr(os, name, counted(getattr(os, name), name, calls))
    append(segments, b"one", b"two", done=["x-1"])
    assert calls == ["pwritev"]


def counted(call: object, name: str, calls: list[str]) -> object:
    def count(*arguments: object) -> object:
        calls.append(name)
        return call(*arguments)  # type: ignore[operator]

    return count


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.ENOSYS])
def test_where_a_write_cannot_sync_a_sync_follows_it(
    segments: Segments, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    real = os.pwritev
    synced: list[int] = []

    def without_flags(fd: int, pieces: Sequence[bytes], at: int, flags: int = 0) -> int:
        if flags:
            raise OSError(number, os.strerror(number))
        return real(fd, pieces, at)

    monkeypatch.setattr(os, "pwritev", without_flags)
    monkeypatch.setattr(os, "fdatasync", synced.append)
    (one,) = append(segments, b"one")
    (two,) = append(segments, b"two")
    assert [segments.read(p.file, p.start, p.length) for p in (one, two)] == [b"one", b"two"]
    assert len(synced) == 2


def test_a_write_of_which_the_kernel_took_a_part_is_finished(
    segments: Segments, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.pwritev

    def part(fd: int, pieces: Sequence[bytes], at: int, flags: int = 0) -> int:
        return real(fd, [b"".join(pieces)[:7]], at, flags)

    monkeypatch.setattr(os, "pwritev", part)
    (place,) = append(segments, b"content" * 100)
    assert segments.read(place.file, place.start, place.length) == b"content" * 100


def test_what_does_not_fit_goes_whole_into_the_next_file(segments: Segments, tmp_path: Path) -> None:
    (first,) = append(segments, b"a" * (SIZE - 100))
    segments.keep(first)
    (second,) = append(segments, b"bb" * 100)
    assert second.file == "00000002.segment"
    assert (tmp_path / first.file).stat().st_size == first.start + first.length
    assert files(tmp_path) == [first.file, second.file]


def test_a_frame_larger_than_a_segment_gets_a_file_as_large_as_it_needs(segments: Segments) -> None:
    append(segments, b"a" * (SIZE // 2 + 1))  # the next file is made ahead
    (large,) = append(segments, b"x" * (3 * SIZE))
    assert segments.read(large.file, large.start, 3 * SIZE) == b"x" * (3 * SIZE)
    (after,) = append(segments, b"b")
    assert large.file < after.file  # the log goes from file to file by number
    assert segments.position[0] == int(after.file[:8])


def test_a_file_goes_when_nothing_in_it_is_needed_and_a_checkpoint_lies_behind_it(
    segments: Segments, tmp_path: Path
) -> None:
    (place,) = append(segments, b"x")
    segments.keep(place)
    segments.close(0)
    segments.sweep()
    segments.drop(place)
    assert list(segments.usage) == [place.file]
    segments.sweep()
    segments.end(0)
    assert files(tmp_path) == []
    assert segments.usage == {}


def test_the_open_file_stays_when_its_last_message_goes(segments: Segments, tmp_path: Path) -> None:
    (place,) = append(segments, b"x")
    segments.keep(place)
    segments.drop(place)
    segments.sweep()
    assert files(tmp_path) == [place.file]


def test_a_file_is_never_written_again_after_a_failure_and_what_failed_is_cut_off(
    segments: Segments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place,) = append(segments, b"good")
    segments.keep(place)
    real = os.pwritev

    def written_but_not_synced(fd: int, pieces: Sequence[bytes], at: int, flags: int = 0) -> int:
        real(fd, pieces, at)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "pwritev", written_but_not_synced)
    with pytest.raises(OSError, match="Input/output"):
        append(segments, b"lost")
    monkeypatch.undo()
    (after,) = append(segments, b"after")
    assert after.file != place.file
    assert segments.read(place.file, place.start, 4) == b"good"
    assert [len(frame.entries) for frame in log.frames(tmp_path / place.file, 0)] == [1]


def test_the_next_file_is_made_ahead_and_goes_when_it_is_not_needed(
    segments: Segments, tmp_path: Path
) -> None:
    (place,) = append(segments, b"a" * (SIZE // 2 + 1))
    segments.keep(place)
    assert segments._next is not None
    assert segments._next.result().file == "00000002.segment"
    assert (tmp_path / "00000002.segment").stat().st_size == SIZE
    (second,) = append(segments, b"b" * (SIZE // 2 + 1))
    segments.keep(second)
    assert second.file == "00000002.segment"
    segments.end(0)
    assert files(tmp_path) == [place.file, second.file]


def test_reading_beyond_the_end_raises_an_os_error(segments: Segments) -> None:
    (place,) = append(segments, b"x")
    segments.close(0)
    with pytest.raises(OSError, match="ends within a content"):
        segments.read(place.file, place.start, 2)


def test_sparse_files_are_those_closed_long_enough_with_little_needed(segments: Segments) -> None:
    segments.known("00000007.segment", Usage(1, 100, 1000, 10.0))
    segments.known("00000008.segment", Usage(9, 900, 1000, 10.0))
    segments.known("00000009.segment", Usage(1, 100, 1000, 50.0))
    segments.begin_after(9)
    assert segments.sparse(0.25, 40) == ["00000007.segment"]
    (place,) = append(segments, b"x")
    assert place.file == "00000010.segment"
