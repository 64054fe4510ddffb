from __future__ import annotations

import errno
from collections.abc import Callable

import apsw
import pytest

from gatepost.spool.embedded import compaction
from gatepost.spool.embedded.writer import disk_failed, verdict
from gatepost.spool.interface import Again, Done, Failed, Hold, Leased, NoRoom, Stored
from tests.spool.embedded.shard import Shard, message, new


@pytest.fixture
def compacting(make_shard: Callable[..., Shard], monkeypatch: pytest.MonkeyPatch) -> Shard:
    """A shard that looks at every turn for segments to empty, however young."""
    monkeypatch.setattr(compaction, "EVERY", 0.0)
    return make_shard(compact_below=0.5, compact_after=0)


def content_of(number: int) -> bytes:
    return b"%08d" % number * 700


def test_a_segment_goes_with_the_last_message_that_is_in_it(shard: Shard) -> None:
    for number in range(30):  # eleven go into one segment of 64 KiB
        shard.commit(new(number, content_of(number)))
    full = shard.files(".segment")[:3]  # a fourth may have been made ahead
    assert len(full) == 3
    for number in range(11):
        assert full[0] in shard.files(".segment")
        shard.settle(message(number).id, Done())
    shard.close()
    assert shard.files(".segment") == full[1:]


def test_a_nearly_empty_segment_is_emptied_by_copying_what_waits_or_is_held(compacting: Shard) -> None:
    shard = compacting
    for number in range(30):
        shard.commit(new(number, content_of(number)))
    full = shard.files(".segment")
    shard.settle(message(3).id, Again(shard.clock.now + 60, message(3).recipients))
    shard.settle(message(14).id, Hold("odd", message(14).recipients))
    for number in set(range(22)) - {3, 14}:
        shard.settle(message(number).id, Done())
    number = 100
    while not set(full[:2]).isdisjoint(shard.files(".segment")):
        shard.clock.now += 1
        shard.commit(new(number))  # a turn of the writer: it copies after the batch
        number += 1
        assert number < 1000
    shard.clock.now += 60
    assert shard.lease() == [Leased(message=message(3, 5600, attempts=1))]
    assert shard.content(message(3)) == b"Received: by x\r\n" + content_of(3)
    shard.reopen()
    assert shard.spool.recovered.corrupt == ()
    assert shard.spool.recovered.held == 1
    for leased in shard.lease():
        kept = leased.message
        if kept.id in {message(n).id for n in range(30)}:
            at = int(kept.id.rpartition("-")[2])
            assert shard.content(kept) == b"Received: by x\r\n" + content_of(at)


def test_a_leased_message_keeps_its_place_until_the_lease_ends(compacting: Shard) -> None:
    shard = compacting
    for number in range(12):
        shard.commit(new(number, content_of(number)))
    first = shard.files(".segment")[0]
    for number in range(1, 11):
        shard.settle(message(number).id, Done())
    for number in range(100, 110):
        shard.clock.now += 1
        shard.commit(new(number))
    assert first in shard.files(".segment")
    assert shard.content(message(0)) == b"Received: by x\r\n" + content_of(0)


def test_outcomes_and_commits_queued_together_are_all_carried_out(shard: Shard) -> None:
    shard.commit(*(new(number) for number in range(600)))
    told: list[object] = []
    for number in range(600):
        shard.spool.settle(message(number).id, Done(), (), told.append)
        shard.spool.commit(new(1000 + number), told.append)
    shard.turn_until(lambda: len(told) == 1200)
    assert told == [Stored()] * 1200
    shard.reopen()
    leased = shard.lease(2000)
    assert {one.message.id for one in leased} == {message(1000 + number).id for number in range(600)}


def test_outcomes_alone_are_carried_out_too(shard: Shard) -> None:
    shard.commit(*(new(number) for number in range(3)))
    told: list[object] = []
    for number in range(3):
        shard.spool.settle(message(number).id, Done(), (), told.append)
    shard.turn_until(lambda: len(told) == 3)


def test_an_outcome_whose_report_has_a_taken_id_fails_alone(shard: Shard) -> None:
    shard.commit(new(1), new(2), new(3))
    told: list[object] = []
    shard.spool.settle(message(1).id, Done(), [new(2)], told.append)
    shard.spool.settle(message(3).id, Done(), (), told.append)
    shard.turn_until(lambda: len(told) == 2)
    assert sorted(type(one).__name__ for one in told) == ["Failed", "Stored"]
    shard.reopen()  # what could not be settled is due again
    assert {leased.message.id for leased in shard.lease()} == {message(1).id, message(2).id}


@pytest.mark.parametrize(
    ("error", "kind", "disk"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), NoRoom, True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), NoRoom, True),
        (OSError(errno.EFBIG, "File too large"), NoRoom, True),
        (OSError(errno.EIO, "Input/output error"), Failed, True),
        (apsw.FullError("database or disk is full"), NoRoom, True),
        (apsw.IOError("disk I/O error"), Failed, True),
        (apsw.ConstraintError("UNIQUE constraint failed: message.id"), Failed, False),
        (TypeError("expected str"), Failed, False),
    ],
)
def test_a_failure_is_no_room_only_where_space_lacks(error: Exception, kind: type, disk: bool) -> None:
    assert type(verdict(error)) is kind
    assert disk_failed(error) is disk
