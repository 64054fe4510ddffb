from __future__ import annotations

from gatepost.checks.finding import Finding, Result, Stage


def test_a_finding_is_called_by_its_name_or_by_check_and_result() -> None:
    assert Finding(check="virus", stage=Stage.CONTENT, result=Result.FOUND).what == "virus-found"
    named = Finding(check="size", stage=Stage.MAIL, result=Result.FOUND, name="size-declared")
    assert named.what == "size-declared"
