from __future__ import annotations

import pytest

from gatepost.journal.fate import Fate, fate, session_fate
from gatepost.journal.records import AnyRecord, Attempt, Bounced, Closed, Deleted, Opened, Reception
from gatepost.policy.disposition import Action, Disposition
from gatepost.reply.reply import Reply
from tests.journal.tales import GREETING, ID, NOTICE, SENT, START, TALES, attempt, opened, said


def moment(time: float) -> str:
    return f"+{time - START:.0f}"


@pytest.mark.parametrize(
    ("name", "state", "words"),
    [
        ("delivered", "delivered", "delivered in 0.2 s"),
        ("virus", "refused", "refused after its content: 554 virus-found"),
        ("deferred-then-delivered", "delivered", "delivered in 10 min, at the 3rd attempt"),
        ("bounced", "failed", f"failed for good, reported in {NOTICE}"),
        ("waiting-for-a-dead-next-hop", "waiting", "waiting after 1 attempt, next try +86400"),
        (
            "relay-denied-and-scanner-outage",
            "put off",
            "put off after its content: 451 virus-check-unavailable",
        ),
        ("held", "held", "held until a person acts"),
        ("held-released-delivered", "delivered", "delivered in 2.0 h, released by Ann Admin"),
        ("held-and-deleted", "deleted", "held, and deleted when nobody had decided in time"),
    ],
)
def test_a_message_comes_to_what_its_records_say(name: str, state: str, words: str) -> None:
    assert fate(ID, TALES[name], moment) == Fate(state, words)  # type: ignore[arg-type]


def test_recipients_that_fared_differently_are_counted() -> None:
    records: list[AnyRecord] = []
    for record in TALES["delivered"]:
        if isinstance(record, Reception):
            fields = {name: getattr(record, name) for name in record.__struct_fields__}
            records.append(Reception(**fields | {"recipients": ("bob@example.org", "eve@example.org")}))
        else:
            records.append(record)
    assert fate(ID, records, moment).words == "accepted, on its way (1 queued, 1 delivered)"
    records.append(
        Bounced(time=START + 1, session="", message=ID, recipients=("eve@example.org",), notice="", reason="")
    )
    what = fate(ID, records, moment)
    assert what.state == "failed"
    assert what.words == "failed for good, no report due (1 failed, 1 delivered)"


def test_one_try_that_gave_several_records_is_one_attempt() -> None:
    records = [r for r in TALES["delivered"] if not isinstance(r, Attempt)]
    records += [attempt(0.5, "delivered", SENT), attempt(0.5, "delivered", SENT)]
    assert fate(ID, records, moment).words == "delivered in 0.2 s"


def test_a_discarded_message_says_by_which_rule() -> None:
    [reception] = [record for record in TALES["delivered"] if isinstance(record, Reception)]
    fields = {name: getattr(reception, name) for name in reception.__struct_fields__}
    gone = Reception(**fields | {"disposition": Disposition(action=Action.DISCARD, rule="junk")})
    assert fate(ID, [gone], moment) == Fate("discarded", "accepted and discarded by rule junk")


def test_a_transaction_that_ends_before_its_content_says_where_it_was_refused() -> None:
    refused = said(
        0.1, "rcpt", "RCPT TO:<a@b.example>", Reply(550, "5.7.1", "no", "relay-denied"), message=ID
    )
    assert fate(ID, [refused], moment) == Fate("refused", "refused at RCPT: 550 relay-denied")
    assert fate(ID, [], moment) == Fate("none", "begun, but no content was received")


def test_a_session_without_a_message_says_why() -> None:
    late = said(9, "any", "", Reply(421, "4.4.2", "late", "command-timeout"))
    bad = said(1, "helo", "HELO", Reply(501, "5.5.4", "bad", "bad-helo"))
    lost = Closed(time=START + 10, session="", how="lost")
    assert session_fate(TALES["refused-before-mail"]) == Fate(
        "put off", "put off on connecting: 421 connections-client"
    )
    assert session_fate([opened(), bad, late]) == Fate(
        "put off", "put off in the session: 421 command-timeout"
    )
    assert session_fate([opened(), bad, lost]) == Fate("refused", "refused at HELO: 501 bad-helo")
    assert session_fate([opened(), lost]) == Fate("none", "the client went away without sending a message")
    assert session_fate([opened()]) == Fate("none", "no message was sent")
    assert isinstance(opened(GREETING), Opened)


def test_a_held_message_is_on_its_way_once_it_is_released_and_gone_once_it_is_deleted() -> None:
    released = TALES["held-released-delivered"][:-1]
    assert fate(ID, released, moment) == Fate("queued", "released by Ann Admin, on its way")
    deleted = Deleted(time=START + 9, session="", message=ID, recipients=("bob@example.org",), by="Ann")
    assert fate(ID, [*released[:-1], deleted], moment) == Fate("deleted", "held, and deleted by Ann")
