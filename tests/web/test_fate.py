from __future__ import annotations

from collections.abc import Iterable

import pytest

from gatepost.journal.records import AnyRecord, Deleted, Released
from gatepost.web.fate import MAX_RECIPIENTS, Fate, MessageFate, told
from gatepost.web.story import fates
from tests.web import sample

NOW = 1_793_000_000.0


def only(records: Iterable[AnyRecord]) -> MessageFate:
    (fate,) = fates(records)
    return fate


@pytest.mark.parametrize(
    ("records", "fate"),
    [
        (sample.taken(NOW), Fate.ACCEPTED),
        (sample.delivered(NOW), Fate.DELIVERED),
        (sample.virus(NOW), Fate.REFUSED),
        (sample.put_off(NOW), Fate.PUT_OFF),
        (sample.greylisted(NOW, then_delivered=False), Fate.WAITING),
        (sample.greylisted(NOW, then_delivered=True), Fate.DELIVERED),
        (sample.held(NOW), Fate.HELD),
        (sample.taken(NOW, quarantined="a macro"), Fate.HELD),
    ],
)
def test_what_became_of_a_message_follows_from_its_records(records: list[AnyRecord], fate: Fate) -> None:
    assert only(records).fate is fate


def test_the_gravest_fate_of_several_recipients_is_told_first_with_all_counts() -> None:
    message, report = fates(sample.bounced(NOW))
    assert message.fate is Fate.FAILED
    assert message.counts == [(Fate.FAILED, 1), (Fate.DELIVERED, 1)]
    assert message.notice == report.id
    assert message.decided_by is not None
    assert message.decided_by.reply == sample.UNKNOWN_USER
    assert message.decided_by.context.direction == "received"


def test_a_reply_made_up_for_want_of_a_peer_is_known_as_local() -> None:
    decided = only(sample.unreachable(NOW)).decided_by
    assert decided is not None
    assert decided.context.direction == "local"


def test_an_attempt_without_its_reception_still_tells_a_fate() -> None:
    late = MessageFate("35as5fr8g0900-1", NOW)
    late.apply(sample.delivered(NOW)[-1])
    assert late.fate is Fate.DELIVERED
    assert late.reception is None


def test_recipients_beyond_the_bound_are_not_kept() -> None:
    many = [f"u{number}@example.org" for number in range(MAX_RECIPIENTS + 50)]
    message = only(sample.taken(NOW, recipients=many))
    assert len(message.recipients) == MAX_RECIPIENTS


def test_what_we_said_is_explained_as_sent() -> None:
    record = sample.refused_on_connect(NOW)[0]
    assert told(record).context.direction == "sent"  # type: ignore[arg-type]
    assert told(record).context.stage == "connect"  # type: ignore[arg-type]


def test_a_held_message_goes_on_when_it_is_released_and_ends_when_it_is_deleted() -> None:
    records = sample.held(NOW)
    session, message = records[0].session, f"{records[0].session}-1"
    to = ("office@example.net",)
    released = Released(time=NOW + 60, session=session, message=message, recipients=to, by="Ann")
    deleted = Deleted(time=NOW + 60, session=session, message=message, recipients=to, by="Ann")
    on = only([*records, released])
    assert (on.fate, on.released_by) == (Fate.ACCEPTED, "Ann")
    gone = only([*records, deleted])
    assert (gone.fate, gone.reason) == (Fate.DELETED, "Deleted by Ann while it was held.")
