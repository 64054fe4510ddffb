from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.spool.embedded.large import IncomingFile
from gatepost.spool.interface import Done, Incoming, Leased, NewMessage, Stored
from tests.spool.embedded.shard import Shard, message

PIECE = bytes(range(256)) * 1024


def arrive(shard: Shard, number: int, pieces: int) -> Incoming:
    incoming = shard.spool.incoming(message(number).id)
    for _ in range(pieces):
        incoming.write(PIECE)
    return incoming


def test_a_large_content_is_read_back_whole_with_its_trace_fields_first(shard: Shard) -> None:
    incoming = arrive(shard, 1, 20)
    assert incoming.size == 20 * len(PIECE)
    assert Path(incoming.file).read_bytes() == PIECE * 20
    one = NewMessage(message=message(1, incoming.size), head=b"Received: x\r\n", incoming=incoming)
    assert shard.commit(one) == [Stored()]
    shard.turn_until(lambda: shard.ready)
    assert shard.ready == [Leased(message=one.message, content=None)]
    assert shard.content(one.message) == b"Received: x\r\n" + PIECE * 20
    incoming.discard()
    shard.reopen()
    (again,) = shard.lease()
    assert shard.content(again.message) == b"Received: x\r\n" + PIECE * 20


def test_the_file_of_a_large_content_goes_with_its_message(shard: Shard) -> None:
    incoming = arrive(shard, 1, 2)
    shard.commit(NewMessage(message=message(1), head=b"", incoming=incoming))
    assert len(shard.files(".content")) == 1
    shard.settle(message(1).id, Done())
    shard.close()
    assert shard.files(".content") == []


def test_a_large_content_in_memory_gets_a_file_of_its_own_too(shard: Shard) -> None:
    one = NewMessage(message=message(1), head=b"head ", data=PIECE * 5)
    assert shard.commit(one) == [Stored()]
    assert len(shard.files(".content")) == 1
    assert shard.ready == [Leased(message=one.message, content=b"head " + PIECE * 5)]
    assert shard.content(one.message) == b"head " + PIECE * 5


def test_a_discarded_content_leaves_nothing(shard: Shard) -> None:
    incoming = arrive(shard, 1, 2)
    incoming.discard()
    incoming.discard()
    assert shard.files(".content") == []


def test_a_content_that_was_never_committed_is_removed_at_the_next_start(shard: Shard) -> None:
    arrive(shard, 1, 2)
    shard.reopen()
    assert shard.files(".content") == []
    assert shard.spool.recovered.garbage == 1


@pytest.mark.parametrize("name", ["../x", "", "a/b", "0000000000abc-1\n", "lock"])
def test_no_file_is_made_for_what_is_no_message_id(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="is not a message id"):
        IncomingFile(tmp_path, name)
    assert list(tmp_path.iterdir()) == []
