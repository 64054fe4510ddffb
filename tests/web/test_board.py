from __future__ import annotations

import msgspec

from gatepost.journal.records import AnyRecord, Attempt, Reception
from gatepost.reply.reply import Reply
from gatepost.web.board import MESSAGES, Board
from gatepost.web.fate import Fate
from tests.web import sample

NOW = 1_793_000_000.0


def board_of(records: list[AnyRecord], limit: int = 60) -> Board:
    board = Board(limit)
    for record in records:
        board.apply(record)
    return board


def test_a_session_is_followed_from_its_greeting_to_its_delivery() -> None:
    board = Board(60)
    seen = []
    for record in sample.delivered(NOW):
        board.apply(record)
        (session,) = board.latest()
        message = next(iter(session.messages.values()), None)
        seen.append((session.helo, bool(session.tls), session.how, message.fate if message else None))
    assert seen[0] == ("", False, "", None)
    assert seen[-1] == ("mail.partner.example", True, "quit", Fate.DELIVERED)


def test_only_the_latest_sessions_are_kept() -> None:
    records = [record for n in range(30) for record in sample.delivered(NOW + n)]
    board = board_of(records, limit=10)
    times = [session.time for session in board.latest()]
    assert times == [NOW + n for n in range(29, 19, -1)]


def test_a_session_keeps_its_latest_messages_and_counts_the_others() -> None:
    (reception,) = [r for r in sample.taken(NOW) if isinstance(r, Reception)]
    session_id = reception.session
    board = Board(60)
    for number in range(1, MESSAGES + 6):
        message = f"{session_id}-{number}"
        board.apply(
            Reception(
                time=NOW, session=session_id, message=message, peer="192.0.2.1:1", reverse_path="", size=1,
                recipients=("a@example.org",), reply=reception.reply, disposition=reception.disposition,
            )
        )  # fmt: skip
    (session,) = board.latest()
    assert len(session.messages) == MESSAGES
    assert session.earlier == 5
    late = Attempt(time=NOW, session=session_id, message=f"{session_id}-1", peer="", recipients=("a@example.org",),
                   outcome="delivered", reply=Reply(250), stage="content")  # fmt: skip
    board.apply(late)
    assert (len(session.messages), session.earlier) == (MESSAGES, 5)


def test_a_viewer_is_given_what_changed_since_the_version_it_saw() -> None:
    first, second = sample.delivered(NOW), sample.virus(NOW + 5)
    board = board_of(first[:-1])
    seen = board.version
    assert board.changed_since(seen) == []
    for record in second:
        board.apply(record)
    assert [s.time for s in board.changed_since(seen)] == [NOW + 5]
    board.apply(first[-1])
    assert [s.time for s in board.changed_since(seen)] == [NOW, NOW + 5]


def test_the_last_hour_is_counted_by_what_happened_and_why() -> None:
    board = board_of([record for story in sample.everything(NOW) for record in story])
    totals = board.hour.totals(NOW)
    assert totals["refused"] == {"command-unknown": 1, "relay-denied": 1, "virus-found": 1}
    assert totals["put off"] == {"connections-client": 1, "virus-check-unavailable": 1}
    assert totals["delayed"] == {"greylist": 1, "network": 1}
    assert totals["failed"] == {"user unknown": 1}
    assert totals["accepted"].total() == 7


def test_what_is_older_than_an_hour_is_not_counted() -> None:
    board = board_of(sample.delivered(NOW))
    assert board.hour.totals(NOW + 60)["delivered"].total() == 1
    assert board.hour.totals(NOW + 3700)["delivered"].total() == 0


def test_counts_stay_bounded_whatever_causes_are_journalled() -> None:
    board = Board(5)
    opened = sample.refused_on_connect(NOW)[0]
    for number in range(5000):
        board.apply(msgspec.structs.replace(opened, reply=Reply(550, "", "", f"made-up-{number}")))
    refused = board.hour.totals(NOW)["refused"]
    assert len(refused) <= 101
    assert refused.total() == 5000
