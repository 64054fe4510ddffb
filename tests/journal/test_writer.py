from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatepost.journal import writer
from gatepost.journal.reader import MAX_TIME, Skipped, records
from gatepost.journal.records import AnyRecord, Noted
from gatepost.journal.writer import MAX_BACKLOG, Journal
from gatepost.policy.disposition import Disposition
from tests.journal.tales import START

CHILD = Path(__file__).parent / "child.py"


class Turn:
    """One turn of an event loop: what was scheduled runs when it ends."""

    def __init__(self) -> None:
        self.now = START
        self.calls: list[Callable[[], None]] = []

    def clock(self) -> float:
        return self.now

    def schedule(self, call: Callable[[], None]) -> None:
        self.calls.append(call)

    def end(self) -> None:
        calls, self.calls = self.calls, []
        for call in calls:
            call()


@pytest.fixture
def turn() -> Turn:
    return Turn()


def note(number: int, detail: str = "") -> Noted:
    return Noted(time=START + number / 1000, session="", event=str(number), detail=detail)


def numbers(directory: Path) -> list[int]:
    return [int(r.event) for r in records(directory) if isinstance(r, Noted) and r.event.isdigit()]


def test_all_records_of_one_turn_go_out_in_one_write(
    tmp_path: Path, turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path, "w0", turn.clock, turn.schedule)
    written: list[int] = []
    write = os.write
    monkeypatch.setattr(
        writer.os, "write", lambda file, data: (written.append(len(data)), write(file, data))[1]
    )
    for number in range(50):
        journal.append(note(number))
    assert len(turn.calls) == 1
    assert written == []
    turn.end()
    assert len(written) == 1
    assert numbers(tmp_path) == list(range(50))
    journal.close()


def test_a_line_begins_with_type_time_and_session(tmp_path: Path, turn: Turn) -> None:
    journal = Journal(tmp_path, "w0", turn.clock, turn.schedule)
    journal.append(note(0))
    journal.close()
    [path] = tmp_path.iterdir()
    assert path.name == "2026-11-23T133005.123Z-w0.jsonl"
    assert path.read_text() == '{"type":"gateway","time":1795440605.123,"session":"","event":"0"}\n'
    assert path.stat().st_mode & 0o007 == 0


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a--b", "a\n"])
def test_a_name_that_does_not_fit_a_file_name_is_refused(tmp_path: Path, turn: Turn, name: str) -> None:
    with pytest.raises(ValueError, match="file name"):
        Journal(tmp_path, name, turn.clock, turn.schedule)


def test_two_starts_at_the_same_moment_never_share_a_file(tmp_path: Path, turn: Turn) -> None:
    first = Journal(tmp_path, "w0", turn.clock, turn.schedule)
    second = Journal(tmp_path, "w0", turn.clock, turn.schedule)
    first.append(note(1))
    second.append(note(2))
    first.close()
    second.close()
    assert len(list(tmp_path.iterdir())) == 2
    assert numbers(tmp_path) == [1, 2]


def test_a_new_day_and_a_full_file_begin_a_new_file(
    tmp_path: Path, turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MAX_FILE", 500)
    journal = Journal(tmp_path, "w0", turn.clock, turn.schedule)
    for number in range(20):
        turn.now += 0.001
        journal.append(note(number))
        turn.end()
    several = len(list(tmp_path.iterdir()))
    assert 2 < several < 10
    turn.now += 86_400
    journal.append(note(20))
    turn.end()
    assert len(list(tmp_path.iterdir())) == several + 1
    journal.close()
    assert numbers(tmp_path) == list(range(21))


def _finite(record: AnyRecord) -> bool:
    """JSON knows no infinity (RFC 8259 §6); nothing in a record is ever infinite."""
    return b":null" not in msgspec.json.encode(record)


@pytest.mark.parametrize("kind", AnyRecord.__args__)
def test_every_record_comes_back_as_it_was_written(
    kind: type[AnyRecord], tmp_path_factory: pytest.TempPathFactory
) -> None:
    fields: dict[str, st.SearchStrategy[object]] = {"time": st.floats(0, MAX_TIME)}
    if "disposition" in kind.__struct_fields__:  # its default factory is not inferred
        fields["disposition"] = st.builds(Disposition, facts=st.dictionaries(st.text(), st.text()))

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.builds(kind, **fields).filter(_finite), min_size=1, max_size=5))
    def check(originals: list[AnyRecord]) -> None:
        directory = tmp_path_factory.mktemp("journal")
        turn = Turn()
        journal = Journal(directory, "w0", turn.clock, turn.schedule)
        for original in originals:
            journal.append(original)
        journal.close()
        skipped = Skipped()
        assert list(records(directory, skipped=skipped)) == originals
        assert skipped == Skipped()

    check()


def test_lone_surrogates_cost_no_record(tmp_path: Path, turn: Turn) -> None:
    journal = Journal(tmp_path, "w0", turn.clock, turn.schedule)
    journal.append(note(1))
    journal.append(note(2, "caf\udce9"))
    journal.close()
    assert [r.detail for r in records(tmp_path) if isinstance(r, Noted)] == [
        "",
        "caf\N{REPLACEMENT CHARACTER}",
    ]


def test_what_was_flushed_survives_kill_9(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, CHILD, "append", tmp_path], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    flushed = int(child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert child.returncode == -signal.SIGKILL
    assert numbers(tmp_path)[:flushed] == list(range(flushed))
    assert flushed == 1000


def test_a_full_disk_raises_nothing_and_counts(tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    answer = subprocess.run(
        [sys.executable, CHILD, "fill", tmp_path],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    said = msgspec.json.decode(answer.stdout)
    assert said["problem"] == "File too large"
    assert said["lost"] > 0
    kept = numbers(tmp_path)
    assert kept == list(range(len(kept)))
    assert 0 < len(kept) < said["appended"] - said["lost"]


def test_when_there_is_room_again_the_gap_is_recorded_and_nothing_is_written_twice(
    tmp_path: Path, turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = 1000
    write = os.write

    def full(file: int, data: bytes) -> int:
        nonlocal room
        if room <= 0:
            raise OSError(28, "No space left on device")
        taken = write(file, data[:room])
        room -= taken
        return taken

    monkeypatch.setattr(writer.os, "write", full)
    monkeypatch.setattr(writer, "MAX_BACKLOG", 2000)
    journal = Journal(tmp_path, "w0", turn.clock, turn.schedule)
    for number in range(100):
        journal.append(note(number))
        turn.end()
    assert journal.problem == "No space left on device"
    lost = journal.lost
    assert 0 < lost < 100
    room = 150  # a little: again a line is cut
    journal.flush()
    room = 1 << 20
    journal.append(note(100))
    turn.end()
    assert journal.problem == ""
    assert journal.lost == lost
    journal.close()
    skipped = Skipped()
    found = [r for r in records(tmp_path, skipped=skipped) if isinstance(r, Noted)]
    assert skipped == Skipped()
    told = numbers(tmp_path)
    assert told == [*range(100 - lost), 100]
    [gap] = [record for record in found if record.event == "journal-gap"]
    assert gap.detail == f"{lost} records could not be written: No space left on device"


def test_a_line_that_the_old_file_cut_is_whole_in_the_new_one(
    tmp_path: Path, turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(writer.os, "write", lambda file, data: write(file, data[:100]))
    journal = Journal(tmp_path, "w0", turn.clock, turn.schedule)
    journal.append(note(1))
    journal.append(note(2))
    turn.end()
    monkeypatch.setattr(writer.os, "write", write)
    turn.now += 86_400
    journal.append(note(3))
    journal.close()
    assert sorted(numbers(tmp_path)) == [1, 2, 3]


def test_without_a_new_file_the_old_one_goes_on(
    tmp_path: Path, turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path, "w0", turn.clock, turn.schedule)
    turn.now += 86_400

    def no_file(*_: object) -> int:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(writer.os, "open", no_file)
        journal.append(note(1))
        turn.end()
        assert journal.problem == "Too many open files"
    assert numbers(tmp_path) == [1]
    turn.now += 61
    journal.append(note(2))
    journal.close()
    assert numbers(tmp_path) == [1, 2]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_cannot_be_written_is_found_at_the_start(tmp_path: Path, turn: Turn) -> None:
    (tmp_path / "journal").write_text("a file")
    with pytest.raises(OSError, match="journal"):
        Journal(tmp_path / "journal", "w0", turn.clock, turn.schedule)
    assert MAX_BACKLOG < 1 << 24


def test_processes_that_live_for_moments_share_one_file_a_day_and_mend_a_cut_line(tmp_path: Path) -> None:
    day = 1_795_737_600.0
    for moment in (day, day + 10, day + 86_400):
        writer.add_to_day(tmp_path, "errand", [Noted(time=moment, session="", event="x")], moment)
        first = min(tmp_path.iterdir())
        with first.open("ab") as file:
            file.write(b'{"type":"gateway","ti')
    assert len(list(tmp_path.iterdir())) == 2
    found = list(records(tmp_path, day - 1, day + 2 * 86_400))
    assert [record.time for record in found] == [day, day + 10, day + 86_400]
