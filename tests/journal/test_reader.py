from __future__ import annotations

import os
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.journal import reader
from gatepost.journal.reader import MAX_LINE, Skipped, Tail, decoded, files, records, whole_lines
from gatepost.journal.records import AnyRecord, Noted
from tests.journal.tales import START


def line(number: float, event: str = "") -> bytes:
    record = Noted(time=START + number, session="", event=event or str(int(number)))
    return msgspec.json.encode(record) + b"\n"


def path_of(directory: Path, began: float = 0, name: str = "w0") -> Path:
    stamp = datetime.fromtimestamp(START + began, UTC).strftime("%Y-%m-%dT%H%M%S.%f")[:-3]
    return directory / f"{stamp}Z-{name}.jsonl"


def events(found: list[AnyRecord]) -> list[str]:
    return [record.event for record in found if isinstance(record, Noted)]


def test_files_are_merged_in_order_of_time(tmp_path: Path) -> None:
    path_of(tmp_path, 0, "w0").write_bytes(b"".join(line(n) for n in (1, 4, 5, 9)))
    path_of(tmp_path, 0, "w1").write_bytes(b"".join(line(n) for n in (2, 3, 8)))
    path_of(tmp_path, 7, "w2").write_bytes(line(7))
    assert events(list(records(tmp_path))) == ["1", "2", "3", "4", "5", "7", "8", "9"]
    assert events(list(records(tmp_path, START + 3, START + 7))) == ["3", "4", "5", "7"]


def test_a_year_of_files_is_not_open_at_once(tmp_path: Path) -> None:
    for number in range(200):
        path_of(tmp_path, number * 1000).write_bytes(line(number * 1000) + line(number * 1000 + 1))
    present = len(list(Path("/proc/self/fd").iterdir()))
    most = 0
    for count, _ in enumerate(records(tmp_path)):
        if count % 20 == 0:
            most = max(most, len(list(Path("/proc/self/fd").iterdir())) - present)
    assert count == 399
    assert most <= 3


def test_junk_between_records_is_skipped_and_counted(tmp_path: Path) -> None:
    junk = [
        b"\n",
        b"\x00\xff\xfe\n",
        b"{}\n",
        b'{"type":"gateway","time":1\n',
        b'{"type":"gateway","time":1e999,"session":"","event":"x"}\n',
        b'{"type":"gateway","time":-1,"session":"","event":"x"}\n',
        b'{"type":"gateway","time":1,"session":"","event":"\xff"}\n',
        b'{"type":"gateway","time":1,"session":"","event":"x","new":' + b"[" * 100_000 + b"\n",
        b'{"type":"a-newer-kind","time":1,"session":""}\n',
        b'["type"]\n',
    ]
    path_of(tmp_path).write_bytes(line(1) + line(2).join(junk) + line(3))
    skipped = Skipped()
    assert events(list(records(tmp_path, skipped=skipped))) == ["1", *["2"] * 9, "3"]
    assert skipped.unreadable + skipped.unknown == len(junk)
    assert skipped.unknown >= 1


def test_fields_of_a_newer_version_are_passed_over() -> None:
    skipped = Skipped()
    newer = b'{"type":"gateway","time":1,"session":"","event":"x","later":{"a":[1]}}\n'
    assert decoded(newer, skipped) == Noted(time=1, session="", event="x")
    assert skipped == Skipped()


def test_a_line_without_an_end_is_not_read_yet(tmp_path: Path) -> None:
    path_of(tmp_path).write_bytes(line(1) + line(2)[:-1])
    skipped = Skipped()
    assert events(list(records(tmp_path, skipped=skipped))) == ["1"]
    assert skipped.unreadable == 1


def test_a_line_of_any_length_takes_bounded_memory(tmp_path: Path) -> None:
    path = path_of(tmp_path)
    with path.open("wb") as out:
        out.write(line(1))
        out.seek(1 << 28, os.SEEK_CUR)  # a hole: NUL octets that need no disk
        out.write(b"\n" + line(2))
    skipped = Skipped()
    tracemalloc.start()
    found = events(list(records(tmp_path, skipped=skipped)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == ["1", "2"]
    assert skipped.unreadable == 1
    assert peak < 8 * MAX_LINE


@given(
    data=st.binary(max_size=400) | st.lists(st.sampled_from([b"a", b"bb\n", b"\n", b"ccccccc"])).map(b"".join)
)
def test_blocks_give_the_lines_and_nothing_else(
    data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "lines.jsonl"
    path.write_bytes(data)
    expected = data[: data.rfind(b"\n") + 1]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reader, "BLOCK", 3)
        skipped = Skipped()
        pieces = list(whole_lines(path, skipped))
    assert b"".join(pieces) == expected
    assert all(piece.endswith(b"\n") for piece in pieces)
    assert skipped.unreadable == (len(expected) < len(data))


@given(lines=st.lists(st.binary(max_size=12).map(lambda text: text.replace(b"\n", b"x"))))
def test_overlong_lines_are_left_out_and_counted(
    lines: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "overlong.jsonl"
    path.write_bytes(b"".join(text + b"\n" for text in lines))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reader, "BLOCK", 1)
        patched.setattr(reader, "MAX_LINE", 5)
        skipped = Skipped()
        found = b"".join(whole_lines(path, skipped))
    assert found == b"".join(text + b"\n" for text in lines if len(text) <= 5)
    assert skipped.unreadable == sum(len(text) > 5 for text in lines)


def test_what_is_no_file_of_the_journal_is_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "dangling.jsonl").symlink_to(tmp_path / "nowhere")
    (tmp_path / "renamed.jsonl").write_bytes(line(1))
    assert events(list(records(tmp_path))) == ["1"]
    assert list(records(tmp_path / "nowhere")) == []


def test_a_time_span_narrows_the_files(tmp_path: Path) -> None:
    for began in (0, 10_000, 20_000):
        path = path_of(tmp_path, began)
        path.write_bytes(line(began))
        os.utime(path, (START + began + 5000, START + began + 5000))
    assert [file.began - START for file in files(tmp_path, START + 9000, START + 12_000)] == [10_000]


def test_a_file_that_may_not_be_read_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path_of(tmp_path).write_bytes(line(1))

    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    skipped = Skipped()
    assert list(records(tmp_path, skipped=skipped)) == []
    assert skipped.files == 1


def test_a_tail_begins_at_the_end_and_follows_into_new_files(tmp_path: Path) -> None:
    first = path_of(tmp_path)
    first.write_bytes(line(1) + line(2))
    tail = Tail(tmp_path)
    assert tail.poll() == []
    with first.open("ab") as out:
        out.write(line(3) + line(5) + line(6)[:20])
    path_of(tmp_path, 4).write_bytes(line(4))
    assert events(tail.poll()) == ["3", "4", "5"]
    assert tail.poll() == []
    with first.open("ab") as out:
        out.write(line(6)[20:])
    assert events(tail.poll()) == ["6"]


def test_a_tail_can_begin_some_records_back(tmp_path: Path) -> None:
    for began in range(0, 50, 10):
        path = path_of(tmp_path, began)
        path.write_bytes(b"".join(line(began + n) for n in range(10)))
        os.utime(path, (START + began + 10, START + began + 10))
    tail = Tail(tmp_path, backlog=15)
    assert events(tail.poll()) == [str(number) for number in range(35, 50)]
    assert tail.poll() == []
    assert events(Tail(tmp_path, backlog=1000).poll()) == [str(number) for number in range(50)]


def test_a_tail_does_not_mind_files_that_vanish_or_shrink(tmp_path: Path) -> None:
    gone, short = path_of(tmp_path), path_of(tmp_path, 1)
    gone.write_bytes(line(1))
    short.write_bytes(line(2) + line(3))
    tail = Tail(tmp_path)
    gone.unlink()
    short.write_bytes(line(4))
    assert events(tail.poll()) == ["4"]
    short.unlink()
    assert tail.poll() == []


def test_a_tail_takes_a_flood_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = path_of(tmp_path)
    path.touch()
    tail = Tail(tmp_path)
    path.write_bytes(b"".join(line(number) for number in range(100)))
    monkeypatch.setattr(reader, "_POLL", 1000)
    polls = []
    while found := events(tail.poll()):
        polls.append(found)
    assert [event for found in polls for event in found] == [str(number) for number in range(100)]
    assert len(polls) > 5


def test_a_tail_gets_past_a_line_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_POLL", 400)
    monkeypatch.setattr(reader, "MAX_LINE", 300)
    path = path_of(tmp_path)
    path.touch()
    tail = Tail(tmp_path)
    path.write_bytes(b"x" * 1000 + b"\n" + line(1))
    found: list[str] = []
    for _ in range(10):
        found += events(tail.poll())
    assert found == ["1"]
    assert tail.skipped.unreadable >= 1
