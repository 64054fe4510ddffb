from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from gatepost.spool.embedded import SpoolUnusable, log, open_reader
from gatepost.spool.embedded.rows import DATABASE
from gatepost.spool.interface import Again, Corrupt, Done, Held, NewMessage, Stored
from tests.spool.embedded.shard import Shard, message, new

CRASH = """
import os, sys
from pathlib import Path
from tests.spool.embedded.shard import Shard, message, new
from gatepost.spool.interface import Again, Hold, Done
shard = Shard(Path(sys.argv[1]))
shard.commit(*(new(number, b"x" * 1000 * number) for number in range(1, 5)))
shard.settle(message(2).id, Again(shard.clock.now + 900, message(2).recipients))
shard.settle(message(3).id, Hold("a reason", message(3).recipients))
if sys.argv[2:]:
    shard.checkpoint()
shard.spool.incoming("0000000000abc-9").write(b"unfinished")
os._exit(9)
"""


@pytest.fixture(params=["by-the-log", "by-rows"])
def crashed(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A directory whose gateway died with 1 and 4 leased, 2 waiting, 3 held, and 9 arriving."""
    checkpoint = ["checkpoint"] if request.param == "by-rows" else []
    command = [sys.executable, "-c", CRASH, str(tmp_path / "shard"), *checkpoint]
    ended = subprocess.run(command, check=False, timeout=60)
    assert ended.returncode == 9
    return tmp_path / "shard"


def log_end(segment: Path) -> int:
    """Tell where the last whole frame ends."""
    return [frame.end for frame in log.frames(segment, 0)][-1]


def test_what_was_leased_is_due_now_and_reported(crashed: Path) -> None:
    shard = Shard(crashed)
    found = shard.spool.recovered
    assert (found.leased, found.waiting, found.held, found.garbage) == (2, 3, 1, 1)
    assert [m.id for m in found.interrupted] == [message(1).id, message(4).id]
    assert found.interrupted[0].facts == b'{"type":"reception"}'
    assert found.corrupt == ()
    assert {m.message.id for m in shard.lease()} == {message(1).id, message(4).id}
    assert shard.content(message(4)) == b"Received: by x\r\n" + b"x" * 4000
    shard.close()


def test_a_segment_keeps_no_reserved_space_after_a_crash(crashed: Path) -> None:
    (segment,) = crashed.glob("*.segment")
    end = log_end(segment)
    assert segment.stat().st_size > end
    shard = Shard(crashed)
    assert segment.stat().st_size == end
    shard.close()


def test_a_torn_tail_is_cut_off_and_never_written_after(crashed: Path) -> None:
    (name,) = [path.name for path in crashed.glob("*.segment")]
    end = log_end(crashed / name)
    whole = (crashed / name).read_bytes()[:end]
    with (crashed / name).open("r+b") as torn:
        torn.seek(end)
        torn.write(whole[16:200])
    shard = Shard(crashed)
    shard.commit(new(20))
    assert (crashed / name).read_bytes() == whole
    assert len(shard.files(".segment")) == 2
    shard.close()


def test_a_content_cut_short_is_held_with_that_reason_and_the_others_live(crashed: Path) -> None:
    (name,) = [path.name for path in crashed.glob("*.segment")]
    Shard(crashed).close()  # from here on all have rows
    os.truncate(crashed / name, log_end(crashed / name) - 1)
    shard = Shard(crashed)
    found = shard.spool.recovered
    assert found.corrupt == (Corrupt(message(4).id, f"its content is cut short ({name})"),)
    assert (found.leased, found.waiting, found.held) == (0, 2, 2)
    assert [m.message.id for m in shard.lease()] == [message(1).id]
    shard.close()


def test_messages_whose_content_is_missing_are_held_at_every_start(crashed: Path) -> None:
    Shard(crashed).close()  # from here on all have rows
    (segment,) = crashed.glob("*.segment")
    segment.unlink()
    for _ in range(2):
        shard = Shard(crashed)
        assert len(shard.spool.recovered.corrupt) == 4
        assert shard.lease() == []
        shard.commit(NewMessage(message=message(7), head=b"", data=b"x"))
        shard.settle(message(7).id, Again(0, ()))
        assert [m.message.id for m in shard.lease()] == [message(7).id]
        shard.settle(message(7).id, Done())
        shard.close()
        reader = open_reader(crashed)
        entry = reader.get(message(1).id)
        assert isinstance(entry, Held)
        assert "its content is missing" in entry.reason
        reader.close()


def test_contents_without_their_rows_are_not_taken_for_garbage(crashed: Path) -> None:
    for path in crashed.glob(DATABASE + "*"):
        path.unlink()
    before = sorted(path.name for path in crashed.iterdir())
    for _ in range(2):
        with pytest.raises(SpoolUnusable, match=r"put spool\.db back"):
            Shard(crashed)
    assert sorted(path.name for path in crashed.iterdir()) == before


def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolUnusable, match="file/shard cannot be opened"):
        Shard(tmp_path / "file" / "shard")


def test_what_is_no_database_is_refused_and_the_lock_let_go(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"something else" * 1000)
    for _ in range(2):
        with pytest.raises(SpoolUnusable, match="cannot be opened"):
            Shard(tmp_path)


def test_the_format_of_a_later_gatepost_is_refused(tmp_path: Path) -> None:
    Shard(tmp_path).close()
    connection = apsw.Connection(str(tmp_path / DATABASE))
    connection.execute("PRAGMA user_version = 3")
    connection.close()
    with pytest.raises(SpoolUnusable, match="has format 3"):
        Shard(tmp_path)
    with pytest.raises(SpoolUnusable, match="has format 3"):
        open_reader(tmp_path)


def test_a_second_process_is_refused_and_told_who_has_the_shard(tmp_path: Path) -> None:
    shard = Shard(tmp_path / "shard")
    program = (
        "import sys; from pathlib import Path; from tests.spool.embedded.shard import Shard;"
        "Shard(Path(sys.argv[1]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "shard")], check=False, timeout=60, capture_output=True
    )
    assert f"is in use by process {os.getpid()}; each shard".encode() in ended.stderr
    assert shard.commit(new(1)) == [Stored()]
    shard.close()
