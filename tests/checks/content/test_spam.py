"""The spam check: what it says without a model, with too little of one, and with one."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.checks.content.classifier.site import FOLDER, Site, lesson
from gatepost.checks.content.spam import SpamCheck, marks
from gatepost.checks.evidence import (
    DkimEvidence,
    DmarcEvidence,
    NoteEvidence,
    OutageEvidence,
    SpamEvidence,
    SpfEvidence,
)
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.settings import SpamSettings
from tests.checks.content.classifier.letters import letter

FACTS = Facts(session="s", client="192.0.2.7", role="inbound", relay=False)
SETTINGS = SpamSettings(least=20, score=6.0)


def look(check: SpamCheck, octets: bytes) -> Finding:
    [finding] = check.look(Stage.CONTENT, FACTS, Content(len(octets), octets))
    return finding


def teach(data_dir: Path, number: int, kinds: tuple[bool, ...] = (True, False), start: int = 0) -> Site:
    site = Site(data_dir / FOLDER, lambda: 1.0)
    for spam in kinds:
        site.teach([lesson(letter(spam, start + each)) for each in range(number)], spam=spam)
    return site


def test_without_a_model_it_says_how_many_messages_are_needed(tmp_path: Path) -> None:
    finding = look(SpamCheck(SETTINGS, tmp_path), letter(True, 1))
    assert (finding.result, finding.what) == (Result.SKIPPED, "spam-skipped")
    assert finding.evidence == (
        NoteEvidence(
            "no model yet: 0 of the 20 spam and 0 of the 20 other messages needed were learned; see gatepost learn"
        ),
    )


def test_it_counts_what_was_learned_until_that_is_enough_and_then_judges(tmp_path: Path) -> None:
    check = SpamCheck(SETTINGS, tmp_path)
    teach(tmp_path, 25, kinds=(True,))
    assert "20 of the 20 spam and 0 of the 20 other" in look(check, letter(True, 99)).evidence[0].words()
    teach(tmp_path, 25, kinds=(False,))
    spam, ham = look(check, letter(True, 99)), look(check, letter(False, 99))
    assert (spam.result, spam.what) == (Result.FOUND, "spam-likely")
    assert ham.result is Result.CLEAN
    [evidence] = spam.evidence
    assert isinstance(evidence, SpamEvidence)
    assert evidence.probability > 0.9
    assert spam.score == pytest.approx(6 * evidence.probability, abs=0.01)
    assert (evidence.spam, evidence.ham) == (25, 25)
    assert "the word" in evidence.words()
    assert evidence.facts() == {}


def test_what_is_learned_counts_with_the_next_message(tmp_path: Path) -> None:
    check = SpamCheck(SETTINGS, tmp_path)
    site = teach(tmp_path, 25)
    assert look(check, letter(True, 99)).result is Result.FOUND
    site.roll_back(1)
    assert look(check, letter(True, 99)).result is Result.SKIPPED


def test_a_damaged_model_is_a_finding_and_so_is_its_end(tmp_path: Path) -> None:
    check = SpamCheck(SETTINGS, tmp_path)
    teach(tmp_path, 25)
    model = tmp_path / FOLDER / "model"
    model.unlink()
    model.write_bytes(b"x")
    finding = look(check, letter(True, 99))
    assert (finding.result, finding.what) == (Result.UNAVAILABLE, "spam-unavailable")
    assert isinstance(finding.evidence[0], OutageEvidence)
    model.unlink()
    assert look(check, letter(True, 99)).result is Result.SKIPPED


def test_what_the_identity_checks_found_is_told_in_the_words_of_their_field() -> None:
    evidence = (
        SpfEvidence("fail", "mailfrom", "192.0.2.7", "a.example", ""),
        DkimEvidence("pass", "a.example", "s"),
        DmarcEvidence("none", "a.example", ""),
        NoteEvidence("x"),
    )
    finding = Finding(check="x", stage=Stage.CONTENT, result=Result.CLEAN, evidence=evidence)
    assert list(marks([finding])) == ["spf=fail", "dkim=pass", "dmarc=none"]
