from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.cli.explaining.asked import Asked
from gatepost.maillog.wanted import Wanted


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        (Asked(), ""),
        (Asked(as_json=True, since="2026-11-23T00:00:00"), ""),
        (Asked(jsonl=True, as_csv=True), "--jsonl and --csv do not go together; choose one."),
        (Asked(details=True, html=Path("report.HTML")), ""),
        (
            Asked(html=Path("/var/log/mail.log")),
            "--html takes the name of a new page, which ends in .html; the logs come after it.",
        ),
        (
            Asked(since="2026-11-23T00:00:01", until="2026-11-23T00:00:00"),
            "--since is later than --until; swap them.",
        ),
    ],
)
def test_what_does_not_go_together_is_said(asked: Asked, fault: str) -> None:
    assert asked.fault() == fault


def test_filters_are_given_on() -> None:
    asked = Asked(
        causes=("greylist",), domains=("@Example.ORG",), sides=("sender",), until="2026-11-23T00:00:00"
    )
    assert asked.wanted() == Wanted(
        until="2026-11-23T00:00:00",
        causes=frozenset(("greylist",)),
        domains=frozenset(("example.org",)),
        sides=frozenset(("sender",)),
    )
    assert Asked().wanted().everything


def test_what_answers_line_by_line() -> None:
    assert [Asked(jsonl=True).linewise, Asked(as_csv=True).linewise, Asked(as_json=True).linewise] == [
        True,
        True,
        False,
    ]
