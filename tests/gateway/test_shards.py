"""A worker looks after its own shard, and after those of workers that are no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.gateway.shards import shards_of


def test_a_new_worker_has_just_its_own_shard(tmp_path: Path) -> None:
    assert shards_of(tmp_path, 1, 2) == [tmp_path / "1"]


@pytest.mark.parametrize("workers", [1, 2, 3, 5])
def test_every_shard_left_by_more_workers_has_just_one_keeper(tmp_path: Path, workers: int) -> None:
    for number in range(7):
        (tmp_path / str(number)).mkdir()
    (tmp_path / "lost+found").mkdir()
    kept = [shard for worker in range(workers) for shard in shards_of(tmp_path, worker, workers)]
    assert sorted(kept) == [tmp_path / str(number) for number in range(7)]
    assert [shards_of(tmp_path, worker, workers)[0].name for worker in range(workers)] == list(
        map(str, range(workers))
    )
