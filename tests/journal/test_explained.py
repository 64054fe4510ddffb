from __future__ import annotations

import pytest

from gatepost.journal.explained import context_of, explain_reply
from gatepost.journal.records import Attempt, Opened, Reception, Said
from gatepost.reply.explanation import Context
from tests.journal.tales import SESSION, TALES, UNKNOWN


def test_the_situation_of_a_reply_follows_from_its_record() -> None:
    contexts = {
        type(record): context_of(record, "192.0.2.7:40112")
        for record in TALES["bounced"]
        if isinstance(record, (Opened, Said, Reception, Attempt)) and record.session == SESSION
    }
    client = "192.0.2.7:40112"
    assert contexts == {
        Opened: Context(direction="sent", stage="connect", peer=client),
        Said: Context(direction="sent", stage="quit", peer=client),
        Reception: Context(direction="sent", stage="content", peer=client),
        Attempt: Context(direction="received", stage="rcpt", peer="10.0.0.5:25"),
    }


def test_a_stage_that_says_nothing_is_unknown() -> None:
    [late] = [r for r in TALES["several-messages-and-a-time-out"] if isinstance(r, Said) and not r.command]
    assert context_of(late).stage == "unknown"


def test_what_no_peer_said_is_local() -> None:
    [local] = [record for record in TALES["waiting-for-a-dead-next-hop"] if isinstance(record, Attempt)]
    assert context_of(local).direction == "local"


def test_the_knowledge_is_asked_about_a_reply() -> None:
    pytest.importorskip("gatepost.reply.explain", exc_type=ImportError)
    context = Context(direction="received", stage="rcpt", peer="10.0.0.5:25")
    assert explain_reply(UNKNOWN, context).cause == "user_unknown"
