from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import apsw
import pytest

from gatepost.spool.embedded import SpoolReader, SpoolUnusable, checkpoint, open_reader
from gatepost.spool.embedded.rows import Rows
from gatepost.spool.interface import Again, Done, Failed, Hold, NewMessage, Stored
from tests.spool.embedded.shard import Shard, message, new


@pytest.fixture
def reader(shard: Shard) -> Iterator[SpoolReader]:
    it = open_reader(shard.directory)
    yield it
    it.close()


def report(number: int, about: int) -> NewMessage:
    return new(number, b"report", notice_of=message(about).id)


def crash(shard: Shard, copy: Path) -> None:
    """Copy what a crash now would leave."""
    shard.idle()
    copy.mkdir()
    for path in shard.directory.iterdir():
        with suppress(FileNotFoundError):
            shutil.copy(path, copy)


Contents = dict[str, bytes]


def found_in(directory: Path) -> tuple[Contents, int]:
    """Open what a crash left: the contents that are due now, and how many others wait or are held."""
    shard = Shard(directory)
    assert shard.spool.recovered.corrupt == ()
    contents = {one.message.id: shard.content(one.message) for one in shard.lease()}
    others = shard.spool.recovered.waiting + shard.spool.recovered.held - len(contents)
    shard.close()
    return contents, others


def test_a_message_that_is_delivered_at_once_never_has_a_row(shard: Shard, reader: SpoolReader) -> None:
    statements: list[str] = []
    shard.commit(new(1))
    shard.spool._shard.rows._connection.exec_trace = lambda _, text, __: statements.append(text) or True
    for number in range(2, 20):
        shard.commit(new(number))
        shard.settle(message(number).id, Done())
    shard.idle()
    assert not [text for text in statements if "INSERT" in text or "DELETE" in text]
    assert reader.get(message(1).id) is None


def test_a_checkpoint_gives_rows_to_what_is_still_on_its_way_and_takes_those_of_the_rest(
    shard: Shard, reader: SpoolReader
) -> None:
    shard.commit(new(1), new(2))
    shard.checkpoint()
    assert (reader.counts().leased, reader.counts().waiting) == (2, 0)
    shard.settle(message(1).id, Done())
    assert reader.counts().leased == 2
    shard.checkpoint()
    assert reader.counts().leased == 1
    assert shard.settle(message(2).id, Again(shard.clock.now + 5, ())) == Stored()
    assert reader.counts().waiting == 1


def test_so_much_log_calls_for_a_checkpoint_before_its_time(
    shard: Shard, reader: SpoolReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "OCTETS", 100_000)
    for number in range(12):
        shard.commit(new(number, b"x" * 10_000))
    shard.idle()
    assert reader.counts().leased >= 9


def test_an_idle_spool_writes_nothing(shard: Shard) -> None:
    shard.commit(new(1))
    shard.checkpoint()
    before = {path.name: path.stat().st_mtime_ns for path in shard.directory.iterdir()}
    for _ in range(3):
        shard.checkpoint()
    after = {path.name: path.stat().st_mtime_ns for path in shard.directory.iterdir()}
    before.pop("spool.db-shm"), after.pop("spool.db-shm")  # locks only
    assert after == before


STEPS: list[Callable[[Shard], object]] = [
    lambda shard: shard.commit(new(1), new(2), new(3)),
    lambda shard: shard.commit(new(4), new(5), new(6, b"x" * 40_000)),
    lambda shard: shard.settle(message(1).id, Done()),
    lambda shard: shard.settle(message(2).id, Again(4e9, ())),
    lambda shard: shard.settle(message(3).id, Done(), report(7, 3)),
    lambda shard: shard.settle(message(4).id, Hold("odd", ())),
    lambda shard: shard.settle(message(7).id, Done()),
    lambda shard: shard.settle(message(5).id, Again(0, ()), report(8, 5)),
    lambda shard: shard.lease(),
    lambda shard: shard.settle(message(5).id, Done(), report(9, 5)),
    lambda shard: shard.commit(new(10, b"y" * 50_000)),
]
# after each step: what is on its way or due, and how many wait or are held beyond that
DUE: list[tuple[set[int], int]] = [
    ({1, 2, 3}, 0),
    ({1, 2, 3, 4, 5, 6}, 0),
    ({2, 3, 4, 5, 6}, 0),
    ({3, 4, 5, 6}, 1),
    ({7, 4, 5, 6}, 1),
    ({7, 5, 6}, 2),
    ({5, 6}, 2),
    ({5, 6, 8}, 2),
    ({5, 6, 8}, 2),
    ({6, 8, 9}, 2),
    ({6, 8, 9, 10}, 2),
]


@pytest.mark.parametrize("checkpoint_after", range(-1, len(STEPS)))
def test_a_checkpoint_between_any_two_steps_changes_nothing(tmp_path: Path, checkpoint_after: int) -> None:
    shard = Shard(tmp_path / "shard")
    for at, step in enumerate(STEPS):
        step(shard)
        if at == checkpoint_after:
            shard.checkpoint()
        due, others = DUE[at]
        crash(shard, tmp_path / str(at))
        contents, more = found_in(tmp_path / str(at))
        assert (set(contents), more) == ({message(number).id for number in due}, others), at
        assert all(content.startswith(b"Received: by x\r\n") for content in contents.values())
    shard.close()


@pytest.mark.parametrize("act", ["delete", "save", "pass_on", "give_back", "files", "counts"])
def test_a_crash_while_the_log_is_read_leaves_it_to_be_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    shard = Shard(tmp_path / "shard")
    for step in STEPS:
        step(shard)
    crash(shard, tmp_path / "crashed")
    shard.close()
    expected, others = DUE[-1]

    def fail(*_: object) -> None:
        raise apsw.IOError("the machine stops here")

    for _ in range(2):
        with monkeypatch.context() as broken:
            broken.setattr(Rows, act, fail)
            with pytest.raises(SpoolUnusable, match="the machine stops here"):
                Shard(tmp_path / "crashed")
    for _ in range(2):
        contents, more = found_in(tmp_path / "crashed")
        assert (set(contents), more) == ({message(number).id for number in expected}, others)


def test_the_end_of_a_life_without_any_file_does_not_hide_the_log_of_the_next(tmp_path: Path) -> None:
    shard = Shard(tmp_path / "shard")
    for life in range(4):
        for number in range(5):
            shard.commit(new(number, b"x" * 50_000))
            shard.settle(message(number).id, Done())
        shard.reopen()
        assert shard.files(".segment") == []
        shard.commit(new(9))
        crash(shard, tmp_path / str(life))
        assert set(found_in(tmp_path / str(life))[0]) == {message(9).id}
        shard.settle(message(9).id, Done())
    shard.close()


def test_files_are_used_again_and_what_they_held_does_not_come_back(tmp_path: Path) -> None:
    shard = Shard(tmp_path / "shard")
    names: dict[int, list[str]] = {}
    for number in range(60):
        shard.commit(new(number, b"%02d" % number * 9000))
        shard.settle(message(number).id, Done())
        shard.checkpoint()
        for name in shard.files(".segment"):
            names.setdefault((shard.directory / name).stat().st_ino, []).append(name)
    assert max(len(set(used)) for used in names.values()) > 3
    assert len(shard.files(".segment")) <= 4
    shard.commit(new(100))
    crash(shard, tmp_path / "crashed")
    assert set(found_in(tmp_path / "crashed")[0]) == {message(100).id}
    shard.close()


def test_an_id_of_a_former_life_is_refused_while_its_message_is_there(shard: Shard) -> None:
    shard.commit(new(5))
    shard.settle(message(5).id, Again(4e9, ()))
    shard.reopen()  # and the clock was set back
    told = shard.commit(new(5), new(4))
    assert [type(one) for one in told] == [Failed, Stored]
    shard.clock.now = 4e9
    (leased,) = shard.lease()
    assert leased.message.id == message(5).id


def test_a_checkpoint_that_the_disk_refuses_closes_the_door_until_it_is_made(
    shard: Shard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise apsw.FullError("database or disk is full")

    shard.commit(new(1))
    with monkeypatch.context() as broken:
        broken.setattr(shard.spool._shard.rows, "pass_on", full)
        shard.checkpoint()
        shard.clock.now += 2
        assert not shard.spool.room()
    assert shard.commit(new(2)) == [Stored()]
    shard.checkpoint()
    shard.clock.now += 2
    assert shard.spool.room()
    assert shard.settle(message(1).id, Done()) == Stored()
