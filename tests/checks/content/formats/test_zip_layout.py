"""The headers of a zip are found by directories, and without them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.formats import zip_layout
from gatepost.checks.content.formats.format import ExhaustedError
from gatepost.checks.content.formats.zip_layout import entry_at, layout_of, next_entry, raw_header
from tests.checks.content.formats.archive_samples import PE, TEXT, Stored, by_zipfile, zipped

TWO = zipped(Stored("a.txt"), Stored("b.exe", PE))


def test_a_directory_tells_each_file_with_its_place_and_both_headers() -> None:
    first, second = layout_of(TWO).entries
    assert (first.start, first.data, first.said_end) == (0, 35, 35 + len(TEXT))
    assert second.start == first.said_end
    assert [header.names for header in second.headers] == [("b.exe",), ("b.exe",)]
    assert raw_header(TWO, first) == TWO[:35]


def test_places_are_found_when_something_stands_in_front() -> None:
    for shift in (0, -100):
        [entry] = layout_of(zipped(Stored("a.txt"), prefix=b"\1" * 100, shift=shift)).entries
        assert entry.start == 100


def test_a_file_that_is_not_there_has_no_data() -> None:
    [entry] = layout_of(zipped(Stored("a.txt", local=False))).entries
    assert entry.data == -1
    assert entry.headers[0].names == ("a.txt",)


def test_two_directories_are_both_read() -> None:
    octets = by_zipfile(("a.txt", TEXT)) + by_zipfile(("b.txt", TEXT))
    layout = layout_of(octets)
    assert len(layout.directories) == 2
    assert [entry.headers[0].names for entry in layout.entries] == [("a.txt",), ("b.txt",)]


def test_headers_are_found_one_behind_the_other() -> None:
    first = next_entry(TWO, 0, len(TWO))
    assert first is not None
    second = next_entry(TWO, first.said_end, len(TWO))
    assert second is not None
    assert second.headers[0].names == ("b.exe",)
    assert next_entry(TWO, second.said_end, len(TWO)) is None


def test_a_mark_alone_is_no_header() -> None:
    assert next_entry(b"PK\x03\x04" + b"\xff" * 100, 0, 104) is None
    assert entry_at(b"PK\x03\x04", 0).data == -1


def test_too_many_files_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_layout, "MAX_ENTRIES", 1)
    with pytest.raises(ExhaustedError, match="more than 1 files"):
        layout_of(TWO)


@given(st.binary(max_size=300), st.integers(0, len(TWO)), st.binary(max_size=8))
def test_any_octets_have_a_layout_within_them(octets: bytes, at: int, patch: bytes) -> None:
    for sample in (octets, TWO[:at] + patch + TWO[at + len(patch) :]):
        layout = layout_of(sample)
        assert all(0 <= begin <= stop <= len(sample) for begin, stop in layout.directories)
        assert all(entry.headers for entry in layout.entries)
