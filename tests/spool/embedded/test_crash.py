"""Kill the process that stores at any moment and count: what was acknowledged is there whole, or has ended."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.spool.embedded.committing import content_of, number_of
from tests.spool.embedded.shard import Shard

KILLS = 15


def killed_after(lines: int, directory: Path, first: int) -> dict[str, set[int]]:
    """Run the committing process, kill it after so many lines, and sort what it said by its first sign."""
    command = [sys.executable, "-m", "tests.spool.embedded.committing", str(directory), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        said = [child.stdout.readline() for _ in range(lines)]
        child.kill()
        said += child.stdout.read().splitlines(keepends=True)
        errors = child.stderr.read()
    assert errors == b""
    numbers: dict[str, set[int]] = {"+": set(), "?": set(), "-": set()}
    for line in said:
        if line.endswith(b"\n"):
            numbers[chr(line[0])].add(int(line[1:]))
    return numbers


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_the_process_is_killed_at_random(tmp_path: Path) -> None:
    chance = random.Random(os.environ.get("PYTHONHASHSEED", "gatepost"))
    directory = tmp_path / "shard"
    to_be_there: set[int] = set()
    for life in range(KILLS):
        said = killed_after(chance.randrange(1, 600), directory, life * 10_000)
        to_be_there |= said["+"]
        shard = Shard(directory)
        found = shard.spool.recovered
        assert found.corrupt == ()
        shard.clock.now = 4e9
        there = {}
        while leased := shard.lease(500):
            for one in leased:
                number = number_of(one.message.id)
                assert shard.content(one.message) == content_of(number), number
                there[number] = one.message
        # What was to end may be there still, unless its end was durable; all else must be there.
        assert to_be_there - said["?"] <= set(there)
        assert not said["-"] & set(there)
        to_be_there &= set(there)
        shard.close()
