"""Shards on real directories, closed when the test ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.spool.embedded.shard import Shard


@pytest.fixture
def shard(tmp_path: Path) -> Iterator[Shard]:
    it = Shard(tmp_path / "shard")
    yield it
    it.close()


@pytest.fixture
def make_shard(tmp_path: Path) -> Iterator[Callable[..., Shard]]:
    made: list[Shard] = []

    def make(**settings: Any) -> Shard:
        made.append(Shard(tmp_path / "shard", **settings))
        return made[-1]

    yield make
    for it in made:
        it.close()
