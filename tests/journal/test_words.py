from __future__ import annotations

from datetime import UTC

import msgspec
import pytest

from gatepost.checks.evidence import OutageEvidence, SizeEvidence
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.journal.words import (
    finding,
    first_line,
    meaning,
    move,
    names,
    octets,
    printable,
    reach,
    rfc3339,
)
from gatepost.reply.explanation import Context, Retry, Side
from gatepost.reply.reply import Reply
from tests.journal.tales import explained

EXPLANATION = explained(Reply(550, "5.1.1", "no such user"), Context())


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0.0 s"), (59.96, "60.0 s"), (300, "5 min"), (7200, "2.0 h"), (86_400 * 5, "5.0 days")],
)
def test_a_span_is_written_in_the_unit_that_people_use(seconds: float, words: str) -> None:
    assert reach(seconds) == words


def test_a_time_is_written_in_utc_with_milliseconds() -> None:
    assert rfc3339(1_795_440_605.123) == "2026-11-23T13:30:05.123Z"
    assert UTC is not None


def test_a_senseless_time_is_moved_to_1970() -> None:
    assert rfc3339(-1.0) == rfc3339(float("inf")) == "1970-01-01T00:00:00.000Z"


def test_what_a_terminal_would_obey_is_replaced() -> None:
    assert printable("a\x1b[2Jb\r\nc\u202ed\x9b") == "a?[2Jb??c?d?"
    assert len(printable("x" * 5000)) == 1001


def test_a_reply_in_brief_has_no_reference_and_one_line() -> None:
    ours = Reply(250, "2.1.5", "Recipient accepted (rcpt-ok 35ahjhz1g0700-1)", "rcpt-ok")
    assert first_line(ours) == "250 2.1.5 Recipient accepted"
    assert first_line(Reply(250, "", "host\nSIZE\nPIPELINING")) == "250 host (and 2 lines)"


def test_a_finding_is_told_with_its_evidence() -> None:
    late = Finding(
        check="virus",
        stage=Stage.CONTENT,
        result=Result.UNAVAILABLE,
        evidence=(OutageEvidence("clamd", "connection refused"),),
        duration=0.25,
    )
    assert finding(late) == "virus unavailable (250 ms): clamd could not be asked: connection refused"
    large = Finding(
        check="size",
        stage=Stage.MAIL,
        result=Result.FOUND,
        score=1.0,
        evidence=(SizeEvidence(9, 8, declared=True),),
    )
    assert finding(large) == "size found, score +1.0: 9 octets declared, the limit is 8 octets"


def test_many_recipients_are_counted() -> None:
    assert names(()) == ""
    assert names(("a@b", "c@d")) == "a@b, c@d"
    assert names(tuple("abcdefghijkl")).endswith("j and 2 more")
    assert octets(1234567) == "1,234,567 octets"


@pytest.mark.parametrize("side", Side.__args__)
@pytest.mark.parametrize("retry", Retry.__args__)
def test_every_side_and_every_retry_has_words(side: Side, retry: Retry) -> None:
    assert ";" in move(msgspec.structs.replace(EXPLANATION, side=side, retry=retry))


def test_a_meaning_says_how_sure_it_is() -> None:
    assert meaning(EXPLANATION).endswith("[user_unknown, likely]")
    assert meaning(msgspec.structs.replace(EXPLANATION, confidence="certain")).endswith("[user_unknown]")
    assert meaning(msgspec.structs.replace(EXPLANATION, confidence="unknown")).endswith(
        "[user_unknown, a guess]"
    )
