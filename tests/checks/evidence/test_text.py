"""Evidence about text and header says itself; only what its sender knows is public."""

from __future__ import annotations

from gatepost.checks.evidence.text import DataEvidence, HeaderEvidence, TextEvidence


def test_what_a_rule_matched_is_private() -> None:
    evidence = TextEvidence("prize", "the subject", ("a [prize]",), 1, -1.5)
    assert evidence.words() == "rule 'prize' (-1.5) in the subject: 'a [prize]'"
    assert evidence.facts() == {}


def test_of_numbers_only_the_kind_is_public() -> None:
    evidence = DataEvidence("cards", "payment card numbers", "b.docx", ("•••1111",), 1, 2.0, "by contract")
    assert (
        evidence.words() == "rule 'cards' (+2): 1 payment card numbers, first in b.docx: •••1111; by contract"
    )
    assert evidence.facts() == {"data": "payment card numbers"}


def test_the_value_of_a_field_is_not_repeated_to_its_sender() -> None:
    evidence = HeaderEvidence("date", "is no date", "yesterday")
    assert evidence.words() == "date is no date: 'yesterday'"
    assert evidence.facts() == {"why": "date is no date"}
    assert HeaderEvidence("", "has a long line").words() == "the header has a long line"
