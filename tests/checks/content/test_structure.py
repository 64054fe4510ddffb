"""What is ambiguous is reported by who writes such messages, with the evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.checks.content.structure import (
    DECEPTIVE,
    DOUBTFUL,
    EVASIVE,
    FINDINGS,
    UNSEEN,
    UNTIDY,
    StructureCheck,
)
from gatepost.checks.evidence import AmbiguityEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.mail.mime import Trick
from gatepost.policy.known import KNOWN

FACTS = Facts(session="7zq4k0v3m8x2a", client="192.0.2.7", role="inbound", relay=False)


def look(message: bytes) -> list[Finding]:
    return list(StructureCheck().look(Stage.CONTENT, FACTS, Content(len(message), message)))


def test_a_plain_message_has_nothing_to_report() -> None:
    assert look(b"From: a@b\r\nSubject: s\r\n\r\nHello.\r\n") == []
    assert list(StructureCheck().look(Stage.CONTENT, FACTS, None)) == []


def test_a_finding_says_what_is_ambiguous_and_where() -> None:
    [finding] = look(b"Content-Transfer-Encoding: base64 ;x\r\n\r\nQUJD")
    assert (finding.check, finding.name, finding.result) == ("mime", EVASIVE, Result.FOUND)
    [evidence] = finding.evidence
    assert isinstance(evidence, AmbiguityEvidence)
    assert (evidence.trick, evidence.part) == ("encoding-broken", "")
    assert evidence.facts() == {"why": "encoding-broken in the message itself"}


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello.\r\n", UNTIDY),
        (b"Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nHello.\r\n", DOUBTFUL),
        (b"Content-Disposition: attachment; filename*=utf-8''a%E2%80%AEfdp.exe\r\n\r\nHello.\r\n", DECEPTIVE),
        (b"a: b\r\n" * 6000 + b"\r\nHello.\r\n", UNSEEN),
    ],
)
def test_what_honest_mailers_write_is_told_from_what_they_do_not(message: bytes, name: str) -> None:
    assert [finding.name for finding in look(message)] == [name]


def test_a_message_of_a_list_with_a_footer_and_without_its_end_is_only_untidy() -> None:
    message = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        b"SGVsbG8uCg==\r\n\r\n_______________\r\nlist mailing list\r\n"
    )
    assert {finding.name for finding in look(message)} == {UNTIDY}


def test_of_very_many_ambiguities_the_first_ten_are_told() -> None:
    parts = b"--b\r\nContent-Transfer-Encoding: base64;\r\n\r\nQUJD\r\n" * 50
    [finding] = look(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + b"--b--\r\n")
    assert len(finding.evidence) == 10


def test_each_ambiguity_belongs_to_a_finding_that_policy_knows() -> None:
    assert set(FINDINGS) == set(Trick)
    assert set(FINDINGS.values()) <= set(KNOWN)


def test_all_checks_share_one_view(tmp_path: Path) -> None:
    message = b"Subject: s\r\n\r\nHello.\r\n"
    path = tmp_path / "content"
    path.write_bytes(message)
    for content in (Content(len(message), message), Content(len(message), file=str(path))):
        assert content.view() is content.view()
        assert content.view().root.readings() == (b"Hello.\r\n",)


def test_a_content_that_is_gone_is_said_by_the_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="gone"):
        Content(1, file=str(tmp_path / "gone")).view()
