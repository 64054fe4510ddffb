from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.gateway.dmarc.sent import (
    KEPT,
    Begun,
    Busy,
    Ended,
    Finished,
    last_finished,
    opened,
    read,
    tidy,
)

DAY = 1_795_737_600  # 2026-11-27
LINES = (Begun(1.0, "a"), Ended(2.0, "a", "sent", "x@a.example"), Begun(3.0, "b"))


def written(directory: Path) -> Path:
    with opened(directory, DAY) as log:
        for line in LINES:
            log.add(line)
    return directory / "2026-11-27.jsonl"


def test_what_was_put_down_is_there_again(tmp_path: Path) -> None:
    written(tmp_path)
    with opened(tmp_path, DAY) as log:
        assert log.ended == {"a": LINES[1]}
        assert log.doubtful == {"b": 3.0}
        assert log.finished is None
        log.add(Ended(4.0, "b", "nobody"))
        log.add(Finished(5.0, 1, 1))
        assert log.doubtful == {}
    assert last_finished(tmp_path) == (DAY, Finished(5.0, 1, 1))


def test_wherever_a_crash_cuts_the_file_no_whole_line_is_lost_and_the_next_is_whole(tmp_path: Path) -> None:
    whole = written(tmp_path).read_bytes()
    for end in range(len(whole)):
        path = tmp_path / "2026-11-27.jsonl"
        path.write_bytes(whole[:end])
        lines = whole[:end].count(b"\n")
        with opened(tmp_path, DAY) as log:
            assert len(log.ended) == (lines >= 2)
            assert ("b" in log.doubtful) == (lines >= 3)
            log.add(Ended(9.0, "c", "sent"))
        assert "c" in read(tmp_path, DAY).ended


def test_only_one_process_sends_the_reports_of_a_day(tmp_path: Path) -> None:
    with opened(tmp_path, DAY):
        with pytest.raises(Busy), opened(tmp_path, DAY):
            pass
        with opened(tmp_path, DAY + 86_400):
            pass
    with opened(tmp_path, DAY):
        pass


def test_only_a_finished_day_counts_and_other_files_are_let_be(tmp_path: Path) -> None:
    assert last_finished(tmp_path / "none") is None
    for day in (DAY, DAY + 86_400):
        with opened(tmp_path, day) as log:
            if day == DAY:
                log.add(Finished(1.0, 0, 0))
    (tmp_path / "notes.txt").write_text("mine")
    found = last_finished(tmp_path)
    assert found is not None
    assert found[0] == DAY
    tidy(tmp_path, DAY + (KEPT + 1) * 86_400)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2026-11-28.jsonl", "notes.txt"]
