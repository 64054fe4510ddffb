from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from gatepost.spool.embedded import SpoolUnusable, open_reader
from gatepost.spool.embedded.rows import PAGE_OF_ROWS
from gatepost.spool.interface import Again, Counts, Done, Held, Hold, Recipient, Waiting
from tests.spool.embedded.shard import Shard, message, new


def test_a_reader_sees_each_message_in_its_state_beside_the_writer(shard: Shard) -> None:
    reader = open_reader(shard.directory)
    shard.commit(new(1), new(2), new(3), new(4))
    rest = (Recipient("bob@example.net", "450 later"),)
    shard.settle(message(1).id, Again(shard.clock.now + 60, rest))
    shard.settle(message(2).id, Hold("looks odd", rest))
    shard.settle(message(3).id, Done())
    assert reader.get(message(4).id) is None  # only the log has it
    then = shard.clock.now
    shard.checkpoint()
    size = len(new(1).data)
    first = Waiting(message=message(1, size, recipients=rest, attempts=1), due=then + 60, leased=False)
    fourth = Waiting(message=message(4, size), due=shard.clock.now, leased=True)
    held = Held(message=message(2, size, recipients=rest), reason="looks odd", since=then)
    assert list(reader.waiting()) == [first, fourth]
    assert list(reader.held()) == [held]
    assert reader.counts() == Counts(waiting=1, leased=1, held=1)
    assert [reader.get(message(n).id) for n in (1, 2, 3, 4)] == [first, held, None, fourth]
    assert b"".join(reader.chunks(message(2).id, 5)) == new(2).head + new(2).data
    reader.close()


def test_a_list_longer_than_one_page_is_whole_and_in_order(shard: Shard) -> None:
    count = 2 * PAGE_OF_ROWS
    shard.commit(*(new(number, b"x") for number in range(count)))
    shard.checkpoint()
    reader = open_reader(shard.directory)
    names = [entry.message.id for entry in reader.waiting()]
    assert names == sorted(message(number).id for number in range(count))
    reader.close()


def test_a_reader_works_while_no_gateway_runs(shard: Shard) -> None:
    shard.commit(new(1))
    shard.close()
    reader = open_reader(shard.directory)
    assert reader.counts() == Counts(waiting=1, leased=0, held=0)
    reader.close()


def test_reading_the_content_of_a_message_that_is_gone_raises_key_error(shard: Shard) -> None:
    reader = open_reader(shard.directory)
    with pytest.raises(KeyError):
        reader.chunks(message(1).id)
    reader.close()


def test_reading_a_content_whose_file_is_gone_raises_an_os_error(shard: Shard) -> None:
    shard.commit(new(1))
    shard.checkpoint()
    for name in shard.files(".segment"):
        (shard.directory / name).unlink()
    reader = open_reader(shard.directory)
    with pytest.raises(FileNotFoundError):
        reader.chunks(message(1).id)
    reader.close()


def test_a_reader_cannot_write(shard: Shard) -> None:
    reader = open_reader(shard.directory)
    with pytest.raises(apsw.ReadOnlyError):
        reader._connection.execute("DELETE FROM message")
    reader.close()


def test_a_directory_without_a_spool_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    with pytest.raises(SpoolUnusable, match="cannot be read"):
        open_reader(tmp_path)
    assert list(tmp_path.iterdir()) == []
