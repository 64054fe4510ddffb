from __future__ import annotations

from typing import get_args

from gatepost.checks.finding import (
    Evidence,
    Finding,
    NoteEvidence,
    OutageEvidence,
    Result,
    SignatureEvidence,
    SizeEvidence,
    Stage,
)


def test_a_finding_is_called_by_its_name_or_by_check_and_result() -> None:
    assert Finding(check="virus", stage=Stage.CONTENT, result=Result.FOUND).what == "virus-found"
    named = Finding(check="size", stage=Stage.MAIL, result=Result.FOUND, name="size-declared")
    assert named.what == "size-declared"


def test_evidence_says_itself_in_words() -> None:
    assert (
        SizeEvidence(2000, 1000, declared=True).words() == "2,000 octets declared, the limit is 1,000 octets"
    )
    assert SignatureEvidence("X", "clamd", "part 1").words() == "X in part 1, found by clamd"
    assert OutageEvidence("clamd", "refused").words() == "clamd could not be asked: refused"
    assert NoteEvidence("as it is").words() == "as it is"


def test_of_an_outage_nothing_is_public() -> None:
    assert OutageEvidence("clamd", "/secret").facts() == {}
    assert SignatureEvidence("X", "clamd at /secret", "part 1").facts() == {"signature": "X"}


def test_every_evidence_has_words_of_its_own() -> None:
    for kind in get_args(Evidence):
        assert "words" in vars(kind), kind
