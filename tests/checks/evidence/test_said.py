"""What evidence says when its kind says nothing of its own."""

from __future__ import annotations

from typing import get_args

from gatepost.checks.evidence import Evidence, NoteEvidence, OutageEvidence
from gatepost.checks.evidence.said import Said


def test_evidence_names_itself_and_tells_nothing_by_itself() -> None:
    assert (Said().words(), Said().facts(), Said().vouches_for()) == ("Said", {}, "")


def test_an_outage_and_a_remark_say_themselves_and_nothing_of_them_is_public() -> None:
    assert OutageEvidence("clamd", "refused").words() == "clamd could not be asked: refused"
    assert NoteEvidence("as it is").words() == "as it is"
    assert OutageEvidence("clamd", "/secret").facts() == {}


def test_every_evidence_has_words_of_its_own() -> None:
    for kind in get_args(Evidence):
        assert "words" in vars(kind), kind
