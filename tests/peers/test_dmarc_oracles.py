"""On thousands of generated and broken records mailauth and OpenDMARC judge as we do, or as RFC 9989 does not.

A class of differences has a name, its reason, and what must be true of each case in it.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from publicsuffixlist import PublicSuffixList

from gatepost.mailauth.dmarc.evaluate import Evaluation, Result, evaluate
from gatepost.mailauth.dmarc.record import Policy, is_record, parse_record
from tests.mailauth.dmarc.generated import Case, case, plain_case
from tests.mailauth.dmarc.zone import run
from tests.peers.mailauth import ask, job
from tests.peers.opendmarc import OpenDmarc, Verdict

pytestmark = pytest.mark.slow

CASES = 6_000
MUTATED = 3  # every third has records that were tampered with


def as_mailauth_tells(ours: Evaluation) -> dict[str, Any]:
    return {
        "result": ours.result.value,
        "policy": ours.policy.value if ours.policy is not None else None,
        "at": ours.policy_domain,
        "spf": ours.is_aligned("spf"),
        "dkim": ours.is_aligned("dkim"),
    }


def differs_from_mailauth(ours: Evaluation, there: dict[str, Any]) -> str:
    """Name the class of differences that is known and meant; "" when it is none."""
    here = as_mailauth_tells(ours)
    differing = {key for key in here if here[key] != there[key]}
    # §4.10.1 has such a record not applied. RFC 8601 §2.7 has a word for it, and a person wants to know.
    if ours.result is Result.PERMERROR and there["result"] == "none":
        return "record without a policy"
    # Of a message that passes nobody needs to know whether its domain exists, so that is not asked.
    if differing == {"policy"} and ours.result is Result.PASS and ours.record and ours.record.np:
        return "np of what passed"
    # §4.10.2: what stands above the names where both walks have found the same can change nothing. It wants both
    # walks whole, even for the alignment of one of two identifiers.
    if differing <= {"result", "spf", "dkim"} and any(answer.failed for answer in ours.answers):
        assert ours.result is Result.PASS
        return "failure above what both have found"
    # §4.7 has what is no tag read over; "np" without "=" is there an np with a value that is none.
    if there["result"] == "none" and any('np" is no tag' in problem for problem in ours.problems):
        return "name without a value"
    return ""


@pytest.mark.peer("mailauth")
def test_mailauth_judges_as_we_do_without_the_public_suffix_list(mailauth: Path) -> None:
    random = Random(9989)
    cases = [case(random, number, mutated=number % MUTATED == 0) for number in range(CASES)]
    jobs = [
        job(
            "dmarc",
            b"",
            author=given.author,
            spf=given.domains("spf"),
            dkim=given.domains("dkim"),
            records=given.records,
            exist=given.exist,
            fail=given.fail,
        )
        for given in cases
    ]
    seen: Counter[str] = Counter()
    for given, there in zip(cases, ask(mailauth, {}, jobs), strict=True):
        ours = run(evaluate(given.author, given.identifiers, given.zone))
        if as_mailauth_tells(ours) == there:
            seen[ours.result] += 1
        else:
            why = differs_from_mailauth(ours, there)
            assert why, (as_mailauth_tells(ours), there, str(given))
            seen[why] += 1
    assert min(seen[result] for result in ("none", "pass", "fail", "temperror")) > 400, seen
    assert seen["record without a policy"] < CASES / 4, seen
    assert seen["np of what passed"] + seen["failure above what both have found"] < CASES / 50, seen
    assert seen["name without a value"] < CASES / 500, seen


def as_opendmarc_tells(ours: Evaluation) -> Verdict:
    result = ours.result.value
    if ours.result is Result.FAIL:
        result = "none wanted" if ours.policy is Policy.NONE else str(ours.policy)
    return Verdict(result, ours.is_aligned("dkim"), ours.is_aligned("spf"))


def differs_from_opendmarc(ours: Evaluation, there: Verdict, given: Case) -> str:
    """Name the class of differences that is known and meant; "" when it is none."""
    texts = [texts[0] for texts in given.records.values()]
    # §4.7: the version comes first, and to the letter, or the record is none. It takes a version anywhere, and of a
    # record with none it complains, without a look at the organizational domain.
    if not all(is_record(text) for text in texts):
        return "broken version"
    # §4.10.1, §4.7: a policy that is none counts as p=none or not at all, another broken value as the default. It
    # takes the beginnings of words, leaves blanks out of them, and drops a record with other values.
    if any(record is not None and record.problems for record in map(parse_record, texts)):
        return "broken value"
    # §4.7, adkim and aspf: strictly aligned is the same name. It lets other names of the organization stand for it.
    here = as_opendmarc_tells(ours)
    record = ours.record
    assert record is not None
    if (here.dkim is there.dkim or record.adkim_strict) and (here.spf is there.spf or record.aspf_strict):
        assert there.result == "pass"
        return "strict alignment"
    return ""


def test_opendmarc_judges_as_we_do_where_rfc_7489_and_rfc_9989_are_one(opendmarc: OpenDmarc) -> None:
    random = Random(7489)
    suffixes = PublicSuffixList()
    seen: Counter[str] = Counter()
    for number in range(CASES):
        given = plain_case(random, number, mutated=number % MUTATED == 0)
        opendmarc.publish(given.records)
        there = opendmarc.evaluate(given.author, given.domains("spf"), given.domains("dkim"))
        ours = run(evaluate(given.author, given.identifiers, given.zone, suffixes))
        here = as_opendmarc_tells(ours)
        if here == there:
            seen[here.result] += 1
        else:
            why = differs_from_opendmarc(ours, there, given)
            assert why, (here, there, str(given))
            assert number % MUTATED == 0 or why == "strict alignment"
            seen[why] += 1
    assert min(seen[result] for result in ("none", "pass", "none wanted", "quarantine", "reject")) > 300, seen
    assert seen["broken version"] + seen["broken value"] < CASES / 5, seen
    assert seen["strict alignment"] < CASES / 50, seen
