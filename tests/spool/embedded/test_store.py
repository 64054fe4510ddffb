from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gatepost.spool.embedded import SpoolUnusable
from gatepost.spool.interface import Again, Done, Hold, Leased, NewMessage, Recipient, Spool, Stored
from tests.spool.embedded.shard import Shard, message, new


def test_the_embedded_spool_is_a_spool(shard: Shard) -> None:
    spool: Spool = shard.spool
    assert spool.room()


def test_a_stored_message_is_told_first_and_then_handed_over_with_its_content(shard: Shard) -> None:
    order: list[object] = []
    shard.spool.on_ready(order.append, lambda: None)
    one = new(1)
    shard.spool.commit(one, order.append)
    shard.turn_until(lambda: len(order) == 2)
    assert order == [Stored(), Leased(message=one.message, content=one.head + one.data)]


def test_all_of_a_batch_are_told_before_the_first_is_handed_over(shard: Shard) -> None:
    order: list[object] = []
    shard.spool.on_ready(order.append, lambda: None)
    for number in range(50):
        shard.spool.commit(new(number), order.append)
    shard.turn_until(lambda: len(order) == 100)
    assert sorted(x.message.id for x in order if isinstance(x, Leased)) == sorted(
        message(number).id for number in range(50)
    )
    assert isinstance(order[0], Stored)


def test_a_leased_content_is_read_back_from_disk_octet_by_octet(shard: Shard) -> None:
    data = bytes(range(256)) * 300
    shard.commit(new(1, b"first"), new(2, data))
    assert shard.content(message(2)) == b"Received: by x\r\n" + data
    pieces = list(shard.spool.chunks(message(2), 1000))
    assert max(map(len, pieces)) == 1000


def test_a_message_that_is_done_is_gone_after_a_restart(shard: Shard) -> None:
    shard.commit(new(1), new(2))
    assert shard.settle(message(1).id, Done()) == Stored()
    shard.reopen()
    assert [m.message.id for m in shard.lease()] == [message(2).id]


def test_a_message_to_try_again_comes_back_when_it_is_due_with_the_rest_of_its_recipients(
    shard: Shard,
) -> None:
    shard.commit(new(1))
    rest = (Recipient("eve@example.net", "451 4.7.1 later"),)
    due = shard.clock.now + 300
    shard.settle(message(1).id, Again(due, rest))
    assert shard.spool.next_due() == due
    assert shard.due == 1
    assert shard.lease() == []
    shard.clock.now = due
    (again,) = shard.lease()
    assert again == Leased(message=message(1, 21, recipients=rest, attempts=1), content=None)
    assert shard.spool.next_due() is None
    assert shard.content(again.message) == b"Received: by x\r\nSubject: x\r\n\r\nhello\r\n"


def test_the_longest_due_is_leased_first_and_no_more_than_asked_for(shard: Shard) -> None:
    shard.commit(*(new(number) for number in range(5)))
    for number, delay in enumerate((50, 10, 40, 20, 30)):
        shard.settle(message(number).id, Again(shard.clock.now + delay, ()))
    shard.clock.now += 45
    assert [m.message.id for m in shard.lease(2)] == [message(1).id, message(3).id]
    assert shard.spool.next_due() == shard.clock.now - 15
    assert [m.message.id for m in shard.lease()] == [message(4).id, message(2).id]


def test_due_is_said_only_when_the_next_time_became_earlier(shard: Shard) -> None:
    shard.commit(new(1), new(2), new(3))
    shard.settle(message(1).id, Again(shard.clock.now + 100, ()))
    shard.settle(message(2).id, Again(shard.clock.now + 200, ()))
    assert shard.due == 1
    shard.settle(message(3).id, Again(shard.clock.now + 50, ()))
    assert shard.due == 2


def test_a_held_message_is_never_leased(shard: Shard) -> None:
    shard.commit(new(1))
    shard.settle(message(1).id, Hold("no next hop", message(1).recipients))
    shard.clock.now += 1e9
    assert shard.lease() == []
    shard.reopen()
    assert shard.lease() == []
    assert shard.spool.recovered.held == 1


def test_held_messages_whose_reason_begins_so_are_released_and_due_now(shard: Shard) -> None:
    shard.commit(*(new(number) for number in range(1, 5)))
    for number, reason in (
        (1, "no next hop is named for a"),
        (2, "no next hop"),
        (3, "No next hop"),
        (4, "odd"),
    ):
        shard.settle(message(number).id, Hold(reason, message(number).recipients))
    assert shard.release("no next hop") == 2
    assert shard.due == 1
    assert shard.spool.next_due() == shard.clock.now
    assert {one.message.id for one in shard.lease()} == {message(1).id, message(2).id}
    assert shard.release("no next hop") == 0
    shard.settle(message(1).id, Done())
    shard.reopen()
    assert (shard.spool.recovered.waiting, shard.spool.recovered.held) == (1, 2)


def test_a_release_is_durable_and_needs_nobody_to_be_told(shard: Shard) -> None:
    shard.commit(new(1))
    shard.settle(message(1).id, Hold("100% odd_", ()))
    shard.spool.release("100%_")
    assert shard.release("100% ") == 1
    shard.reopen()
    assert [one.message.id for one in shard.lease()] == [message(1).id]
    shard.close()
    assert shard.release("") == 0


def test_delivery_reports_are_stored_with_the_outcome_and_become_ready(shard: Shard) -> None:
    shard.commit(new(1))
    report = NewMessage(message=message(2, notice_of=message(1).id), head=b"", data=b"report")
    shard.settle(message(1).id, Done(), report)
    assert shard.ready[-1] == Leased(message=report.message, content=b"report")
    shard.reopen()
    assert [m.message for m in shard.lease()] == [report.message]


def test_only_a_leased_message_can_be_settled_and_only_once(shard: Shard) -> None:
    with pytest.raises(KeyError):
        shard.spool.settle(message(1).id, Done())
    shard.commit(new(1))
    shard.settle(message(1).id, Done())
    with pytest.raises(KeyError):
        shard.spool.settle(message(1).id, Done())
    with pytest.raises(KeyError):
        shard.spool.chunks(message(1))


def test_an_id_that_is_there_already_fails_alone(shard: Shard) -> None:
    shard.commit(new(1))
    told = shard.commit(new(2), new(1, b"other"), new(3))
    assert [type(one).__name__ for one in told].count("Failed") == 1
    assert {m.message.id for m in shard.ready} == {message(n).id for n in (1, 2, 3)}
    assert shard.content(message(1)).endswith(b"hello\r\n")


def test_beyond_the_memory_bound_messages_wait_on_disk_until_leased(make_shard: Callable[..., Shard]) -> None:
    shard = make_shard(memory=25_000)
    shard.commit(*(new(number, b"x" * 10_000) for number in range(5)))
    assert [m.message.id for m in shard.ready] == [message(0).id, message(1).id]
    assert shard.due == 1
    assert shard.spool.next_due() == shard.clock.now
    leased = shard.lease()
    assert {m.message.id for m in leased} == {message(n).id for n in (2, 3, 4)}
    assert [m.content for m in leased] == [None] * 3
    shard.settle(message(0).id, Done())
    shard.commit(new(6, b"y" * 10_000))
    assert shard.ready[-1].content is not None


def test_there_is_no_room_when_the_disk_has_less_than_the_minimum_free(
    make_shard: Callable[..., Shard],
) -> None:
    assert not make_shard(min_free=1 << 60).spool.room()


def test_there_is_no_room_when_the_minimum_of_files_cannot_be_created(
    make_shard: Callable[..., Shard],
) -> None:
    assert not make_shard(min_free_inodes=1 << 60).spool.room()


def test_a_broken_callback_keeps_nobody_else_from_being_told(shard: Shard) -> None:
    told: list[object] = []

    def broken(_: object) -> None:
        raise RuntimeError("the session is gone")

    shard.commit(new(0))  # the writer is awake and has made its first file
    shard.spool.commit(new(1), broken)
    shard.spool.commit(new(2), told.append)
    with pytest.raises(RuntimeError):
        shard.turn_until(lambda: told and len(shard.ready) == 3)
    shard.turn_until(lambda: told and len(shard.ready) == 3)
    assert told == [Stored()]


def test_close_gives_the_leases_back_and_writes_what_waits(shard: Shard) -> None:
    told: list[object] = []
    shard.commit(new(1))
    shard.spool.commit(new(2), told.append)
    shard.close()
    assert told == [Stored()]
    shard.open()
    assert shard.spool.recovered.leased == 0
    assert shard.due == 0
    shard.turn_until(lambda: shard.due)
    assert len(shard.lease()) == 2


def test_a_closed_spool_takes_nothing(shard: Shard) -> None:
    shard.commit(new(1))
    shard.close()
    assert not shard.spool.room()
    assert [type(one).__name__ for one in shard.commit(new(2))] == ["Failed"]
    assert type(shard.settle(message(1).id, Done())).__name__ == "Failed"
    assert shard.lease() == []


def test_a_second_opening_of_a_shard_is_refused_with_the_process_that_has_it(
    shard: Shard, tmp_path: Path
) -> None:
    with pytest.raises(SpoolUnusable, match=r"in use by process [0-9]+; each shard belongs to one process"):
        Shard(tmp_path / "shard")


def test_a_report_with_a_file_of_its_own_is_refused(shard: Shard) -> None:
    shard.commit(new(1))
    incoming = shard.spool.incoming(message(2).id)
    report = NewMessage(message=message(2), head=b"", incoming=incoming)
    with pytest.raises(ValueError, match="comes in `data`"):
        shard.spool.settle(message(1).id, Done(), [report])
    incoming.discard()


FOR_EVE = (Recipient("bob@example.net"), Recipient("eve@example.net", held="virus-found: a virus"))


def decided(shard: Shard, number: int, expires: float | None = None) -> bool:
    told: list[bool] = []
    if expires is None:
        shard.spool.delete_held(message(number).id, told.append)
    else:
        shard.spool.release_held(message(number).id, expires, told.append)
    shard.turn_until(lambda: told)
    return told[0]


def test_a_held_message_that_is_released_goes_to_those_it_was_held_for_and_lives_anew(shard: Shard) -> None:
    shard.commit(new(1, recipients=FOR_EVE))
    shard.settle(message(1).id, Hold("virus-found: a virus", FOR_EVE[1:]))
    assert shard.lease() == []
    assert decided(shard, 1, expires=2_000_000_000.0)
    shard.reopen()  # it is durable when that is told
    (leased,) = shard.lease()
    assert leased.message.recipients == (Recipient("eve@example.net"),)
    assert leased.message.expires == 2_000_000_000.0
    assert shard.content(leased.message).endswith(b"hello\r\n")


def test_a_message_that_is_held_for_one_while_another_is_tried_can_be_released_between_two_tries(
    shard: Shard,
) -> None:
    shard.commit(new(1, recipients=FOR_EVE))
    assert not decided(shard, 1, expires=2e9), "it is on its way"
    shard.settle(message(1).id, Again(shard.clock.now + 300, FOR_EVE))
    assert decided(shard, 1, expires=2e9)
    (leased,) = shard.lease()
    assert leased.message.held_for() == ()
    assert len(leased.message.recipients) == 2


def test_a_held_message_that_is_deleted_is_gone_with_its_content_before_and_after_a_checkpoint(
    shard: Shard,
) -> None:
    large = b"x" * 100_000
    for number, data in ((1, b"small"), (2, large), (3, b"small")):
        new_one = new(number, data, recipients=FOR_EVE[1:])
        if data is large:
            incoming = shard.spool.incoming(new_one.message.id)
            incoming.write(data)
            new_one = NewMessage(message=new_one.message, head=new_one.head, incoming=incoming)
        shard.commit(new_one)
        shard.settle(message(number).id, Hold("virus-found: a virus", FOR_EVE[1:]))
    assert decided(shard, 1)
    assert decided(shard, 2)
    shard.checkpoint()
    assert shard.files(".content") == []
    assert decided(shard, 3)
    shard.reopen()  # the log still has all three
    assert shard.spool.recovered.held == 0
    assert shard.lease() == []


def test_deleting_takes_off_only_those_that_it_is_held_for(shard: Shard) -> None:
    shard.commit(new(1, recipients=FOR_EVE))
    shard.settle(message(1).id, Again(shard.clock.now + 300, FOR_EVE))
    assert decided(shard, 1)
    (leased,) = shard.lease()
    assert leased.message.recipients == FOR_EVE[:1]


def test_what_is_not_held_is_left_alone_whatever_is_decided(shard: Shard) -> None:
    shard.commit(new(1))
    shard.settle(message(1).id, Hold("no next hop is named", message(1).recipients))
    assert decided(shard, 1)
    assert decided(shard, 1, expires=2e9)
    assert decided(shard, 2), "there is no such message"
    assert shard.lease() == []
    assert shard.release("no next hop") == 1


def test_nothing_is_decided_by_a_spool_that_is_closed(shard: Shard) -> None:
    shard.commit(new(1, recipients=FOR_EVE[1:]))
    shard.settle(message(1).id, Hold("virus-found: a virus", FOR_EVE[1:]))
    shard.close()
    assert not decided(shard, 1)
    shard.open()
    assert shard.spool.recovered.held == 1
