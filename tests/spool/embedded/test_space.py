"""A disk that is full, for real: a small file system of its own, and a device that is always full."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gatepost.spool.interface import Again, Done, NoRoom, Stored
from tests.spool.embedded.shard import Shard, message, new

SIZE = 24 << 20
DATA = bytes(range(256)) * 40


def fill(shard: Shard, first: int) -> list[int]:
    """Commit until there is no room, and tell what was stored."""
    stored = []
    for number in range(first, first + 10_000):
        (result,) = shard.commit(new(number, DATA))
        if not isinstance(result, Stored):
            assert isinstance(result, NoRoom), result
            return stored
        stored.append(number)
    raise AssertionError("the disk never was full")


def on_a_small_disk(directory: Path) -> None:
    """Fill the disk, free some, fill it again, and lose nothing: run inside the small file system."""
    shard = Shard(directory, min_free=SIZE // 12)
    assert shard.spool.room()
    stored = fill(shard, 0)
    assert len(stored) > SIZE // len(DATA) // 4
    shard.clock.now += 2
    assert not shard.spool.room()
    gone, kept = stored[: len(stored) // 2], stored[len(stored) // 2 :]
    for number in gone:
        assert shard.settle(message(number).id, Done()) == Stored()
    shard.checkpoint()
    assert shard.spool.room()
    more = fill(shard, 20_000)
    assert more
    for number in kept[:20]:
        assert shard.settle(message(number).id, Again(0, message(number).recipients)) == Stored()
    large = shard.spool.incoming(message(50_000).id)
    with pytest.raises(OSError, match="No space left"):
        large.write(bytes(SIZE))
    large.discard()
    shard.reopen()
    assert shard.spool.recovered.corrupt == ()
    there = {leased.message.id for leased in shard.lease(10_000)}
    assert there == {message(number).id for number in kept + more}
    for number in kept + more:
        assert shard.content(message(number)) == new(0).head + DATA
    shard.close()


@pytest.mark.slow
def test_a_full_disk_refuses_and_loses_nothing_and_the_store_goes_on(tmp_path: Path) -> None:
    # A mount namespace of our own: nothing is mounted for anybody else, and it ends with the process.
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    if shutil.which("unshare") is None or subprocess.run([*unshare, "true"], check=False).returncode:
        pytest.skip("a small file system cannot be mounted here: needs unshare (util-linux) and the right to")
    script = (
        f'mount -t tmpfs -o size={SIZE} tmpfs "$1" && exec "$2" -m tests.spool.embedded.test_space "$1/shard"'
    )
    ended = subprocess.run(
        [*unshare, "sh", "-c", script, "sh", str(tmp_path), sys.executable],
        check=False,
        timeout=60,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr


def test_a_batch_that_finds_the_disk_full_fails_alone(shard: Shard) -> None:
    shard.commit(new(1))
    segments = shard.spool._shard.segments
    with Path("/dev/full").open("wb") as full:
        os.dup2(full.fileno(), segments._fd)
        (result,) = shard.commit(new(2))
    assert isinstance(result, NoRoom)
    assert shard.commit(new(3)) == [Stored()]
    assert shard.content(message(1)) == new(1).head + new(1).data
    shard.reopen()
    assert {leased.message.id for leased in shard.lease()} == {message(1).id, message(3).id}


def test_a_report_that_finds_the_disk_full_is_written_later_with_its_outcome(shard: Shard) -> None:
    shard.commit(new(1))
    segments = shard.spool._shard.segments
    with Path("/dev/full").open("wb") as full:
        os.dup2(full.fileno(), segments._fd)
        assert shard.settle(message(1).id, Done(), new(2)) == Stored()
    shard.reopen()
    assert [leased.message.id for leased in shard.lease()] == [message(2).id]


def test_a_file_size_limit_is_no_room(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.spool.embedded.test_space import limited;"
        "limited(Path(sys.argv[1]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "shard")],
        check=False,
        timeout=60,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr


def limited(directory: Path) -> None:
    """Commit more than fits into a file; run in a process whose files may not grow beyond 9 MiB."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (9 << 20, 9 << 20))
    shard = Shard(directory, own_file_from=12 << 20)
    for number, size in ((1, 10 << 20), (2, 13 << 20)):  # in a segment, in a file of its own
        (result,) = shard.commit(new(number, bytes(size)))
        assert isinstance(result, NoRoom), result
    assert shard.files(".content") == shard.files(".segment") == []
    assert shard.commit(new(3)) == [Stored()]
    assert shard.settle(message(3).id, Done()) == Stored()
    shard.close()


if __name__ == "__main__":
    on_a_small_disk(Path(sys.argv[1]))
