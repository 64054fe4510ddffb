"""The size check, on what is declared and on what came."""

from __future__ import annotations

import pytest

from gatepost.checks.content.size import SizeCheck
from gatepost.checks.evidence import SizeEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Result, Stage

LIMIT = 1000


def facts(declared: int) -> Facts:
    return Facts(
        session="7zq4k0v3m8x2a", client="192.0.2.7", role="inbound", relay=False, declared_size=declared
    )


@pytest.mark.parametrize("declared", [0, 1, LIMIT])
def test_a_declared_size_within_the_limit_is_no_finding(declared: int) -> None:
    assert not SizeCheck(LIMIT).look(Stage.MAIL, facts(declared), None)


def test_a_declared_size_over_the_limit_is_found() -> None:
    [finding] = SizeCheck(LIMIT).look(Stage.MAIL, facts(LIMIT + 1), None)
    assert (finding.check, finding.stage, finding.result) == ("size", Stage.MAIL, Result.FOUND)
    assert finding.evidence == (SizeEvidence(1001, 1000, declared=True),)


def test_what_came_counts_and_not_what_was_declared() -> None:
    check = SizeCheck(LIMIT)
    assert not check.look(Stage.CONTENT, facts(LIMIT + 1), Content(LIMIT, b"x" * LIMIT))
    [finding] = check.look(Stage.CONTENT, facts(1), Content(LIMIT + 1, file="/nowhere"))
    assert finding.evidence == (SizeEvidence(1001, 1000),)


@pytest.mark.parametrize("message", [b"Subject: s\r\n\r\n", b"Subject: s\r\n\r\n \r\n\r\n", b"\r\n"])
def test_a_message_without_a_text_or_a_file_is_found(message: bytes) -> None:
    content = Content(len(message), message, viewed=[], items=[])
    [finding] = SizeCheck(LIMIT).look(Stage.CONTENT, facts(0), content)
    assert finding.what == "content-empty"
