"""On thousands of generated and broken records pyspf says the same, or what RFC 7208 does not."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from random import Random

from gatepost.mailauth.spf import Result, Spf, check_mail
from tests.mailauth.spf import generated, oracle

CASES = 6_000
MUTATED = 3  # every third has a record that was tampered with
RECEIVER = "gate.example"
# §7.1, once more and otherwise: what may stand behind a "%".
MACRO = re.compile(r"%(?:[%_-]|\{[slodiphv][0-9]*r?[.+,/_=-]*\})", re.IGNORECASE)


def ask_us(case: generated.Case) -> Spf:
    return asyncio.run(
        check_mail(
            client=case.client,
            reverse_path=case.reverse_path,
            helo=case.helo,
            resolver=case.zone,
            receiver=RECEIVER,
        )
    )


def ask_pyspf(case: generated.Case, ours: Spf) -> oracle.Word:
    # pyspf counts every question that finds nothing, and those about the client's own names; §4.6.4 speaks of
    # terms, and the client's names are not the domain's doing. So its limit counts only where ours is exceeded.
    max_voids = 2 if ours.voids > 2 else 1_000
    return oracle.ask(case.client, case.helo, case.reverse_path, case.table, RECEIVER, max_voids)


def accepted(ours: Spf, word: oracle.Word) -> str:
    """Name the class of differences that is known and meant; "" when it is none."""
    # An include: of the domain itself is an error when it is evaluated (it has no end), but no syntax error:
    # a directive before it may match.
    if word.problem == "include has trivial recursion":
        return "include of itself"
    # §6: only redirect= and exp= must not stand in a record twice.
    if word.problem.endswith("MUST appear at most once"):
        return "unknown modifier twice"
    blamed = ours.path[-1] if ours.path else None
    if ours.result is Result.PERMERROR and blamed is not None:
        # §3.1, §7.1: pyspf takes control characters in a term, but not other octets that are not ASCII.
        if any(octet < " " for octet in blamed.record):
            return "control character"
        # §7.1: pyspf takes any character for a delimiter, and any text for a value of an unknown modifier.
        if "%" in MACRO.sub("", blamed.term):
            return "broken macro"
    # §7.3: only a domain name is cut to 253 characters, from the left, but pyspf cuts explanations so too. Ours end
    # where a reply would.
    if (
        word.result == ours.result
        and len(ours.explanation) > 253
        and word.explanation[:99] in ours.explanation
    ):
        return "long explanation"
    # §4.6.4: terms count that are evaluated; pyspf counts a redirect= also where a directive before it matches.
    if word.problem == "Too many DNS lookups" and 8 <= ours.lookups <= 10:
        return "unused redirect"
    return ""


def test_pyspf_says_the_same_on_generated_and_mutated_records() -> None:
    results: Counter[Result] = Counter()
    classes: Counter[str] = Counter()
    unexplained = []
    for number in range(CASES):
        case = generated.case(Random(number), mutated=number % MUTATED == 0)
        ours = ask_us(case)
        word = ask_pyspf(case, ours)
        results[ours.result] += 1
        if (word.result, word.explanation) != (ours.result, ours.explanation):
            name = accepted(ours, word)
            classes[name] += 1
            if not name:
                unexplained.append(f"{number}: {case}\n{ours}\n{word}")
    assert unexplained == []
    assert set(results) == set(Result)
    assert min(results.values()) >= CASES // 200
    assert classes.total() <= CASES // 20, classes


def test_the_oracle_is_asked_about_the_same_dns() -> None:
    table = {"a.example": {"TXT": ["v=spf1 mx -all exp=why.example"], "MX": ["10 m.example"]}}
    table["m.example"] = {"A": ["192.0.2.1"]}
    table["why.example"] = {"TXT": ["not %{i}"]}
    assert oracle.ask("192.0.2.1", "h.example", "j@a.example", table, RECEIVER).result == "pass"
    assert oracle.ask("192.0.2.2", "h.example", "j@a.example", table, RECEIVER)[:2] == (
        "fail",
        "not 192.0.2.2",
    )
