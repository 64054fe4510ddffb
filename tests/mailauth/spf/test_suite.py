"""Every case of the public conformance suite for RFC 7208 comes out as the suite prefers, or as it allows."""

from __future__ import annotations

import asyncio

import pytest

from gatepost.mailauth.spf import Spf, check_mail
from tests.mailauth.spf import suite

COUNT = 203


@pytest.fixture(scope="module")
def cases() -> list[suite.Case]:
    try:
        return suite.cases()
    except OSError as error:
        pytest.skip(str(error))


def check(case: suite.Case) -> Spf:
    return asyncio.run(
        check_mail(
            client=case.client,
            reverse_path=case.reverse_path,
            helo=case.helo,
            resolver=case.zone,
            receiver="gate.example",
            now=1_700_000_000.0,
        )
    )


def wrong(case: suite.Case, spf: Spf) -> str:
    if spf.result.value not in case.results:
        return f"{case.scenario}: {case.name}: {spf.result}, not {' or '.join(case.results)}: {spf.reason}"
    # The suite's word for the explanation of the receiver itself, of which there is none here.
    if case.explanation is not None and spf.explanation != case.explanation.replace("DEFAULT", ""):
        return f"{case.scenario}: {case.name}: {spf.explanation!r}, not {case.explanation!r}"
    return ""


def test_all_cases_of_the_suite_are_there(cases: list[suite.Case]) -> None:
    assert len(cases) == COUNT


def test_every_case_comes_out_as_the_suite_allows(cases: list[suite.Case]) -> None:
    assert [fault for case in cases if (fault := wrong(case, check(case)))] == []
