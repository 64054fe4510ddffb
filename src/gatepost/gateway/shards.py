"""Which spool shards a worker looks after: its own, and those left by workers that are no more."""

from __future__ import annotations

from pathlib import Path


def shards_of(spool_dir: Path, worker: int, workers: int) -> list[Path]:
    """Give the shards of one worker, its own first: new mail goes there, from the others mail is only delivered."""
    left = (
        int(path.name)
        for path in spool_dir.glob("*")
        if path.name.isdigit() and int(path.name) >= workers and int(path.name) % workers == worker
    )
    return [spool_dir / str(worker), *(spool_dir / str(number) for number in sorted(left))]
