"""Connections are counted over all workers, and a worker that was killed leaves nothing behind."""

from __future__ import annotations

import mmap
import os

from gatepost.reception.counts import ConnectionCounts


def test_connections_are_counted_over_all_workers_and_per_client() -> None:
    memory = mmap.mmap(-1, ConnectionCounts.size(2))
    first, second = ConnectionCounts(memory, 0, 2), ConnectionCounts(memory, 1, 2)
    assert first.enter("192.0.2.1") == (1, 1)
    assert second.enter("192.0.2.1") == (2, 2)
    assert second.enter("192.0.2.2") == (3, 1)
    first.leave("192.0.2.1")
    assert second.enter("192.0.2.1") == (3, 2)


def test_a_worker_that_starts_again_begins_at_nothing() -> None:
    memory = mmap.mmap(-1, ConnectionCounts.size(2))
    first, second = ConnectionCounts(memory, 0, 2), ConnectionCounts(memory, 1, 2)
    first.enter("192.0.2.1")
    second.enter("192.0.2.1")
    first = ConnectionCounts(memory, 0, 2)
    assert first.enter("192.0.2.1") == (2, 2)


def test_the_counts_cross_a_fork() -> None:
    memory = mmap.mmap(-1, ConnectionCounts.size(2))
    parent = ConnectionCounts(memory, 0, 2)
    pid = os.fork()
    if not pid:
        ConnectionCounts(memory, 1, 2).enter("192.0.2.1")
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert parent.enter("192.0.2.1") == (2, 2)
