from __future__ import annotations

from gatepost.reply import catalogue
from gatepost.reply.explanation import Context
from gatepost.reply.reply import Reply
from gatepost.web.explained import MAX_LINES, explained, explained_told, retry, whose_move
from gatepost.web.fate import told
from tests.web import sample

NOW = 1_793_000_000.0


def test_a_reply_of_ours_brings_its_catalogue_entry_and_its_wire_form() -> None:
    ours = explained(
        catalogue.VIRUS_FOUND.reply("35as5fr8g0900-1", signature="Eicar"), Context(direction="sent")
    )
    assert ours.entry is catalogue.VIRUS_FOUND
    assert ours.status == "554 5.7.1"
    assert ours.lines == ["Message refused: it contains Eicar (virus-found 35as5fr8g0900-1)"]
    assert ours.tone == "bad"
    assert ours.explanation.meaning


def test_a_reply_of_a_peer_has_no_entry_but_a_cause() -> None:
    theirs = explained(sample.GREYLISTED, Context(direction="received", stage="rcpt"))
    assert theirs.entry is None
    assert theirs.explanation.cause == "greylist"
    assert theirs.tone == "wait"
    assert whose_move(theirs.explanation)
    assert retry(theirs.explanation).startswith("Trying again")


def test_a_reply_that_refuses_nothing_says_nothing_about_trying_again() -> None:
    assert retry(explained(Reply(250, "2.0.0", "Ok"), Context()).explanation) == ""


def test_a_reply_of_very_many_lines_is_cut() -> None:
    lines = explained(Reply(250, "", "\n".join(["x"] * 200)), Context()).lines
    assert len(lines) == MAX_LINES + 1
    assert lines[-1] == "…"


def test_nothing_told_is_nothing_explained() -> None:
    assert explained_told(None) is None
    answer = explained_told(told(sample.refused_on_connect(NOW)[0]))  # type: ignore[arg-type]
    assert answer is not None
    assert answer.explanation.direction == "sent"
