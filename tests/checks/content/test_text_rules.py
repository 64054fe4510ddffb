"""Rules about text find what they are about, whatever hides it, add up, and end in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.text_rules import LEAK, TextRulesCheck
from gatepost.checks.content.text_settings import TextSettings
from gatepost.checks.evidence.text import DataEvidence, TextEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.policy.decide import decide
from gatepost.policy.disposition import Action
from gatepost.policy.rules import rules

Rule = dict[str, object]


def facts(*, own: bool = False) -> Facts:
    return Facts(session="7zq4k0v3m8x2a", client="192.0.2.7", role="inbound", relay=own)


def look(
    message: bytes,
    *wanted: Rule,
    own: bool = False,
    seconds: float = 60,
    clock: Callable[[], float] = time.monotonic,
) -> Sequence[Finding]:
    named = [{"name": f"r{number}", **rule} for number, rule in enumerate(wanted)]
    check = TextRulesCheck(TextSettings.model_validate({"rule": named, "seconds": seconds}), clock)
    answer = check.look(Stage.CONTENT, facts(own=own), Content(len(message), message, viewed=[], items=[]))
    if isinstance(answer, Sequence):
        return answer

    async def wait() -> Sequence[Finding]:
        return await answer

    return asyncio.run(wait())


def body(text: str, subtype: str = "plain") -> bytes:
    return f"Content-Type: text/{subtype}; charset=utf-8\r\n\r\n{text}\r\n".encode()


def test_a_message_that_no_rule_is_about_has_nothing_to_report() -> None:
    assert look(body("Hello."), {"words": ["lottery"]}) == ()


def test_the_scores_of_all_rules_that_match_add_up_and_each_says_what_it_saw() -> None:
    [finding] = look(
        body("You won the lottery. Send money."),
        {"words": ["lottery"], "score": 2, "note": "seen in May"},
        {"pattern": "(?i)send +money", "score": 1.5},
        {"words": ["nothing"], "score": 9},
    )
    assert (finding.check, finding.what, finding.score) == ("text", "text-rule", 3.5)
    first, second = finding.evidence
    assert isinstance(first, TextEvidence)
    assert isinstance(second, TextEvidence)
    assert first.words() == "rule 'r0' (+2) in text/plain: 'You won the [lottery]. Send money.'; seen in May"
    assert second.matches == ("You won the lottery. [Send money].",)
    assert first.facts() == {}


@pytest.mark.parametrize(
    "text",
    [
        "lottery",
        "LOT\u00adTERY",
        "l\u200bo\u200bt\u200bt\u200be\u200br\u200by",
        "\uff4c\uff4f\uff54\uff54\uff45\uff52\uff59",
        "<b>l</b>ottery",
        "lot<!-- x -->tery",
        "&#108;&#x6f;ttery",
        'lot<i style="display:none">xx</i>tery',
        '<i style="display:none">lottery</i>',
    ],
)
def test_words_are_found_whatever_hides_them(text: str) -> None:
    assert [
        finding.what for finding in look(body(text, "html"), {"where": "body", "words": ["lottery"]})
    ] == ["text-rule"]


def test_marks_are_disregarded_only_if_asked() -> None:
    message = body("Votre résumé est là")
    assert not look(message, {"words": ["resume"]})
    assert look(message, {"words": ["resume"], "disregard_marks": True})
    assert look(body("my resume"), {"words": ["résumé"], "disregard_marks": True})


def test_a_rule_can_ask_for_several() -> None:
    assert not look(body("win win"), {"words": ["win"], "at_least": 3})
    [finding] = look(body("win win win"), {"words": ["win"], "at_least": 3})
    assert "3 times or more" in finding.evidence[0].words()


def test_numbers_count_once_each_and_are_never_shown_as_a_whole() -> None:
    text = "4111 1111 1111 1111, 4111111111111111 and 5500-0000-0000-0004"
    assert not look(body(text), {"kind": "card", "at_least": 3})
    [finding] = look(body(text), {"kind": "card", "at_least": 2, "score": 4})
    assert (finding.what, finding.score) == (LEAK, 4)
    [evidence] = finding.evidence
    assert isinstance(evidence, DataEvidence)
    assert evidence.numbers == ("•••1111", "•••0004")
    assert "11111" not in repr(finding)
    assert evidence.facts() == {"data": "payment card numbers"}


def test_a_rule_can_be_about_mail_of_one_direction() -> None:
    message = body("DE89 3704 0044 0532 0130 00")
    assert not look(message, {"kind": "iban", "direction": "out"})
    assert look(message, {"kind": "iban", "direction": "out"}, own=True)
    assert look(message, {"kind": "iban", "direction": "in"})
    assert not look(message, {"kind": "iban", "direction": "in"}, own=True)


def test_what_a_rule_is_to_do_is_policy() -> None:
    found = look(body("alpha beta"), {"words": ["alpha"], "finding": "text-blocked"}, {"words": ["beta"]})
    assert [finding.what for finding in found] == ["text-blocked", "text-rule"]
    decided = decide(Stage.CONTENT, found, rules())
    assert (decided.action, decided.entry, decided.facts) == (Action.REJECT, "text-refused", {})
    leak = look(body("DE89 3704 0044 0532 0130 00"), {"kind": "iban"})
    assert decide(Stage.CONTENT, leak, rules()).action is Action.QUARANTINE


def test_raw_octets_are_searched_as_they_came() -> None:
    assert look(b"X-Odd: \xff\xfe\r\n\r\nbase64", {"where": "raw", "pattern": r"X-Odd: \xff"})


def test_the_search_ends_in_time_and_tells_so() -> None:
    ticks = iter(range(1_000_000))
    found = look(
        body("lottery " + "a" * 200_000), {"words": ["lottery"]}, seconds=3, clock=lambda: float(next(ticks))
    )
    assert found[-1].result is Result.UNAVAILABLE
    assert found[-1].what == "text-unavailable"


@pytest.mark.parametrize(
    "flood",
    [
        "a" * 10_000_000,
        "\u0301\u0323" * 500_000,
        "<b>" * 300_000,
        "&" * 1_000_000,
        "4111 " * 200_000,
        "㌖" * 300_000,
    ],
)
def test_floods_are_searched_within_bounds(flood: str) -> None:
    wanted: list[Rule] = [{"words": ["lottery"]}, {"kind": "card"}, {"kind": "iban"}, {"pattern": "x.{5}y"}]
    for subtype in ("plain", "html"):
        assert all(finding.what == LEAK for finding in look(body(flood, subtype), *wanted))


@given(st.binary(max_size=300))
def test_any_message_can_be_searched(message: bytes) -> None:
    wanted: list[Rule] = [{"words": ["a"]}, {"where": "raw", "pattern": "[^a]"}, {"kind": "card"}]
    for finding in look(message, *wanted):
        assert finding.evidence[0].words()
